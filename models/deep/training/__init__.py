"""Training of the networks: loop, optimizer, early stopping, checkpoints."""
