"""Logging of a run to an experiment tracker: MLflow or Weights & Biases.

A tracker is an object with the methods ``begin(name)``, ``log_params(params)``,
``log_metrics(metrics, step=None)``, ``log_artifact(path)`` and ``end(failed)``. Its library is
imported when it is made: a missing library stops a run before it starts. A failure later is logged
once, and the run continues without the tracker.
"""

import json
import logging
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..exceptions import UsageError, first_line, import_optional
from ..stacking import macro_f1
from .predictions import predict_y
from .run import STACK

_PROJECT = "stemstack"
_FILES = ("config.yaml", "metrics.json", "costs.json", "submission.csv", "report.html",
          "model_card.md")  # fmt: skip


class MlflowTracker:
    """Adapter for MLflow.

    Parameters
    ----------
    uri : str
        Of the tracking server or store.
    artifacts : str, optional
        URI of the folder for files, for a store without one of its own.
    """

    def __init__(self, uri, artifacts=None):
        mlflow = import_optional("mlflow", "track")
        # Migrations of a new database.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._client, self._artifacts = mlflow.MlflowClient(tracking_uri=uri), artifacts

    def begin(self, name):
        experiment = self._client.get_experiment_by_name(_PROJECT)
        number = (
            experiment.experiment_id
            if experiment
            else self._client.create_experiment(_PROJECT, artifact_location=self._artifacts)
        )
        self._run = self._client.create_run(number, run_name=name).info.run_id

    def log_params(self, params):
        for name, value in params.items():
            self._client.log_param(self._run, name, value)

    def log_metrics(self, metrics, step=None):
        for name, value in metrics.items():
            self._client.log_metric(self._run, name, value, step=step or 0)

    def log_artifact(self, path):
        self._client.log_artifact(self._run, str(path))

    def end(self, failed):
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")


class WandbTracker:
    """Adapter for Weights & Biases.

    Parameters
    ----------
    project : str
    """

    def __init__(self, project):
        self._wandb, self._project = import_optional("wandb", "wandb"), project

    def begin(self, name):
        self._run = self._wandb.init(project=self._project, name=name)

    def log_params(self, params):
        self._run.config.update(params)

    def log_metrics(self, metrics, step=None):
        # A fold is logged as a metric: steps of a W&B run must increase.
        self._run.log(metrics if step is None else {**metrics, "fold": step})

    def log_artifact(self, path):
        self._run.save(str(path), base_path=str(Path(path).parent), policy="now")

    def end(self, failed):
        self._run.finish(exit_code=int(failed))


def make_tracker(name, out):
    """Create a tracker by name.

    Parameters
    ----------
    name : str
        ``mlflow``, a database in the folder of the run directory; ``mlflow:URI``; ``wandb`` or
        ``wandb:PROJECT``.
    out : str or os.PathLike
        The run directory.

    Returns
    -------
    MlflowTracker or WandbTracker

    Raises
    ------
    UsageError
        The name is unknown.
    MissingExtraError
        The tracker's library is not installed.

    See Also
    --------
    follow : Logs a run to the tracker.

    Examples
    --------
    >>> from stemstack.runs.tracking import make_tracker
    >>> make_tracker("mlflow:http://localhost:5000", "RUN")  # doctest: +SKIP
    """
    kind, _, where = name.partition(":")
    folder = Path(out).resolve().parent
    if kind == "mlflow" and where:
        return MlflowTracker(where)
    if kind == "mlflow":
        return MlflowTracker(f"sqlite:///{folder / 'mlflow.db'}", (folder / "mlartifacts").as_uri())
    if kind == "wandb":
        return WandbTracker(where or _PROJECT)
    raise UsageError(
        f"The tracker must be mlflow, mlflow:URI, wandb or wandb:PROJECT. Got {name!r}."
    )


@contextmanager
def follow(tracker, config, out, progress):
    """Log a run that is fitted within a ``with`` block to a tracker.

    Parameters
    ----------
    tracker : tracker or None
        None logs nothing.
    config : Config
    out : str or os.PathLike
        The run directory.
    progress : NullProgress
        A failure of the tracker is logged to it.

    Yields
    ------
    callable
        Takes the finished run, and its summary from
        :func:`~stemstack.runs.prediction.evaluate.summarise_run`.

    See Also
    --------
    make_tracker : Creates a tracker by name.

    Examples
    --------
    >>> from stemstack.runs import Config
    >>> from stemstack.runs.tracking import follow
    >>> from stemstack.utils.progress import NullProgress
    >>> with follow(None, Config("DATA"), "RUN", NullProgress()) as log_results:
    ...     pass
    """
    failures = []

    def call(method, *arguments, **options):
        if tracker is None or failures:
            return
        try:
            getattr(tracker, method)(*arguments, **options)
        except Exception as error:  # of any kind: it must not cost hours of fitting
            failures.append(error)
            progress.log(f"The tracker failed, and is not used any more: {first_line(error)}")

    call("begin", Path(out).resolve().name)
    call("log_params", _to_params(config))
    failed = True
    try:
        yield lambda run, summary: tracker and _log_results(call, run, summary)
        failed = False
    finally:
        call("end", failed)


def _log_results(call, run, summary):
    flat = {f"{key}/{name}": v for name, row in summary.items() for key, v in row.items()}
    call("log_metrics", flat)
    table = run.read_table("ledger/oof")
    y = run.target.encode(table["label"])
    y_pred = {name: predict_y(run, table, name) for name in (*run.model_names, STACK)}
    for fold in np.unique(table["fold"]):
        rows = (table["fold"] == fold).to_numpy()
        scores = {
            f"fold_macro_f1/{name}": macro_f1(y[rows], predicted[rows])
            for name, predicted in y_pred.items()
        }
        call("log_metrics", scores, step=int(fold))
    for name in _FILES:
        if (run.path / name).exists():
            call("log_artifact", run.path / name)


def _to_params(config):
    """Return options as trackers show them: text and numbers."""
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in config.as_dict().items()
    }
