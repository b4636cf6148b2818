"""Reuse: detect stems of the training songs in other clips."""
