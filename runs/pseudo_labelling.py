"""Learning from a run's own test clips: pseudo-labels that held-out songs must approve."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from ..errors import DataError, UsageError
from ..models import make_model, model_columns, set_means
from ..models.naming import ModelName
from ..stacking import decide, pseudo_label
from .feature_table import compute_features, extractor_of, widest_first
from .first_level import METHOD
from .report_clips import find_test, find_training, open_data, recipes_of
from .song_groups import groups_of
from .unlabelled import from_test_table

# It would agree with no other model, so that none could ever be sure.
_NEVER_ASKED = "heuristic"


@dataclass(frozen=True)
class Learnt:
    """What came of learning from the test.

    Attributes
    ----------
    answer : DataFrame
        A row a test clip, as a submission.
    models : tuple of str
    rounds : tuple of Round
    taken : dict of str to int
        Test clips that were learnt from, by class; empty where the first round was refused.
    """

    answer: pd.DataFrame
    models: tuple
    rounds: tuple
    taken: dict

    def to_dict(self):
        """Give all but the answer as plain data."""
        rounds = [vars(round_) | {"verdict": str(round_)} for round_ in self.rounds]
        return {"models": list(self.models), "rounds": rounds, "taken": self.taken}


def learn_from_test(run, *, models=None, n_rounds=3, confidence=0.6, cache, n_jobs, progress):
    """Fit the handcrafted models of a run anew, on its training clips and on those of the test.

    Parameters
    ----------
    run : Run
        Finished, with test clips and the data set still there.
    models : sequence of str, optional
        Columns of the run; all with handcrafted features but ``heuristic`` by default.
    n_rounds : int, default=3
    confidence : float, default=0.6
        As in :func:`~stemstack.stacking.pseudo_label`.
    cache : Path
    n_jobs : int or None
    progress : Quiet

    Returns
    -------
    Learnt
        The answers are those of the models' mean; where no round was kept, without pseudo-labels.

    Raises
    ------
    DataError
        The run predicted no test clips, or its data set is gone.
    UsageError
        The run has no such model, or none with handcrafted features.
    """
    if not (run.path / "ledger" / "test.parquet").exists():
        raise DataError(f"{run.path}: the run predicted no test clips, so there are none to learn")
    chosen = _choose(run, models)
    data, table, ids = open_data(run), run.read_table("ledger/oof"), run.read_table("ledger/test")
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    X = _objects(find_training(data, recipes_of(run), table["clip"], **means))
    X_test = _objects(find_test(data, ids["id"]))
    for name, model in widest_first(chosen):
        compute_features(name, model, [*X, *X_test], **means)
    fits = [(name, set_means(clone(model), cache=cache)) for name, model in chosen.items()]
    y = table["label"].to_numpy(dtype=object)
    with progress.stage("learning from the test"):
        found = pseudo_label(
            *(fits, X, y, table["fold"], X_test),
            groups=groups_of(run),
            n_rounds=n_rounds,
            confidence=confidence,
        )
        X_more, y_more = np.concatenate([X, X_test[found.rows]]), np.append(y, found.labels)
        said = [model.fit(X_more, y_more).predict_proba(X_test) for _, model in fits]
    labels = decide(np.mean(said, axis=0), fits[0][1].classes_, METHOD)
    answer = pd.DataFrame(dict(zip(from_test_table(data).header, (ids["id"], labels), strict=True)))
    taken = pd.Series(found.labels, dtype=object).value_counts().sort_index()
    return Learnt(answer, tuple(chosen), found.rounds, {k: int(n) for k, n in taken.items()})


def _choose(run, wanted):
    """Make the models asked for, by column."""
    made = {}
    for column, text in zip(model_columns(run.config.models), run.config.models, strict=True):
        model = make_model(text, random_state=run.config.seed)
        if extractor_of(model) is not None:
            made[column] = (ModelName.parse(text).base, model)
    if wanted is None:
        chosen = {column: model for column, (base, model) in made.items() if base != _NEVER_ASKED}
    else:
        strange = [name for name in wanted if name not in made]
        if strange:
            raise UsageError(
                f"{run.path}: {strange[0]!r} is no model of the run over handcrafted features; "
                f"those are {', '.join(made) or 'none'}"
            )
        chosen = {name: made[name][1] for name in wanted}
    if not chosen:
        raise UsageError(f"{run.path}: has no model over handcrafted features, such as lr or lgbm")
    return chosen


def _objects(clips):
    """Lay clips into an array that can be indexed; numpy would take paths and mashups apart."""
    array = np.empty(len(clips), dtype=object)
    array[:] = clips
    return array
