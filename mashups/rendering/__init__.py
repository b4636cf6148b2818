"""Rendering of recipes to waveforms."""
