"""Importance of feature families: permutation importance, and the models' own weights.

Conventions: a model is a dict of ``drops``, ``drop``, ``low`` and ``high`` by family, the largest
first, and ``weights``, fractions by family of each kind of weight that the model has.
"""

import numpy as np
import pandas as pd

from ...features.extraction import extract_table
from ...models.importance import (
    classifier_inputs,
    native_importance,
    permuted_probabilities,
    predict_table,
    supports_importance,
)
from ...models.inspection import leading_extractor
from ...runs.stored_clips import find_training
from ...stacking.metrics import bootstrap_interval, macro_f1_of_codes
from ...utils.parallel import parallel_map
from ..html import figures
from ..html.blocks import bullets, details, figure, paragraph, table
from ..section import Section, cached_result

_COLOURS = (figures.SECOND, figures.THIRD)
_REPEATS, _DRAWS, _LEVEL = 5, 300, 0.95
# Key of the predictions without permutation, in a dict by family.
_ALL = "all"


def collect(inputs):
    """Measure the models over handcrafted features; None where there is none.

    The run gets ``importance.json``, which the next report reads.
    """
    run = inputs.run
    models = cached_result(
        run,
        "importance",
        lambda: _measure_all(inputs),
        models=run.model_names,
        repeats=_REPEATS,
    )
    return models or None


def _measure_all(inputs):
    run = inputs.run
    models = {name: run.load_model(name, run.fitted_folds(name)[0]) for name in run.model_names}
    return {
        name: _measure(inputs, name, leading_extractor(model))
        for name, model in models.items()
        if supports_importance(model)
    }


def _measure(inputs, name, extractor):
    """Measure one model on the held-out clips of its folds."""
    run, resources = inputs.run, inputs.resources
    table, classes = run.read_table("ledger/oof"), run.metrics["classes"]
    X = _features(inputs, extractor, table["clip"])
    rows_of = {fold: np.flatnonzero(table["fold"] == fold) for fold in sorted(set(table["fold"]))}
    calls = [(run, name, fold, X.iloc[rows]) for fold, rows in rows_of.items()]
    y_pred, weights = {}, []
    with resources.progress.stage(f"families for {name}", len(calls)) as advance:
        columns = zip(*calls, strict=True)
        results = parallel_map(
            _measure_fold, *columns, n_jobs=resources.n_jobs, advance=advance, n_threads=1
        )
        for rows, (by_family, fractions) in zip(rows_of.values(), results, strict=True):
            for family, codes in by_family.items():
                shape = (*codes.shape[:-1], len(table))
                y_pred.setdefault(family, np.empty(shape, dtype=int))[..., rows] = codes
            weights.append(fractions)
    y_true = np.array([classes.index(label) for label in table["label"]])
    drops = score_drops(y_true, y_pred.pop(_ALL), y_pred, len(classes))
    return {"drops": drops, "weights": _mean_weights(weights)}


def _measure_fold(run, name, fold, X):
    """Predict a fold's clips with every family permuted in turn; return the model's weights too."""
    model, rng = run.load_model(name, fold), np.random.default_rng(fold)
    codes = np.array([run.metrics["classes"].index(label) for label in model.classes_])
    classifier, Z = model[-1], classifier_inputs(model, X)
    permuted = permuted_probabilities(classifier, Z, n_repeats=_REPEATS, rng=rng)
    proba = {_ALL: predict_table(classifier, Z), **dict(permuted)}
    y_pred = {family: codes[values.argmax(axis=-1)] for family, values in proba.items()}
    return y_pred, native_importance(classifier, Z)


def _features(inputs, extractor, ids):
    """Extract the features of the training clips, which the fit left in the cache."""
    recipes, resources = inputs.run.read_recipes(), inputs.resources
    clips = find_training(inputs.data_set, recipes, ids, resources=resources)
    return extract_table(clips, extractor, "features of training clips", resources=resources)


def _mean_weights(weights):
    return {
        kind: {
            family: float(np.mean([fold[kind].get(family, 0.0) for fold in weights]))
            for family in families
        }
        for kind, families in weights[0].items()
    }


