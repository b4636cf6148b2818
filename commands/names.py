"""Names that options offer, kept apart from the rooms they come from, which are slow to import.

A test holds them equal to theirs.
"""

MODELS = ("heuristic", "lr", "lgbm", "effnet", "cnn", "ast")
BLENDS = ("logistic", "greedy", "nnls", "mean", "geometric", "rank")
PROTOCOLS = ("disjoint", "shared", "both")
STEMS = ("drums", "vocals", "bass", "other")
