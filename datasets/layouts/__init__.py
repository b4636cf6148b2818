"""Readers of the supported data-set layouts, one module per layout."""
