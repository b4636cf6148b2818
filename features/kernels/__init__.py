"""Numba kernels of the descriptors."""
