"""Compiled (numba) kernels shared by the descriptors."""
