"""Predictions of a run for labelled clips, out-of-fold and test, and their summaries."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..runs.prediction.expected import expect_run
from ..runs.predictions import model_proba, predict_y
from ..runs.run import SONG_SHARED, STACK, Run
from ..stacking.metrics import macro_f1_interval, score_classes

# Names of evaluations; without a comma, as they are part of column names.
OUT_OF_FOLD, TEST, OPTIMISTIC = "out of fold", "test", "song-shared (optimistic)"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions of every model of a run for one set of labelled clips.

    Parameters
    ----------
    name : str
        ``"out of fold"``, ``"test"`` or ``"song-shared (optimistic)"``.
    classes : list of str
        Sorted.
    y_true : ndarray of shape (n,) or (n, n_labels)
    groups : ndarray of shape (n,)
        Clips of one group are not independent.
    proba : dict of str to ndarray of shape (n, n_classes)
        Probabilities by model, the stack last.
    predicted : dict of str to ndarray, optional
        Predictions by model, of the shape of ``y_true``; the most probable class by default.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.reports.evaluation import Evaluation
    >>> proba = {"lr": np.array([[0.9, 0.1], [0.6, 0.4]]), "stack": np.eye(2)}
    >>> evaluation = Evaluation("test", ["a", "b"], np.array(["a", "b"]), np.arange(2), proba)
    >>> evaluation.y_pred["lr"].tolist(), evaluation.scores["stack"]["macro_f1"]
    (['a', 'a'], 1.0)
    """

    name: str
    classes: list
    y_true: np.ndarray
    groups: np.ndarray
    proba: dict
    predicted: dict | None = None

    @property
    def is_multilabel(self):
        """Whether clips have any number of labels."""
        return self.y_true.ndim == 2

    @cached_property
    def y_pred(self):
        """What is predicted for each clip, by model."""
        if self.predicted is not None:
            return self.predicted
        classes = np.asarray(self.classes, dtype=object)
        return {model: classes[proba.argmax(axis=1)] for model, proba in self.proba.items()}

    @cached_property
    def scores(self):
        """Scores from :func:`~stemstack.stacking.score_classes`, by model."""
        return {
            model: score_classes(self.y_true, y_pred, self.classes)
            for model, y_pred in self.y_pred.items()
        }

    @property
    def stack(self):
        """Name of the stack."""
        return list(self.proba)[-1]

    @property
    def models(self):
        """Names of the base models."""
        return list(self.proba)[:-1]


def collect_evaluations(run, test_labels=None):
    """Collect the evaluations of a run.

    Parameters
    ----------
    run : Run
    test_labels : dict of str to str, optional
        Labels of the test clips by id, from
        :func:`~stemstack.runs.prediction.evaluate.read_test_labels`.

    Returns
    -------
    list of Evaluation
        The most trustworthy first: out of fold; on the test if labels are given; and out of fold
        with shared songs if the run has that.
    """
    is_shared = run.config.protocol == "shared"
    evaluations = [_out_of_fold(run, OPTIMISTIC if is_shared else OUT_OF_FOLD)]
    if test_labels is not None:
        table = run.read_table("ledger/test")
        y_true = run.target.encode([test_labels[i] for i in table["id"]])
        evaluations.append(_evaluation(run, TEST, table, y_true, np.arange(len(table))))
    if SONG_SHARED in run.metrics:
        evaluations.append(_out_of_fold(Run.open(run.path / SONG_SHARED), OPTIMISTIC))
    return evaluations


def _out_of_fold(run, name):
    oof = run.read_table("ledger/oof")
    return _evaluation(run, name, oof, run.target.encode(oof["label"]), run.song_groups(len(oof)))


def _evaluation(run, name, table, y_true, groups):
    models, classes = (*run.model_names, STACK), run.target.classes
    proba = {model: model_proba(table, model, classes) for model in models}
    predicted = {model: predict_y(run, table, model) for model in models}
    return Evaluation(name, classes, y_true, groups, proba, predicted)


def headline(run, evaluations):
    """Summarise a run in one or two sentences.

    Parameters
    ----------
    run : Run
    evaluations : list of Evaluation

    Returns
    -------
    str
    """
    first, test = evaluations[0], _find_test(evaluations)
    name, score = best_model(first)
    low, high = macro_f1_interval(first.y_true, first.y_pred[name], first.groups)
    has_recipes = (run.path / "recipes.parquet").exists()
    clips = "mashups sampled from the songs" if has_recipes else "clips"
    text = (
        f"Best is {name}: macro F1 {score:.3f} {first.name} (95 % interval {low:.3f} to "
        f"{high:.3f}), trained on {len(first.y_true)} {clips} of {run.config.data}, "
        f"{len(first.classes)} classes in {_describe_folds(run)}."
    )
    # An optimistic score does not belong in a summary.
    if test is not None:
        score = test.scores[name]["macro_f1"]
        text += f" On {len(test.y_true)} labelled test clips it reaches {score:.3f}."
    elif name in (expected := expect_run(run)[0]):
        one = expected[name]
        text += (
            f" On the unlabelled test clips {one.macro_f1:.2f} is expected (90 % interval "
            f"{one.low:.2f} to {one.high:.2f})."
        )
    return text


def key_figures(run, evaluations):
    """Return the most important numbers of a run.

    Parameters
    ----------
    run : Run
    evaluations : list of Evaluation

    Returns
    -------
    dict of str to str
        Formatted numbers by name.
    """
    first, test = evaluations[0], _find_test(evaluations)
    name, score = best_model(first)
    numbers = {f"macro F1 {first.name}, {name}": f"{score:.3f}"}
    if test is not None:
        numbers["macro F1, test"] = f"{test.scores[name]['macro_f1']:.3f}"
    numbers["base models"] = str(len(first.models))
    numbers["training clips"] = f"{len(first.y_true):,}"
    if (run.path / "ledger/test.parquet").exists():
        numbers["test clips"] = f"{len(run.read_table('ledger/test')):,}"
    return numbers


def best_model(evaluation):
    """Return the model of the highest macro F1 and its score; the stack wins ties."""
    scores = {model: evaluation.scores[model]["macro_f1"] for model in reversed(evaluation.proba)}
    best = max(scores, key=scores.get)
    return best, scores[best]


def _find_test(evaluations):
    return next((one for one in evaluations[1:] if one.name == TEST), None)


def _describe_folds(run):
    config = run.config
    shared = config.protocol == "shared"
    kind = "folds that share songs (optimistic)" if shared else "folds that share no song"
    also = ", and again in folds that share songs" if SONG_SHARED in run.metrics else ""
    return f"{config.folds} {kind}{also}"


def scores_table(run, test_scores=None):
    """Format the macro F1 of a run's models as text.

    Parameters
    ----------
    run : Run
    test_scores : dict of str to dict, optional
        Scores of the test predictions by model, from :func:`~stemstack.runs.evaluate_run`.

    Returns
    -------
    str
        One line per model, the stack last; columns for out-of-fold, song-shared and test scores.
    """
    shared = run.config.protocol == "shared"
    scores = {OPTIMISTIC if shared else OUT_OF_FOLD: run.metrics["out_of_fold"]}
    if SONG_SHARED in run.metrics:
        scores[OPTIMISTIC] = run.metrics[SONG_SHARED]
    if test_scores is not None:
        scores["answers"] = test_scores
    columns = {
        name: {model: score["macro_f1"] for model, score in by_model.items()}
        for name, by_model in scores.items()
    }
    table = pd.DataFrame(columns).rename_axis(columns="macro F1")
    return table.to_string(float_format="%.3f", na_rep="")
