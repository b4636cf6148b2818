"""Names and defaults of options, kept apart from the rooms they come from: those import slowly.

A test holds them equal to theirs.
"""

from types import SimpleNamespace

PROTOCOLS = ("disjoint", "shared", "both")
STEMS = ("drums", "vocals", "bass", "other")
GAP_FOLDS = 3
PLAN = SimpleNamespace(
    budget=600,
    pilots=100,
    clips=60,
    finalists=4,
    gap_clips=300,
    tempo_modes=("interpolate", "none"),
    folds=3,
)
