"""Macro F1 and its confidence intervals."""
