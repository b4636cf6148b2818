"""``mashups_per_genre: auto``: mashups are drawn in rounds, as long as more of them help.

Each round doubles the mashups. A larger round contains the smaller ones with their folds, so that
stems, recipes and features are computed once. All rounds are scored on the mashups of the first
one, each by models of the folds that do not hold its songs.
"""

import json
import time
from dataclasses import replace

import numpy as np
from sklearn.base import clone

from ... import __version__
from ...audio import clip_key
from ...models import make_model, set_resources
from ...models.inspection import model_fingerprint
from ...models.model_name import ModelName
from ...stacking import score_classes
from ...stacking.out_of_fold import fit_fold, to_labels
from ...utils.atomic_write import write_text
from ...utils.cache import read_entry
from ...utils.formatting import format_duration
from ...utils.hashing import content_key
from ...utils.parallel import parallel_map
from ..learning_curve import LearningCurve
from ..predictions import METHOD
from ..time_limit.estimate import plan_fit
from ..training_clips import training_clips
from .feature_cache import compute_features

# Mashups per class of the first round, which is always drawn, and of the last.
FIRST, LAST = 200, 12_800
# Gain of macro F1 by twice as many mashups that is worth their time.
MIN_GAIN = 0.003
# Time in s that the whole fit may take with more than the first round, without a time limit.
DEFAULT_SECONDS = 3600.0
# Registered models that are cheap enough to be fitted in every round, and good enough to count.
_CHEAP = ("lr", "lda", "lgbm")
# Parts of the first round that are points of the curve, too.
_FRACTIONS = (0.25, 0.5, 1.0)


def choose_mashups(data, config, run, models, resolved, *, available, client=None, resources):
    """Choose the number of mashups per class by a learning curve.

    Mashups are doubled until a doubling is predicted to gain less than :data:`MIN_GAIN`, or until
    the whole fit would take longer than ``available``.

    Parameters
    ----------
    data : DataSet
        Of songs in stems.
    config : Config
        Its number of mashups is not used.
    run : Run
    models : dict of str to estimator
        By column, in the order of ``config.models``.
    resolved : dict of str to dict
        What parameters set to ``auto`` resolved to, and the hashes of code, by column.
    available : float
        Time in s from now until the end of the fit.
    client : distributed.Client, optional
        A cluster that computes the features.
    resources : Resources
        With a cache folder, which keeps features and scores of rounds that are interrupted.

    Returns
    -------
    LearningCurve

    See Also
    --------
    largest_round : The most mashups that this may choose.
    """
    start = time.monotonic()
    # Songs are split as for disjoint folds: mashups that share songs would always ask for more.
    config = replace(config, protocol="disjoint", mashups_per_genre=FIRST)
    first = training_clips(data, config, resources=resources)
    with resources.progress.stage("measuring"):
        seconds = _seconds_per_mashup(data, config, run, models, resolved, resources)
    cheap = cheap_models(config, models)
    curve, size = LearningCurve(list(cheap), chosen=FIRST), FIRST
    while True:
        left = max(0.0, available - (time.monotonic() - start))
        if 2 * size > LAST:
            return replace(curve, reason=f"auto draws at most {LAST}")
        if seconds * 2 * size > left:
            needed = format_duration(seconds * 2 * size)
            return replace(
                curve,
                reason=f"with {2 * size} the rest would take {needed}, and {format_duration(left)} "
                "are left",
            )
        bigger = replace(config, mashups_per_genre=size)
        training = first if size == FIRST else training_clips(data, bigger, resources=resources)
        sizes = [round(FIRST * part) for part in _FRACTIONS] if size == FIRST else [size]
        # All models' features come from one rendering of each mashup.
        compute_features(
            cheap, training.clips, others=models.values(), client=client, resources=resources
        )
        scores = _score_sizes(sizes, training, cheap, resolved, resources)
        curve = replace(curve, sizes=curve.sizes + sizes, macro_f1=curve.macro_f1 + scores)
        gain = curve.predicted_gain()
        if gain < MIN_GAIN:
            return replace(curve, reason=f"twice as many are expected to gain {gain:+.3f}")
        size *= 2
        curve = replace(curve, chosen=size)


def largest_round(data, config, run, models, resolved, *, available, resources):
    """Return the most mashups per class that :func:`choose_mashups` may choose.

    Parameters are those of :func:`choose_mashups`; the data need not be converted yet.
    """
    config, size = replace(config, mashups_per_genre=FIRST), FIRST
    seconds = _seconds_per_mashup(data, config, run, models, resolved, resources)
    while 2 * size <= LAST and seconds * 2 * size <= available:
        size *= 2
    return size


