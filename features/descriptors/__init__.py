"""Audio descriptors, one module per subject."""
