"""What models lean on: macro F1 lost without each family of features, and what they say themselves.

Conventions: a model is a dict of ``drops``, by family ``drop``, ``low`` and ``high``, the largest
first, and ``weights``, shares by family of what the model weighs by.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ...exceptions import DataError, first_line
from ...features import extract
from ...models.inspection import (
    classifier_inputs,
    leading_extractor,
    native_importance,
    permuted_probabilities,
    predict_table,
    supports_importance,
)
from ...runs.stored_clips import find_training, open_data, recipes_of
from ...stacking.metrics import bootstrap_interval
from ...stacking.metrics.f1 import macro_f1_of_codes
from ...utils.parallel import parallel_map
from ..html.figures import INK, MAIN, SECOND, THIRD, WIDTH, draw_svg, height, name_rows, put_legend
from ..html.section import Section, bullets, figure, fold, paragraph, table
from ..report_store import cached_result

_COLOURS = (SECOND, THIRD)


def render_importance(models):
    """Lay the importance of families out.

    Parameters
    ----------
    models : dict of str to dict
        By name.

    Returns
    -------
    Section
    """
    body = paragraph(
        "Left: macro F1 lost when a family's columns are dealt out anew among the held-out clips, "
        "together, so that they tell nothing of their own clip any more; five times, each clip by "
        "the fold's model that has not seen it, with 95 % intervals over clips. Families that say "
        "the same stand in for each other, so each may cost nothing while both matter. Right: how "
        "each model itself shares out its weight."
    )
    body += bullets([_say(name, model) for name, model in models.items()])
    for number, (name, model) in enumerate(models.items()):
        body += _figure(name, model, f"importance-{number}")
        body += fold(f"{name} in numbers", table(_numbers(model), f"{name}, by family"))
    return Section("importance", "Importance of feature families", body)


def _say(name, model):
    certain = [family for family, found in model["drops"].items() if found["low"] > 0]
    if not certain:
        return f"{name} can do without any one family: no loss stands out from chance."
    first = model["drops"][certain[0]]
    others = f"; then {', '.join(certain[1:4])}" if certain[1:] else ""
    return (
        f"{name} leans most on {certain[0]}: {first['drop']:.3f} "
        f"({first['low']:.3f} to {first['high']:.3f}) of macro F1{others}. "
        f"Of {len(model['drops'])} families, {len(certain)} stand out from chance."
    )


def _numbers(model):
    drops = pd.DataFrame.from_dict(model["drops"], orient="index")
    drops.columns = ["macro F1 lost", "from", "to"]
    shares = pd.DataFrame(model["weights"]).add_suffix(", share")
    return drops.join(shares).rename_axis("family")


def _figure(name, model, anchor):
    told = " and ".join(model["weights"])
    svg = draw_svg(
        lambda axes: (_draw_drops(axes[0], model["drops"]), _draw_weights(axes[1], model)),
        name=anchor,
        alt=f"{name}: macro F1 lost without each family, and its share of {told}",
        size=(WIDTH, height(len(model["drops"]), 0.18)),
        ncols=2,
        sharey=True,
        width_ratios=(1.3, 1),
    )
    return figure(svg, f"{name}: loss without each family, and its share of {told}.")


def _draw_drops(axes, drops):
    places = np.arange(len(drops))[::-1]
    middle, low, high = (
        np.array([found[key] for found in drops.values()]) for key in ("drop", "low", "high")
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(places, low, high, color=MAIN, linewidth=1.2)
    axes.plot(middle, places, "o", color=MAIN, markersize=4)
    name_rows(axes, list(drops)[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("macro F1 lost")


def _draw_weights(axes, model):
    thick = 0.7 / len(model["weights"])
    for number, (what, shares) in enumerate(model["weights"].items()):
        places = np.arange(len(model["drops"]))[::-1] + 0.35 - thick * (number + 0.5)
        values = [shares.get(family, 0.0) for family in model["drops"]]
        axes.barh(places, values, thick, color=_COLOURS[number], label=what)
    name_rows(axes, list(model["drops"])[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("share")
    put_legend(axes)


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
    progress : NullProgress

    Returns
    -------
    Section or None
        None where no model is a linear one or trees over features; the reason instead of figures
        where the data set is gone.
    """
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    try:
        found = cached_result(
            run,
            "importance",
            lambda: _measure_all(run, **means),
            models=run.model_names,
            repeats=_REPEATS,
        )
    except DataError as error:
        why = paragraph(f"It cannot be measured here. {first_line(error)}")
        return Section("importance", "Importance of feature families", why)
    return render_importance(found) if found else None


