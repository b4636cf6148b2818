"""A run: the directory of one experiment, and the files in it."""

import json
import os
import re
import shutil
import warnings
from contextlib import contextmanager
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from ..datasets.csv_table import read_csv_header
from ..exceptions import DataError, StemstackError, UsageError
from ..mashups import read_recipes
from ..models import load_model, model_columns, save_model
from ..models.own_code import check_unchanged, code_sources
from ..utils.atomic_write import atomic_path, link_or_copy, write_text
from ..utils.leftovers import forget_temporary, new_temporary
from .config import Config, read_document
from .learning_curve import CURVE, LearningCurve
from .ledger import Ledger
from .run_files import (
    check_files,
    check_metrics,
    check_predictions,
    damaged,
    is_text,
    read_json,
    read_parquet,
)
from .target import make_target
from .training_clips import song_groups
from .training_windows import list_windows, recording_lengths

# The name of the meta-model among the models. In config.yaml, STACK or PSEUDO_LABEL under
# `resolved` means that this command made the run of other runs.
STACK = "stack"
PSEUDO_LABEL = "pseudo-label"
# The folder, and the key in metrics.json, of the run whose folds share songs.
SONG_SHARED = "song_shared"
_MODEL_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    *(MemoryError, AssertionError),
)
# Of scikit-learn, for parts that do not agree on the columns; ours do, a user's own may not.
_LOST_NAMES = "X (does not have valid|has) feature names, but"
_FOLDS = re.compile(r"fold|repeat\d+")
_OOF, _TEST, _TEST_FOLDS = "ledger/oof", "ledger/test", "ledger/test_folds"
_COLUMNS = {_OOF: ("clip", "label", "fold"), _TEST: ("id",), _TEST_FOLDS: ("id", "fold")}


