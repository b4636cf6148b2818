"""Time limits: cost estimates, the choice of models and epochs, the deadline."""
