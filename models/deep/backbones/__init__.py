"""Neural network architectures and their pretrained weights."""
