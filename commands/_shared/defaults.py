"""Names and defaults of options that are defined in packages which import slowly.

A test keeps them equal to the definitions.
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