def score_drops(y_true, y_pred, permuted, n_classes, *, n_draws=_DRAWS, seed=0):
    """Compute the loss of macro F1 when a family is permuted.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,), int
        True classes, and those predicted from all features.
    permuted : dict of str to ndarray of shape (n_repeats, n), int
        Predicted classes when a family is permuted.
    n_classes : int
    n_draws : int, default=300
        Number of bootstrap samples of clips.
    seed : int, default=0

    Returns
    -------
    dict of str to dict
        ``drop`` (mean over repeats), ``low`` and ``high`` (its 95 % bootstrap interval) by family,
        the largest drop first.
    """
    stacked = np.stack(list(permuted.values()))

    def drop(y_true, rows):
        permuted_f1 = macro_f1_of_codes(y_true, stacked[:, :, rows], n_classes).mean(axis=1)
        return macro_f1_of_codes(y_true, y_pred[rows], n_classes) - permuted_f1

    rows = np.arange(len(y_true))
    low, high = bootstrap_interval(
        y_true, rows, score=drop, n_draws=n_draws, level=_LEVEL, seed=seed
    )
    drops = {
        family: {"drop": float(d), "low": float(a), "high": float(b)}
        for family, d, a, b in zip(permuted, drop(y_true, rows), low, high, strict=True)
    }
    return dict(sorted(drops.items(), key=lambda item: -item[1]["drop"]))


def render(models):
    """Render the most important families, and a figure and a table per model."""
    body = paragraph(
        "Left: macro F1 lost when the columns of a family are permuted together among the held-out "
        "clips; mean of five permutations, each clip predicted by the fold model that was not "
        "trained on it, with 95 % intervals over clips. Families that carry the same information "
        "replace each other, so each may cost nothing although both matter. Right: the weights of "
        "each model by family."
    )
    body += bullets([_summarise(name, model) for name, model in models.items()])
    for number, (name, model) in enumerate(models.items()):
        body += _figure(name, model, f"importance-{number}")
        body += details(f"{name} in numbers", table(_numbers(model), f"{name}, by family"))
    return body


def _summarise(name, model):
    certain = [family for family, drop in model["drops"].items() if drop["low"] > 0]
    if not certain:
        return f"{name} needs no single family: no loss is significant."
    first = model["drops"][certain[0]]
    others = f"; then {', '.join(certain[1:4])}" if certain[1:] else ""
    return (
        f"{name} depends most on {certain[0]}: {first['drop']:.3f} "
        f"({first['low']:.3f} to {first['high']:.3f}) of macro F1{others}. "
        f"The loss is significant for {len(certain)} of {len(model['drops'])} families."
    )


def _numbers(model):
    drops = pd.DataFrame.from_dict(model["drops"], orient="index")
    drops.columns = ["macro F1 lost", "from", "to"]
    fractions = pd.DataFrame(model["weights"]).add_suffix(", fraction")
    return drops.join(fractions).rename_axis("family")


def _figure(name, model, anchor):
    kinds = " and ".join(model["weights"])
    svg = figures.draw_svg(
        lambda axes: (_draw_drops(axes[0], model["drops"]), _draw_weights(axes[1], model)),
        name=anchor,
        alt=f"{name}: macro F1 lost without each family, and its fraction of {kinds}",
        height=figures.figure_height(len(model["drops"]), 0.18),
        ncols=2,
        sharey=True,
        width_ratios=(1.3, 1),
    )
    return figure(svg, f"{name}: loss without each family, and its fraction of {kinds}.")


def _draw_drops(axes, drops):
    rows = np.arange(len(drops))[::-1]
    drop, low, high = (
        np.array([one[key] for one in drops.values()]) for key in ("drop", "low", "high")
    )
    axes.axvline(0, color=figures.INK, linewidth=0.8)
    axes.hlines(rows, low, high, color=figures.MAIN, linewidth=1.2)
    axes.plot(drop, rows, "o", color=figures.MAIN, markersize=4)
    figures.label_rows(axes, list(drops)[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("macro F1 lost")


def _draw_weights(axes, model):
    height = 0.7 / len(model["weights"])
    for number, (kind, fractions) in enumerate(model["weights"].items()):
        rows = np.arange(len(model["drops"]))[::-1] + 0.35 - height * (number + 0.5)
        values = [fractions.get(family, 0.0) for family in model["drops"]]
        axes.barh(rows, values, height, color=_COLOURS[number], label=kind)
    figures.label_rows(axes, list(model["drops"])[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("fraction")
    figures.add_legend(axes)


IMPORTANCE = Section(
    "Importance of feature families", "importance", collect, render, needs_data=True, one_label=True
)
