"""stemstack: audio classification under domain shift, handcrafted features first."""

__version__ = "0.1.0"
