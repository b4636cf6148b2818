"""From a recipe to its waveform."""
