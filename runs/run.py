"""A run: the directory that holds one experiment, and the names of what is in it."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd

from ..exceptions import DataError, UsageError
from ..models import load_model, model_columns, save_model
from ..models.own_code import check_unchanged, code_sources
from ..utils.atomic_write import atomic_path, write_text
from .config import Config, read_document
from .ledger import Ledger

# The second level, and the command; what stands under a command in config.yaml is whence a run is.
STACK = "stack"
PSEUDO_LABEL = "pseudo-label"
# The folder, and the entry in metrics.json, of the run whose folds share songs.
SONG_SHARED = "song_shared"


class Run:
    """One experiment on disk.

    Parameters
    ----------
    path : str or os.PathLike
    trust : sequence of str, default=()
        The user's own files, modules and packages, whose types may be in the run's models; see
        :func:`~stemstack.models.load_model`. Nothing else that a run names is ever imported.

    Attributes
    ----------
    path : Path
    ledger : Ledger
    """

    def __init__(self, path, trust=()):
        self.path = Path(path)
        self._trust = tuple(trust)
        self.ledger = Ledger(self.path / "ledger")

    @classmethod
    def begin(cls, path, config, *, resume):
        """Begin a run, or go on with one; nothing is written yet.

        Raises
        ------
        UsageError
            The directory holds a run already and ``resume`` is false, or the run there was asked
            for something else or made of other runs.
        """
        run = cls(path, code_sources(config.models))
        if run.config_path.exists():
            if not resume:
                raise UsageError(
                    f"{path}: holds a run already; go on with --resume, or give another --out"
                )
            if run.made_by:
                raise UsageError(f"{path}: {run.made_by} made this run of others; repeat that")
            config.check_resumes(Config.read(run.config_path))
        else:
            run.check_vacant()
        return run

    def check_vacant(self):
        """Refuse a place where something is already.

        Raises
        ------
        UsageError
            The path is a file, or a folder with anything but what a killed write left in it.
        """
        if not self.path.exists():
            return
        if not self.path.is_dir() or any(p.name[0] != "." for p in self.path.iterdir()):
            raise UsageError(
                f"{self.path}: is not empty and not a run to go on with; give another --out"
            )

    @classmethod
    def open(cls, path, *, finished=True, trust=()):
        """Open a run.

        Parameters
        ----------
        path : str or os.PathLike
        finished : bool, default=True
            Whether it must be finished.
        trust : sequence of str, default=()
            As of the class.

        Raises
        ------
        DataError
            The directory holds no run, or one that was not finished.
        """
        run = cls(path, trust)
        if not run.config_path.exists():
            raise DataError(f"{path}: holds no run (config.yaml is missing); make one with fit")
        if finished and not run.metrics_path.exists():
            again = run.made_by and f"remove it and repeat {run.made_by}"
            mend = again or "go on with fit --resume"
            raise DataError(f"{path}: the run is not finished; {mend}")
        return run

    @property
    def config_path(self):
        """Where the configuration is."""
        return self.path / "config.yaml"

    @property
    def metrics_path(self):
        """Where the scores are; they are written last of all tables."""
        return self.path / "metrics.json"

    @property
    def config(self):
        """The configuration, read from disk."""
        return Config.read(self.config_path)

    @property
    def model_names(self):
        """The models' names as files and columns, in the order they are stacked."""
        return model_columns(self.config.models)

    @property
    def resolved(self):
        """What ``auto`` stood for, by model, read from disk."""
        return read_document(self.config_path)["resolved"]

    @property
    def made_by(self):
        """The command that made this run of others, ``stack`` or ``pseudo-label``; None for fit."""
        return next((name for name in (STACK, PSEUDO_LABEL) if name in self.resolved), None)

    @property
    def planned(self):
        """What a time limit changed, read from disk; empty without one, or before the begin."""
        if not self.config_path.exists():
            return {}
        return read_document(self.config_path).get("planned", {})

    @property
    def metrics(self):
        """The scores, read from disk."""
        return json.loads(self.metrics_path.read_text(encoding="utf-8"))

    def unfinish(self):
        """Take the scores away: until new ones are written, the run counts as not finished."""
        self.metrics_path.unlink(missing_ok=True)

    def write_metrics(self, metrics):
        """Write the scores."""
        write_text(self.metrics_path, json.dumps(metrics, indent=1) + "\n")

    def write_table(self, name, table):
        """Write a Parquet table by name, such as ``folds``."""
        with atomic_path(self.path / f"{name}.parquet") as temporary:
            table.to_parquet(temporary, index=False)

    def read_table(self, name):
        """Read a table written by :meth:`write_table`."""
        return pd.read_parquet(self.path / f"{name}.parquet")

    def save_model(self, model, name, fold=None):
        """Save a fold's model, or the second level without a fold."""
        save_model(model, self.model_folder(name, fold))

    def load_model(self, name, fold=None):
        """Load what :meth:`save_model` saved."""
        if self._trust:
            check_unchanged(self.resolved.get(name, {}).get("code", {}), self._trust, self.path)
        return load_model(self.model_folder(name, fold), trust=self._trust)

    def model_folds(self, name):
        """List the folds that a model was saved for, those of repeats after the others."""
        return sorted(int(path.name[4:]) for path in self.model_folder(name).glob("fold*"))

    def forget_fold(self, name, fold, *, but=None):
        """Remove what a model's fold left: its entries, all but one key's, and then its model."""
        self.ledger.discard(name, fold, but=but)
        if but is None:
            shutil.rmtree(self.model_folder(name, fold), ignore_errors=True)

    def write_submission(self, table):
        """Write ``submission.csv``."""
        with atomic_path(self._submission_path) as temporary:
            table.to_csv(temporary, index=False)

    @property
    def header(self):
        """The two column names of the submission; ``id`` and ``label`` when there is none."""
        if not self._submission_path.exists():
            return ("id", "label")
        return tuple(pd.read_csv(self._submission_path, nrows=0).columns[:2])

    @property
    def _submission_path(self):
        return self.path / "submission.csv"

    def model_folder(self, name, fold=None):
        """Say where a fold's model is, or the second level without a fold."""
        folder = self.path / "models" / name
        return folder if fold is None else folder / f"fold{fold}"


def link_or_copy(source, target):
    """Give a file a second name, or copy it where the file system cannot.

    No file of a run is ever written in place, so that what happens to one name leaves the other as
    it was.

    Parameters
    ----------
    source, target : Path
        ``target`` is replaced when it is there.
    """
    with atomic_path(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def link_draws(source, target):
    """Do so with what chance decided for a run: its folds and, of mashups, their recipes.

    Parameters
    ----------
    source, target : Run
    """
    for name in ("folds.parquet", "recipes.parquet"):
        if (source.path / name).exists():
            link_or_copy(source.path / name, target.path / name)


def link_or_copy_folder(source, target):
    """Do so with every file below a folder.

    Parameters
    ----------
    source, target : Path
    """
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            link_or_copy(path, target / path.relative_to(source))
