"""Shared infrastructure: atomic writes, parallel maps, progress, formatting, lazy imports."""
