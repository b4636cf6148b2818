"""Telling an experiment tracker about a run: MLflow, Weights & Biases, or any of that shape.

Nothing is imported before a tracker is asked for. One that cannot be had stops a run before it
begins; one that fails later says so once, and the run goes on without it.
"""

import json
import logging
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ..exceptions import UsageError, first_line, import_optional
from ..stacking import macro_f1
from .predictions import predicted_labels
from .run import STACK

_PROJECT = "stemstack"
_FILES = (
    "config.yaml",
    "metrics.json",
    "costs.json",
    "submission.csv",
    "report.html",
    "model_card.md",
)


class Tracker(Protocol):
    """What a run tells a tracker, in this order."""

    def begin(self, name):
        """Begin a run of this name."""

    def log_params(self, params):
        """Take what was asked for: a dict of str to plain data."""

    def log_metrics(self, metrics, step=None):
        """Take scores: a dict of str to float, perhaps of one fold, the step."""

    def log_artifact(self, path):
        """Take a file."""

    def end(self, failed):
        """End the run."""


class MlflowTracker:
    """Tells MLflow.

    Parameters
    ----------
    uri : str
        Of the tracking server or store, as MLflow takes it.
    artifacts : str, optional
        URI of the folder for files, where the store does not know one.
    """

    def __init__(self, uri, artifacts=None):
        self._mlflow = import_optional("mlflow", "track")
        # Its migrations of a new database are nobody's news.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._uri = uri
        self._artifacts = artifacts

    def begin(self, name):
        """Begin a run in the experiment ``stemstack``, made when it is missing."""
        self._client = self._mlflow.MlflowClient(tracking_uri=self._uri)
        experiment = self._client.get_experiment_by_name(_PROJECT)
        number = (
            experiment.experiment_id
            if experiment
            else self._client.create_experiment(_PROJECT, artifact_location=self._artifacts)
        )
        self._run = self._client.create_run(number, run_name=name).info.run_id

    def log_params(self, params):
        """Take what was asked for."""
        for name, value in params.items():
            self._client.log_param(self._run, name, value)

    def log_metrics(self, metrics, step=None):
        """Take scores."""
        for name, value in metrics.items():
            self._client.log_metric(self._run, name, value, step=step or 0)

    def log_artifact(self, path):
        """Take a file."""
        self._client.log_artifact(self._run, str(path))

    def end(self, failed):
        """End the run."""
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")


class WandbTracker:
    """Tells Weights & Biases.

    Parameters
    ----------
    project : str
    """

    def __init__(self, project):
        self._wandb = import_optional("wandb", "wandb")
        self._project = project

    def begin(self, name):
        """Begin a run in the project."""
        self._run = self._wandb.init(project=self._project, name=name)

    def log_params(self, params):
        """Take what was asked for."""
        self._run.config.update(params)

    def log_metrics(self, metrics, step=None):
        """Take scores; a fold is one of them, for a run's steps may only rise."""
        self._run.log(metrics if step is None else {**metrics, "fold": step})

    def log_artifact(self, path):
        """Take a file."""
        self._run.save(str(path), base_path=str(Path(path).parent), policy="now")

    def end(self, failed):
        """End the run."""
        self._run.finish(exit_code=int(failed))


def make_tracker(text, out):
    """Make a tracker by name.

    Parameters
    ----------
    text : str
        ``mlflow``, in a database beside the run; ``mlflow:URI``; ``wandb`` or ``wandb:PROJECT``.
    out : str or os.PathLike
        The run directory.

    Returns
    -------
    Tracker

    Raises
    ------
    UsageError
        There is none of that name.
    MissingExtraError
        Its library is not installed.
    """
    name, _, where = text.partition(":")
    beside = Path(out).resolve().parent
    if name == "mlflow" and where:
        return MlflowTracker(where)
    if name == "mlflow":
        return MlflowTracker(f"sqlite:///{beside / 'mlflow.db'}", (beside / "mlartifacts").as_uri())
    if name == "wandb":
        return WandbTracker(where or _PROJECT)
    raise UsageError(
        f"The tracker must be mlflow, mlflow:URI, wandb or wandb:PROJECT. Got {text!r}."
    )


@contextmanager
def follow(tracker, config, out, progress):
    """Tell a tracker of a run that is made within the block.

    Parameters
    ----------
    tracker : Tracker or None
    config : Config
    out : str or os.PathLike
    progress : NullProgress
        Hears, once, when the tracker fails.

    Yields
    ------
    callable
        To be given the finished run and its summary.
    """
    if tracker is None:
        yield lambda run, summary: None
        return
    guarded = _Guarded(tracker, progress)
    guarded.tell("begin", Path(out).resolve().name)
    guarded.tell("log_params", _plain(config))
    failed = True
    try:
        yield lambda run, summary: _tell_all(guarded, run, summary)
        failed = False
    finally:
        guarded.tell("end", failed)


class _Guarded:
    """Tells a tracker as long as it listens."""

    def __init__(self, tracker, progress):
        self._tracker = tracker
        self._progress = progress

    def tell(self, what, *arguments, **options):
        if self._tracker is None:
            return
        try:
            getattr(self._tracker, what)(*arguments, **options)
        except Exception as error:  # of any kind: hours of fitting are worth more than a record
            self._tracker = None
            self._progress.log(f"The tracker failed, and is told no more: {first_line(error)}")


def _tell_all(guarded, run, summary):
    flat = {f"{key}/{name}": v for name, row in summary.items() for key, v in row.items()}
    guarded.tell("log_metrics", flat)
    for fold, scores in score_folds(run).items():
        named = {f"fold_macro_f1/{name}": score for name, score in scores.items()}
        guarded.tell("log_metrics", named, step=fold)
    for file in _FILES:
        if (run.path / file).exists():
            guarded.tell("log_artifact", run.path / file)


def score_folds(run):
    """Score each model, and the stack, on each fold by itself.

    Parameters
    ----------
    run : Run
        Finished.

    Returns
    -------
    dict of int to dict of str to float
        Macro F1 by fold and model.
    """
    table, classes = run.read_table("ledger/oof"), run.metrics["classes"]
    return {
        int(fold): {
            name: macro_f1(part["label"], predicted_labels(part, name, classes))
            for name in (*run.model_names, STACK)
        }
        for fold, part in table.groupby("fold")
    }


def _plain(config):
    """Lay options out as a tracker shows them: text and numbers."""
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in config.as_dict().items()
    }
