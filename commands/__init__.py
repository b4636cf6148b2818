"""The command line: one file a command, imported only when it is called."""

from .main import main

__all__ = ["main"]