def describe_rounds(largest):
    """Return what ``auto`` will do, for a plan: the most mashups per class, and what decides."""
    if largest == FIRST:
        return f"{FIRST} mashups per class: more would take longer than there is time for"
    return (
        f"{FIRST} to {largest} mashups per class, as a learning curve decides: doubled while that "
        f"is expected to gain {MIN_GAIN} macro F1 or more; the plan is for {largest}"
    )


def cheap_models(config, models):
    """Return the models that the learning curve is measured with.

    Parameters
    ----------
    config : Config
    models : dict of str to estimator
        By column, in the order of ``config.models``.

    Returns
    -------
    dict of str to estimator
        Of ``models`` those named ``lr``, ``lda`` or ``lgbm``; ``lr`` where there are none.
    """
    pairs = zip(config.models, models.items(), strict=True)
    cheap = {column: m for name, (column, m) in pairs if ModelName.parse(name).registered in _CHEAP}
    return cheap or {"lr": make_model("lr", random_state=config.seed)}


def first_rows(table, per_class):
    """Return which rows belong to the round of a smaller number of mashups per class.

    Parameters
    ----------
    table : DataFrame
        Columns ``label`` and ``fold`` of sampled mashups, in their order.
    per_class : int

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    # The order in which a growing number is spread over the folds of a class.
    rank = table.groupby(["label", "fold"]).cumcount()
    ordered = table.assign(rank=rank).sort_values(["rank", "fold"], kind="stable")
    position = ordered.groupby("label").cumcount()
    return (position.loc[table.index] < per_class).to_numpy()


def _seconds_per_mashup(data, config, run, models, resolved, resources):
    """Estimate the time of a fit per mashup of each class, in s, from one of twice ``FIRST``.

    Most of it is proportional to the number of mashups: features, fits and predictions.
    """
    size = 2 * FIRST
    config = replace(config, mashups_per_genre=size)
    plan, _ = plan_fit(data, config, run, models, resolved, prepared=True, resources=resources)
    return plan.seconds / size


def _score_sizes(sizes, training, models, resolved, resources):
    """Return macro F1 on the first round's mashups of models trained on others of each size."""
    table, keys = training.table, np.array([clip_key(clip) for clip in training.clips])
    scored, scores = first_rows(table, FIRST), []
    models = {n: set_resources(clone(m), cache=resources.cache) for n, m in models.items()}
    code = {name: resolved.get(name, {}).get("code") for name in models}
    fingerprints = {name: model_fingerprint(set_resources(clone(m))) for name, m in models.items()}
    for size in sizes:
        trained = first_rows(table, size)
        inputs = table.assign(key=keys, trained=trained, scored=scored)[trained | scored]
        key = content_key(
            inputs=inputs.astype(str).to_numpy().tolist(),
            **{"models": fingerprints, "code": code, "version": __version__},
        )
        path = resources.cache / "curves" / f"{key}.json"
        score = read_entry(path, _read_score)
        if score is None:
            score = _score(training, models, trained, scored, resources)
            write_text(path, json.dumps(score))
        scores.append(score)
    return scores


def _score(training, models, trained, scored, resources):
    """Return macro F1 on the rows ``scored`` of models trained on ``trained``, by fold."""
    fold, y = (training.table[name].to_numpy() for name in ("fold", "label"))
    splits = [
        (np.flatnonzero(trained & (fold != f)), np.flatnonzero(scored & (fold == f)))
        for f in np.unique(fold)
    ]
    calls = [(model, training.clips, y, *split) for split in splits for model in models.values()]
    options = {"n_jobs": resources.n_jobs, "n_threads": 1}
    with resources.progress.stage(
        f"learning curve, {trained.sum()} mashups", len(calls)
    ) as advance:
        found = list(parallel_map(_predict, *zip(*calls, strict=True), advance=advance, **options))
    n, classes, y_pred = len(models), np.unique(y), np.empty(len(y), dtype=object)
    for i, (_, held_out) in enumerate(splits):
        mean = sum(found[i * n : (i + 1) * n]) / n
        y_pred[held_out] = to_labels(mean, classes, METHOD)
    return score_classes(y[scored], y_pred[scored], list(classes))["macro_f1"]


def _predict(model, clips, y, train, held_out):
    return fit_fold(model, clips, y, train, held_out, method=METHOD).predictions


def _read_score(path):
    score = json.loads(path.read_text(encoding="utf-8"))
    if not 0 <= score <= 1:
        raise ValueError(f"{score} is no macro F1")
    return score
