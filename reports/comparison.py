"""Comparison of several runs as one HTML page."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..exceptions import UsageError
from ..runs.prediction.evaluate import read_test_labels
from ..stacking.meta_model import score_table
from ..stacking.metrics import paired_difference
from ..utils.atomic_write import write_text
from ..utils.resources import Resources
from ..utils.threads import one_blas_thread
from .disagreements import DISAGREEMENTS
from .evaluation import TEST, collect_evaluations
from .html.blocks import join, paragraph, render_page, signed, table
from .section import Section

_DRAWS = 500


@dataclass(frozen=True, eq=False)
class ComparisonInputs:
    """Inputs of the sections of a comparison.

    Parameters
    ----------
    runs : dict of str to Run
        By name; the others are compared with the first.
    test_labels : dict of str to str or None, default=None
        Labels of the test clips by id.
    audio : bool, default=True
        Whether clips can be played.
    resources : Resources or None, default=None
        Resources to read the data set with.
    data : str or os.PathLike or None, default=None
        Path or URL of the data set of the runs.
    noise : str or os.PathLike or None, default=None
        The noise folder that was added, for runs with one.
    """

    runs: dict
    test_labels: dict | None = None
    audio: bool = True
    resources: Resources | None = None
    data: str | os.PathLike | None = None
    noise: str | os.PathLike | None = None

    @cached_property
    def evaluations(self):
        """Evaluations by their name, then by run, of all runs that have one of that name."""
        found = {}
        for name, run in self.runs.items():
            for evaluation in collect_evaluations(run, self.test_labels):
                found.setdefault(evaluation.name, {})[name] = evaluation
        return found

    @cached_property
    def paired(self):
        """Those evaluations for which all runs predicted the same clips."""
        return {
            name: by_run
            for name, by_run in self.evaluations.items()
            if len(by_run) == len(self.runs) and self._same_clips(name)
        }

    def clips(self, evaluation):
        """Return the names of the clips of an evaluation, in the first run."""
        return _clips(self.first, evaluation)

    @property
    def first(self):
        """The first run."""
        return next(iter(self.runs.values()))

    def _same_clips(self, evaluation):
        clips, labels = self.clips(evaluation), self._labels(evaluation)
        return all(
            _clips(run, evaluation) == clips
            and np.array_equal(self.evaluations[evaluation][name].y_true, labels)
            and (evaluation == TEST or run.read_recipes() == self.first.read_recipes())
            for name, run in self.runs.items()
        )

    def _labels(self, evaluation):
        return next(iter(self.evaluations[evaluation].values())).y_true


def _clips(run, evaluation):
    is_test = evaluation == TEST
    table = run.read_table("ledger/test" if is_test else "ledger/oof")
    return table["id" if is_test else "clip"].astype(str).tolist()


@one_blas_thread()
def write_comparison(runs, out, *, answers=None, audio=True, data=None, noise=None, resources=None):
    """Write a comparison of runs as one self-contained HTML file.

    Parameters
    ----------
    runs : sequence of Run
        Two or more; the others are compared with the first.
    out : str or os.PathLike
        File to write.
    answers : str or os.PathLike, optional
        CSV of the labels of the test clips, which the runs are compared on too.
    audio : bool, default=True
        Whether clips on which runs disagree can be played.
    data : str or os.PathLike, optional
        Path or URL of the data set of the runs. Without it no clip can be played: the data set that
        a run names is not opened.
    noise : str or os.PathLike, optional
        The noise folder that was added, for a run with one.
    resources : Resources, optional
        With a cache folder; needed with ``data``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    UsageError
        There are fewer than two runs, or one is given twice.
    DataError
        If the answers do not fit a run.
    MissingExtraError
        If the ``report`` extra is not installed.

    See Also
    --------
    write_report : Report of one run.

    Examples
    --------
    >>> from stemstack.reports import write_comparison
    >>> from stemstack.runs import Run
    >>> write_comparison([Run.open("RUN"), Run.open("RUN2")], "comparison.html")  # doctest: +SKIP
    PosixPath('comparison.html')
    """
    named, labels = _name_runs(runs), None
    if answers is not None:
        labels = {}
        for run in runs:
            labels |= read_test_labels(run, answers)
    inputs = ComparisonInputs(named, labels, audio, resources, data, noise)
    bodies = [(section.anchor, section.title, section.body(inputs)) for section in SECTIONS]
    page = render_page(
        title=" · ".join(named),
        headline=_headline(inputs),
        key_figures={
            f"macro F1 {evaluation}, {name}": f"{one.scores[one.stack]['macro_f1']:.3f}"
            for evaluation, by_run in list(inputs.evaluations.items())[:1]
            for name, one in by_run.items()
        },
        sections=[section for section in bodies if section[-1] is not None],
    )
    write_text(Path(out), page)
    return Path(out)


def _name_runs(runs):
    paths = [run.path.resolve() for run in runs]
    if len(set(paths)) < 2 or len(set(paths)) < len(paths):
        raise UsageError("A comparison needs two or more different runs; give each once")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(run.path) for run in runs]
    return dict(zip(names, runs, strict=True))


def _headline(inputs):
    if not inputs.paired:
        return (
            f"{len(inputs.runs)} runs on different clips: their scores have intervals, and cannot "
            "be compared clip by clip."
        )
    evaluation, by_run = next(iter(inputs.paired.items()))
    (first, base), *others = by_run.items()
    parts = [
        f"{name} {signed(difference, 3)} (95 % interval {signed(low, 3)} to {signed(high, 3)})"
        for name, (difference, low, high) in (
            (name, _difference(one, base, one.stack)) for name, one in others
        )
    ]
    return (
        f"Macro F1 {evaluation} on the same {len(base.y_true)} clips, against {first} with "
        f"{base.scores[base.stack]['macro_f1']:.3f}: {', '.join(parts)}."
    )


def _difference(one, base, model):
    y_pred = one.y_pred[model], base.y_pred[model]
    return paired_difference(base.y_true, *y_pred, base.groups, n_draws=_DRAWS)


def collect_scores(inputs):
    """Score the stack of every run, by evaluation."""
    return {
        name: pd.concat(
            score_table(one.y_true, {run: one.y_pred[one.stack]}, one.groups)
            for run, one in by_run.items()
        ).assign(clips=[len(one.y_true) for one in by_run.values()])
        for name, by_run in inputs.evaluations.items()
    }


def render_scores(scores):
    """Render one table per evaluation."""
    return join(
        table(one.rename_axis("run"), f"Macro F1 of the stack, {name}, with its 95 % interval")
        for name, one in scores.items()
    )


def collect_configuration(inputs):
    """Collect the options in which the runs differ, as a table of text."""
    options = {name: _options(run) for name, run in inputs.runs.items()}
    frame = pd.DataFrame(options).rename_axis("option").fillna("–")
    return frame[frame.nunique(axis=1) > 1]


def _options(run):
    """Return the options of a run by name, settings one by one, with models and meta-model."""
    options = run.config.as_dict()
    settings = {f"settings: {name}": value for name, value in options.pop("settings").items()}
    options |= settings | {"blend": run.blend}
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in options.items()
    }


def render_configuration(frame):
    """Render the options that differ."""
    if frame.empty:
        return paragraph("The runs have the same options.")
    return table(frame, "Options that differ")


def collect_differences(inputs):
    """Compare the models that the runs have in common with those of the first run."""
    return {
        name: pd.DataFrame(
            [
                (run, model, *_difference(one, base, model))
                for run, one in others
                for model in one.proba
                if model in base.proba
            ],
            columns=["run", "model", "difference", "low", "high"],
        ).set_index("run")
        for name, ((_, base), *others) in _items(inputs.paired)
    }


def _items(paired):
    return [(name, list(by_run.items())) for name, by_run in paired.items()]


def render_differences(tables):
    """Render one table per evaluation."""
    if not tables:
        return paragraph(
            "The runs have different clips, so that differences are not paired: give test labels "
            "(--answers) to compare them on the same test clips."
        )
    about = paragraph(
        "Macro F1 of each model minus that of the same model in the first run, on the same clips. "
        "The 95 % intervals are from a bootstrap over groups of clips that share songs, which are "
        "the same for both runs: an interval without 0 is a difference beyond chance."
    )
    return about + join(table(one, f"Paired differences, {name}") for name, one in tables.items())


def collect_classes(inputs):
    """Collect the F1 by class of the stacks, and the changes against the first run."""
    tables = {}
    for name, by_run in inputs.evaluations.items():
        f1 = pd.DataFrame(
            {run: one.scores[one.stack]["per_class_f1"] for run, one in by_run.items()}
        ).rename_axis("class")
        first, *others = f1.columns
        for run in others:
            f1[f"{run} − {first}"] = f1[run] - f1[first]
        tables[name] = f1
    return tables


def render_classes(tables):
    """Render one table per evaluation."""
    return join(table(f1, f"F1 by class of the stack, {name}") for name, f1 in tables.items())


SECTIONS = (
    Section("Scores", "scores", collect_scores, render_scores),
    Section("Differences", "differences", collect_differences, render_differences),
    Section("Configuration", "configuration", collect_configuration, render_configuration),
    Section("Classes", "classes", collect_classes, render_classes),
    DISAGREEMENTS,
)
