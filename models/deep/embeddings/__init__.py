"""Pretrained audio networks whose activations describe clips; their weights are not trained."""
