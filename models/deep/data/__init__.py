"""Inputs of the networks: log-mel spectrograms, crops, augmentation, remixing."""
