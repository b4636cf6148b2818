"""Command line: one module per command, imported only when the command is called."""

from .main import main

__all__ = ["main"]
