"""Options, progress bars and outputs shared by the commands."""
