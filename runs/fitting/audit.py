"""Leakage checks of a run: tasks that its models can solve only if labels leak between folds."""

import json
from dataclasses import asdict
from functools import partial

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
    oof_predictions,
)
from ...utils.atomic_write import write_text
from ..predictions import METHOD
from ..training_clips import song_groups


def audit_run(run, training, models, *, resources):
    """Check that no label leaks between the folds of a run, and write ``audit.json``.

    Every model over handcrafted features is fitted on shuffled labels, on songs recognizable by a
    tone only, and as part of a stack: about four times the cost of its fits. Other models are
    skipped and logged. Of repeats the first table of folds is checked.

    Parameters
    ----------
    run : Run
    training : TrainingClips
    models : dict of str to estimator
    resources : Resources

    Raises
    ------
    DataError
        A label leaks, or clips of one group have several classes.
    UsageError
        No model uses handcrafted features.
    """
    y, folds = training.table["label"].to_numpy(), training.table["fold"].to_numpy()
    groups, clips = song_groups(training.table, training.recipes), training.clips
    audited = {
        name: set_resources(clone(model), cache=resources.cache, n_jobs=resources.n_jobs)
        for name, model in auditable(models).items()
    }
    skipped = [name for name in models if name not in audited]
    if skipped:
        resources.progress.log(f"not audited: {', '.join(skipped)}")
    results = {}
    with resources.progress.stage("checking for leakage", 2 * len(audited) + 1) as advance:
        for name, model in audited.items():
            results[f"{name}, shuffled labels"] = check_shuffled_labels(
                model, clips, y, folds, groups, n_shuffles=1
            )
            advance(1)
            results[f"{name}, unique tones"] = check_unique_tones(model, y, folds, groups)
            advance(1)
        results["stack"] = check_stack(
            partial(oof_predictions, list(audited.items()), groups=groups, stack_method=METHOD),
            default_final_estimator(),
            *(clips, y, groups),
            n_folds=len(np.unique(folds)),
            n_shuffles=1,
        )
        advance(1)
    document = {name: asdict(result) for name, result in results.items()}
    write_text(run.path / "audit.json", json.dumps(document, indent=1) + "\n")
    for name, result in results.items():
        resources.progress.log(f"{name}: {result}")
    leaking = [f"{name}: {result}" for name, result in results.items() if result.leaks]
    if leaking:
        raise DataError(
            "The audit found labels that leak between folds, so out-of-fold scores would be too "
            "high; look for clips of one song in two folds, and for features computed from several "
            f"clips: {'; '.join(leaking)}"
        )


def auditable(models):
    """Return the models that an audit fits: those over handcrafted features.

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
            "--audit checks for leakage with models over handcrafted features, not with "
            f"{', '.join(models)}; add lr to --models, or leave --audit out"
        )
    return found
