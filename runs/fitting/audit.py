"""The leak guard over the models of a run: tasks that only a leak could solve."""

import json
from dataclasses import asdict

import numpy as np
from sklearn.base import clone

from ...exceptions import DataError, UsageError
from ...models import set_resources
from ...models.inspection import find_extractors
from ...stacking import (
    check_shuffled_labels,
    check_stack,
    check_unique_tones,
    default_final_estimator,
    fit_fold,
)
from ...stacking.out_of_fold import collect_oof
from ...stacking.splits import splits_of
from ...utils.atomic_write import write_text
from ..predictions import METHOD
from ..stored_clips import clip_groups


def audit_run(run, training, models, *, cache, n_jobs, progress):
    """Check that no label leaks between the folds of a run, and write ``audit.json``.

    Every model over handcrafted features is fitted on shuffled labels, on songs known by a tone
    only, and in a stack: some four times the cost of its fits. Nets are passed over, and named.
    Of repeats the first table is looked at.

    Parameters
    ----------
    run : Run
    training : TrainingClips
    models : dict of str to estimator
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Raises
    ------
    DataError
        Something leaks, or clips of one group are of several classes.
    UsageError
        No model is over handcrafted features.
    """
    y, folds = training.table["label"].to_numpy(), training.table["fold"].to_numpy()
    groups, clips = clip_groups(training.table, training.recipes), training.clips
    quick = {
        name: set_resources(clone(model), cache=cache, n_jobs=n_jobs)
        for name, model in auditable(models).items()
    }
    passed_over = [name for name in models if name not in quick]
    if passed_over:
        progress.log(f"not audited: {', '.join(passed_over)}")
    verdicts = {}
    with progress.stage("looking for leaks", 2 * len(quick) + 1) as advance:
        for name, model in quick.items():
            found = check_shuffled_labels(model, clips, y, folds, groups, n_shuffles=1)
            verdicts[f"{name}, shuffled labels"] = found
            advance(1)
            verdicts[f"{name}, unique tones"] = check_unique_tones(model, y, folds, groups)
            advance(1)
        verdicts["stack"] = check_stack(
            _first_level(quick),
            default_final_estimator(),
            clips,
            y,
            groups,
            n_folds=len(np.unique(folds)),
            n_shuffles=1,
        )
        advance(1)
    document = {name: asdict(verdict) for name, verdict in verdicts.items()}
    write_text(run.path / "audit.json", json.dumps(document, indent=1) + "\n")
    for name, verdict in verdicts.items():
        progress.log(f"{name}: {verdict}")
    leaking = [f"{name}: {verdict}" for name, verdict in verdicts.items() if verdict.leaks]
    if leaking:
        raise DataError(
            "The audit found labels that leak between folds, so scores out of fold would be too "
            "good; look for clips of a song in two folds, and for features that know other clips: "
            + "; ".join(leaking)
        )


def auditable(models):
    """Take the models that an audit fits: those over handcrafted features.

    Parameters
    ----------
    models : dict of str to estimator

    Returns
    -------
    dict of str to estimator

    Raises
    ------
    UsageError
        There is none.
    """
    found = {name: model for name, model in models.items() if find_extractors(model)}
    if not found:
        raise UsageError(
            "--audit looks for leaks by models over handcrafted features, not by "
            f"{', '.join(models)}; add lr to --models, or leave --audit out"
        )
    return found


def _first_level(models):
    """Make the function that gives the table a second level learns from."""

    def fit_table(X, y, folds):
        parts = []
        for name, model in models.items():
            fitted = [fit_fold(model, X, y, *split, method=METHOD) for split in splits_of(folds)]
            parts.append(collect_oof(name, fitted, len(y)))
        return np.hstack(parts)

    return fit_table
