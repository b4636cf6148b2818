"""HTML building blocks of a report: page, figures, audio players, timelines."""
