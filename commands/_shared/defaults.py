"""Names and defaults of options that are defined in packages which import slowly.

A test keeps them equal to the definitions.
"""

from types import SimpleNamespace

PROTOCOLS = ("disjoint", "shared", "both")
STEMS = ("drums", "vocals", "bass", "other")
GAP_FOLDS = 3
TUNE_BUDGET = SimpleNamespace(
    n_trials=600,
    n_initial_trials=100,
    clips_per_trial=60,
    n_candidates=4,
    gap_clips=300,
    tempo_modes=("interpolate", "none"),
    folds=3,
)