class Run:
    """Directory of one experiment.

    Parameters
    ----------
    path : str or os.PathLike
        Need not exist.
    trust : sequence of str, default=()
        The user's own files, modules and packages, whose types may be in the run's models; see
        :func:`~stemstack.models.load_model`. Nothing else that a run names is ever imported.

    Attributes
    ----------
    path : Path
    ledger : Ledger
        Predictions of every model and fold.

    See Also
    --------
    fit_run : Fits a run.
    predict_run : Predicts clips with a run.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.runs import Config, Run
    >>> with TemporaryDirectory() as folder:
    ...     run = Run(folder)
    ...     Config("DATA", models=["lr(C=0.1)", "lgbm"]).write(run.config_path, resolved={})
    ...     run.model_names
    ['lr-C-0.1', 'lgbm']
    """

    def __init__(self, path, trust=()):
        self.path = Path(path)
        self._trust = tuple(trust)
        self.ledger = Ledger(self.path / "ledger")

    @classmethod
    def begin(cls, path, config, *, resume):
        """Return a new run, or an existing one to resume; nothing is written yet.

        Raises
        ------
        UsageError
            The directory holds a run and ``resume`` is false, or the run there has other options
            or was made of other runs.
        """
        run = cls(path, code_sources(config.models))
        run._check_files()
        if not run.config_path.exists():
            run.check_vacant()
            return run
        if not resume:
            raise UsageError(
                f"{path}: holds a run already; continue it with --resume, or choose another --out"
            )
        if run.made_by:
            raise UsageError(
                f"{path}: this run was made of others by {run.made_by}; repeat that command instead"
            )
        config.check_resumes(Config.read(run.config_path))
        return run

    @classmethod
    @contextmanager
    def create(cls, path):
        """Yield a new run in a hidden folder that is renamed to ``path`` if the block succeeds.

        For commands that make a run of others and do not resume it: they can be repeated.

        Raises
        ------
        UsageError
            The path is a file, or a folder with visible files.
        """
        path = Path(path)
        cls(path).check_vacant()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = new_temporary(path)
        try:
            yield cls(temporary)
            for hidden in path.iterdir() if path.exists() else ():
                shutil.move(hidden, temporary)
            if path.exists():
                path.rmdir()
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            forget_temporary(temporary)

    @classmethod
    def open(cls, path, *, finished=True, trust=()):
        """Open an existing run.

        Parameters
        ----------
        path : str or os.PathLike
        finished : bool, default=True
            Whether the run must be finished.
        trust : sequence of str, default=()
            The user's own files, modules and packages, whose types may be in the run's models.

        Raises
        ------
        DataError
            The directory holds no run, or one that is not finished, or links to other files.
        """
        run = cls(path, trust)
        run._check_files()
        if not run.config_path.exists():
            raise DataError(f"{path}: holds no run (config.yaml is missing); make one with fit")
        if finished and not run.metrics_path.exists():
            again = run.made_by and f"remove it and repeat {run.made_by}"
            raise DataError(
                f"{path}: the run is not finished; {again or 'continue it with fit --resume'}"
            )
        return run

    def _check_files(self):
        if self.path.is_dir():
            check_files(self.path)

    def check_vacant(self):
        """Check that a new run can be written here.

        Raises
        ------
        UsageError
            The path is a file, or a folder with visible files.
        """
        if not self.path.exists():
            return
        if self.config_path.exists():
            raise UsageError(f"{self.path}: holds a run already; choose another --out")
        if not self.path.is_dir():
            raise UsageError(f"{self.path}: is a file; choose another --out")
        # A killed write leaves hidden files.
        if any(p.name[0] != "." for p in self.path.iterdir()):
            raise UsageError(f"{self.path}: is not empty and not a run; choose another --out")

    @property
    def config_path(self):
        """Path of the configuration."""
        return self.path / "config.yaml"

    @property
    def metrics_path(self):
        """Path of the scores, which are written after all tables."""
        return self.path / "metrics.json"

    @property
    def config(self):
        """The configuration, read from disk."""
        return Config.read(self.config_path)

    @property
    def resolved(self):
        """What parameters set to ``auto`` resolved to, by model; read from disk."""
        return self._read_section("resolved")

    @property
    def blend(self):
        """Name of the meta-model: that of the configuration, unless the run was stacked again."""
        stack = self.resolved.get("stack")
        again = stack.get("blend") if isinstance(stack, dict) else None
        return self.config.blend if again is None else str(again)

    @property
    def planned(self):
        """What a time limit changed, read from disk; empty without a limit or a configuration."""
        if not self.config_path.exists():
            return {}
        return self._read_section("planned")

    def _read_section(self, name):
        section = read_document(self.config_path).get(name, {})
        if not isinstance(section, dict):
            raise damaged(self.config_path, f"{name} is not a mapping")
        for key, value in section.items():
            if name == "resolved" and not isinstance(value, dict):
                raise damaged(self.config_path, f"{key} of {name} is not a mapping")
        return section

    @property
    def made_by(self):
        """The command that made this run of others, ``stack`` or ``pseudo-label``; None for fit."""
        return next((name for name in (STACK, PSEUDO_LABEL) if name in self.resolved), None)

    @property
    def model_names(self):
        """Names of the base models in files and columns, in the order of the meta-model's input."""
        return model_columns(self.config.models)

    @property
    def metrics(self):
        """The scores, read from disk."""
        document, config = read_json(self.metrics_path), self.config
        models, several = (*self.model_names, STACK), config.label_separator is not None
        try:
            check_metrics(document, models, several)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise damaged(self.metrics_path, error) from error
        return document

    @property
    def scores(self):
        """Out-of-fold scores by model, the stack last; columns ``macro_f1`` and ``accuracy``."""
        by_model = self.metrics["out_of_fold"]
        scores = {name: by_model[name] for name in (*self.model_names, STACK)}
        return pd.DataFrame.from_dict(scores, orient="index")[["macro_f1", "accuracy"]]

    @property
    def target(self):
        """What the run predicts: a class, or any number of labels."""
        return make_target(self.metrics["classes"], self.config.label_separator)

    def thresholds(self, name):
        """Return the probability from which on a model predicts each of several labels, or None."""
        thresholds = self.metrics.get("thresholds")
        return None if thresholds is None else thresholds[name]

    @property
    def learning_curve(self):
        """The learning curve that decided on the number of mashups; None if a number was given."""
        path = self.path / CURVE
        if not path.exists():
            return None
        try:
            return LearningCurve.from_dict(read_json(path))
        except (TypeError, ValueError) as error:
            raise damaged(path, error) from error

    def _repr_html_(self):
        """Return the scores as HTML, for notebooks; without them, what is missing."""
        try:
            scores = Run.open(self.path).scores.rename_axis("out of fold")
        except StemstackError as error:
            return f"<p>{escape(str(error))}</p>"
        return f"<p>Run {escape(str(self.path))}</p>{scores.to_html(float_format='%.3f')}"

    def write_metrics(self, metrics):
        """Write the scores."""
        write_text(self.metrics_path, json.dumps(metrics, indent=1) + "\n")

    def unfinish(self):
        """Remove the scores: until new ones are written, the run counts as unfinished."""
        self.metrics_path.unlink(missing_ok=True)

    def write_table(self, name, table):
        """Write a table as Parquet, such as ``folds`` or ``ledger/oof``."""
        with atomic_path(self.path / f"{name}.parquet") as temporary:
            table.to_parquet(temporary, index=False)

    def read_table(self, name, columns=()):
        """Read a table written by :meth:`write_table`, with columns that it must have.

        Raises
        ------
        DataError
            The file is missing or damaged, or does not fit the run.
        """
        path = self.path / f"{name}.parquet"
        table = read_parquet(path, (*_COLUMNS.get(name, ()), *columns))
        for column in table.columns if name == "folds" else ():
            if _FOLDS.fullmatch(column) and table[column].dtype.kind not in "iu":
                raise damaged(path, f"{column} is not a number")
            if column == "group" and not (
                is_text(table[column]) or table[column].dtype.kind == "i"
            ):
                raise damaged(path, f"{column} is neither text nor a number")
        if name in _COLUMNS:
            models, target = (*self.model_names, STACK), self.target
            try:
                check_predictions(table, models, target)
            except (TypeError, ValueError, OverflowError) as error:
                raise damaged(path, error) from error
        return table

    def read_test_folds(self):
        """Read the test predictions of the models of each fold.

        Returns
        -------
        list of DataFrame
            The rows of ``ledger/test``, by fold; empty for a run of an earlier version.

        Raises
        ------
        DataError
            The table is damaged, or its clips are others than those of ``ledger/test``.
        """
        path = self.path / f"{_TEST_FOLDS}.parquet"
        if not path.exists():
            return []
        ids = self.read_table(_TEST)["id"].tolist()
        folds = [part for _, part in self.read_table(_TEST_FOLDS).groupby("fold")]
        if any(part["id"].tolist() != ids for part in folds):
            raise damaged(path, "its clips are others than those of the test")
        return [part.reset_index(drop=True) for part in folds]

    def read_recipes(self):
        """Read the recipes of a run's mashups.

        Returns
        -------
        dict of str to Recipe
            By id, in the order of the training clips; empty for a run on clips.
        """
        path = self.path / "recipes.parquet"
        if not path.exists():
            return {}
        return {recipe.id: recipe for recipe in read_recipes(path)}

    def song_groups(self, n_clips=None):
        """Return the group of each training clip; clips that share songs are in one group.

        Parameters
        ----------
        n_clips : int, optional
            Number of rows of the table that the groups are used with, to be checked.

        Returns
        -------
        ndarray of shape (n_clips,)

        Raises
        ------
        DataError
            A file is missing or damaged, or has another number of clips.
        """
        # For clips that are not mashups, folds.parquet has one row per clip.
        recipes = list(self.read_recipes().values())
        folds = self.read_table("folds", () if recipes else ("group",))
        path = self.path / ("recipes.parquet" if recipes else "folds.parquet")
        if not recipes and "kind" in folds and (folds["kind"] == "song").any():
            raise damaged(self.path / "recipes.parquet", "without recipes")
        groups = song_groups(folds, recipes)
        if n_clips not in (None, len(groups)):
            raise damaged(path, f"{len(groups)} clips instead of {n_clips}")
        return groups

    def window_lengths(self):
        """Return the lengths in s of the parts of recordings that models were trained on.

        None where they were trained on whole clips, or mashups.
        """
        names = self.read_table(_OOF)["clip"]
        windows = [window.duration for window in list_windows(names)]
        if self.config.has_noise:
            windows += recording_lengths(self.read_recipes().values())
        return windows or None

    def link_samples(self, source):
        """Take over folds and recipes from another run, as hard links or copies."""
        for name in ("folds.parquet", "recipes.parquet"):
            if (source.path / name).exists():
                link_or_copy(source.path / name, self.path / name)

    def model_folder(self, name, fold=None):
        """Return the folder of a fold's model; of the meta-model without a fold."""
        folder = self.path / "models" / name
        return folder if fold is None else folder / f"fold{fold}"

    def model_folds(self, name):
        """Return the folds that a model was saved for, those of repeats after the others."""
        names = (path.name[4:] for path in self.model_folder(name).glob("fold*"))
        return sorted(int(number) for number in names if number.isdecimal() and number.isascii())

    def fitted_folds(self, name):
        """Return the folds of :meth:`model_folds`; at least one.

        Raises
        ------
        DataError
            No model was saved.
        """
        folds = self.model_folds(name)
        if not folds:
            raise damaged(self.model_folder(name), "without a model")
        return folds

    @contextmanager
    def using_model(self, name, fold=None):
        """Raise an error that names the model for whatever a saved model raises in the block.

        Raises
        ------
        DataError
            The content of the model does not fit together.
        """
        try:
            # Damaged numbers overflow; what comes of them is checked as any prediction is.
            with (
                np.errstate(over="ignore", invalid="ignore", divide="ignore"),
                warnings.catch_warnings(),
            ):
                if not self._trust:
                    warnings.filterwarnings("error", _LOST_NAMES, UserWarning)
                yield
        except StemstackError:
            raise
        except (*_MODEL_ERRORS, UserWarning) as error:
            if isinstance(error, UserWarning) and not re.match(_LOST_NAMES, str(error)):
                raise
            raise damaged(self.model_folder(name, fold), error) from error

    def save_model(self, model, name, fold=None):
        """Save a fold's model, or the meta-model without a fold."""
        save_model(model, self.model_folder(name, fold))

    def load_model(self, name, fold=None):
        """Load a model saved by :meth:`save_model`; only types that are trusted are imported."""
        if self._trust:
            check_unchanged(self.resolved.get(name, {}).get("code", {}), self._trust, self.path)
        return load_model(self.model_folder(name, fold), trust=self._trust)

    def discard_fold(self, name, fold, *, except_key=None):
        """Remove a fold's ledger entries and model.

        With ``except_key``, the entry of that key and the model stay.
        """
        self.ledger.discard(name, fold, except_key=except_key)
        if except_key is None:
            shutil.rmtree(self.model_folder(name, fold), ignore_errors=True)

    @property
    def header(self):
        """Column names of the submission; ``id`` and ``label`` when there is none."""
        if not self._submission_path.exists():
            return ("id", "label")
        columns = read_csv_header(self._submission_path)
        if len(columns) < 2:
            raise damaged(self._submission_path, "fewer than two columns")
        return tuple(columns[:2])

    def write_submission(self, table):
        """Write ``submission.csv``."""
        with atomic_path(self._submission_path) as temporary:
            table.to_csv(temporary, index=False)

    @property
    def _submission_path(self):
        return self.path / "submission.csv"