def _measure_all(run, **means):
    """Measure the models that can be read."""
    first = {name: run.load_model(name, run.model_folds(name)[0]) for name in run.model_names}
    return {
        name: _measure(run, name, leading_extractor(model), **means)
        for name, model in first.items()
        if supports_importance(model)
    }


def _measure(run, name, extractor, *, cache, n_jobs, progress):
    """Measure one model over its folds, every clip by the model that has not seen it."""
    table, classes = run.read_table("ledger/oof"), run.metrics["classes"]
    X = _features(run, extractor, table["clip"], cache=cache, n_jobs=n_jobs, progress=progress)
    places = {fold: np.flatnonzero(table["fold"] == fold) for fold in sorted(set(table["fold"]))}
    calls = [(run, name, fold, X.iloc[rows]) for fold, rows in places.items()]
    guesses, weights = {}, []
    with progress.stage(f"families for {name}", len(calls)) as advance:
        columns = zip(*calls, strict=True)
        done = parallel_map(_measure_fold, *columns, n_jobs=n_jobs, advance=advance, n_threads=1)
        for rows, (said, shares) in zip(places.values(), done, strict=True):
            for family, guessed in said.items():
                shape = (*guessed.shape[:-1], len(table))
                guesses.setdefault(family, np.empty(shape, dtype=int))[..., rows] = guessed
            weights.append(shares)
    y = np.array([classes.index(label) for label in table["label"]])
    drops = score_drops(y, guesses.pop(_ALL), guesses, len(classes))
    return {"drops": drops, "weights": _mean_weights(weights)}


def _measure_fold(run, name, fold, X):
    """Guess a fold's clips with all families and without each; and share out the model's weight."""
    model, rng = run.load_model(name, fold), np.random.default_rng(fold)
    known = np.array([run.metrics["classes"].index(label) for label in model.classes_])
    classifier, Z = model[-1], classifier_inputs(model, X)
    permuted = permuted_probabilities(classifier, Z, n_repeats=_REPEATS, rng=rng)
    said = {_ALL: predict_table(classifier, Z), **dict(permuted)}
    guesses = {family: known[values.argmax(axis=-1)] for family, values in said.items()}
    return guesses, native_importance(classifier, Z)


def _features(run, extractor, ids, *, cache, n_jobs, progress):
    """Describe the training clips as a model's first step does; the fit left them in the cache."""
    means = {"n_jobs": n_jobs, "progress": progress}
    data = open_data(run, cache=cache, progress=progress)
    clips = find_training(data, recipes_of(run), ids, cache=cache, **means)
    asked = {k: getattr(extractor, k) for k in ("sr", "families", "statistics", "precision")}
    with progress.stage("features of training clips", len(clips)) as advance:
        return extract(
            clips, **asked, n_jobs=n_jobs, cache=Path(cache, "features"), advance=advance
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

    def drop(y, rows):
        lost = macro_f1_of_codes(y, stacked[:, :, rows], n_classes).mean(axis=1)
        return macro_f1_of_codes(y, guess[rows], n_classes) - lost

    rows = np.arange(len(y))
    low, high = bootstrap_interval(y, rows, score=drop, n_draws=n_draws, level=_LEVEL, seed=seed)
    found = {
        family: {"drop": float(d), "low": float(a), "high": float(b)}
        for family, d, a, b in zip(permuted, drop(y, rows), low, high, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]["drop"]))
