"""What each family of features is worth to the models over them, gathered for the report."""

from pathlib import Path

import numpy as np

from ..errors import DataError, first_line
from ..features import extract
from ..models.importance import is_readable, own_weights, permuted_probabilities
from ..reports.section import Section, paragraph
from ..reports.sections.importance import importance_section as lay_out
from ..stacking.scores import macro_f1_of_codes
from .report_clips import find_training, open_data, recipes_of
from .report_store import remember
from .side_by_side import run_side_by_side

_REPEATS, _DRAWS, _LEVEL = 5, 300, 0.95
# Beside the families: with none of them permuted.
_ALL = "all"


def importance_section(run, *, cache, n_jobs=None, progress):
    """Write of what the models over handcrafted features lean on, family by family.

    Parameters
    ----------
    run : Run
        Gets ``importance.json``, which the next report reads.
    cache : Path
    n_jobs : int, optional
        Processes; the figures are the same for any number.
    progress : Quiet

    Returns
    -------
    Section or None
        None where no model is a linear one or trees over features; the reason instead of figures
        where the data set is gone.
    """
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    try:
        found = remember(
            run,
            "importance",
            lambda: _measure_all(run, **means),
            models=run.model_names,
            repeats=_REPEATS,
        )
    except DataError as error:
        why = paragraph(f"It cannot be measured here. {first_line(error)}")
        return Section("importance", "Importance of feature families", why)
    return lay_out(found) if found else None


def _measure_all(run, **means):
    """Measure the models that can be read."""
    first = {name: run.load_model(name, run.model_folds(name)[0]) for name in run.model_names}
    return {
        name: _measure(run, name, model.named_steps["spectral"], **means)
        for name, model in first.items()
        if is_readable(model)
    }


def _measure(run, name, spectral, *, cache, n_jobs, progress):
    """Measure one model over its folds, every clip by the model that has not seen it."""
    table, classes = run.read_table("ledger/oof"), run.metrics["classes"]
    X = _features(run, spectral, table["clip"], cache=cache, n_jobs=n_jobs, progress=progress)
    places = {fold: np.flatnonzero(table["fold"] == fold) for fold in sorted(set(table["fold"]))}
    calls = [(run, name, fold, X.iloc[rows]) for fold, rows in places.items()]
    guesses, weights = {}, []
    with progress.stage(f"families for {name}", len(calls)) as advance:
        done = run_side_by_side(_measure_fold, calls, n_jobs=n_jobs)
        for rows, (said, shares) in zip(places.values(), done, strict=True):
            for family, guessed in said.items():
                shape = (*guessed.shape[:-1], len(table))
                guesses.setdefault(family, np.empty(shape, dtype=int))[..., rows] = guessed
            weights.append(shares)
            advance(1)
    y = np.array([classes.index(label) for label in table["label"]])
    drops = score_drops(y, guesses.pop(_ALL), guesses, len(classes))
    return {"drops": drops, "weights": _mean_weights(weights)}


def _measure_fold(run, name, fold, X):
    """Guess a fold's clips with all families and without each; and share out the model's weight."""
    model, rng = run.load_model(name, fold), np.random.default_rng(fold)
    known = np.array([run.metrics["classes"].index(label) for label in model.classes_])
    classifier, Z = model[-1], model[1:-1].transform(X)
    permuted = permuted_probabilities(classifier, Z, n_repeats=_REPEATS, rng=rng)
    said = {_ALL: classifier.predict_proba(Z), **dict(permuted)}
    guesses = {family: known[values.argmax(axis=-1)] for family, values in said.items()}
    return guesses, own_weights(classifier, Z)


def _features(run, spectral, ids, *, cache, n_jobs, progress):
    """Describe the training clips as a model's first step does; the fit left them in the cache."""
    means = {"n_jobs": n_jobs, "progress": progress}
    data = open_data(run, cache=cache, progress=progress)
    clips = find_training(data, recipes_of(run), ids, cache=cache, **means)
    asked = {k: getattr(spectral, k) for k in ("sr", "families", "statistics", "precision")}
    with progress.stage("features of training clips", len(clips)) as advance:
        return extract(
            clips, **asked, n_jobs=n_jobs, cache=Path(cache, "features"), progress=advance
        )[0]


def _mean_weights(weights):
    return {
        what: {
            family: float(np.mean([fold[what].get(family, 0.0) for fold in weights]))
            for family in families
        }
        for what, families in weights[0].items()
    }


def score_drops(y, guess, permuted, n_classes, *, n_draws=_DRAWS, seed=0):
    """Score what macro F1 loses when a family is permuted.

    Parameters
    ----------
    y, guess : ndarray of shape (n,), int
        Truth, and what is said with all features.
    permuted : dict of str to ndarray of shape (n_repeats, n), int
        What is said when a family is permuted.
    n_classes, n_draws, seed : int

    Returns
    -------
    dict of str to dict
        ``drop`` (mean over repeats), ``low`` and ``high`` of its 95 % interval over draws of clips;
        the largest drop first.
    """
    stacked = np.stack(list(permuted.values()))

    def drop(rows):
        lost = macro_f1_of_codes(y[rows], stacked[:, :, rows], n_classes).mean(axis=1)
        return macro_f1_of_codes(y[rows], guess[rows], n_classes) - lost

    rng = np.random.default_rng(seed)
    drawn = [drop(rng.integers(len(y), size=len(y))) for _ in range(n_draws)]
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    found = {
        family: {"drop": float(d), "low": float(a), "high": float(b)}
        for family, d, a, b in zip(permuted, drop(np.arange(len(y))), low, high, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]["drop"]))
