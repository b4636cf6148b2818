"""Test helpers: signals, mashups, runs and networks shared by several test folders."""
