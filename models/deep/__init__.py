"""The deep half of models: torch is imported here, inside functions, and nowhere else."""
