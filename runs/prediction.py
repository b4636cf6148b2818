"""Predicting new clips with a finished run."""

import numpy as np
import pandas as pd

from ..models import set_means
from ..stacking import name_columns, predict_with
from .first_level import METHOD
from .run import STACK
from .second_level import decide, predict_stack


def predict_run(run, unlabelled, *, cache, n_jobs, progress):
    """Predict clips by the fold models of a run and its second level.

    Parameters
    ----------
    run : Run
    unlabelled : Unlabelled
        Usable clips.
    cache : Path
        Where features are kept.
    n_jobs : int or None
    progress : Quiet

    Returns
    -------
    labels : ndarray of shape (n,)
    probabilities : DataFrame of shape (n, n_classes)
        The stack's, a column a class.
    """
    classes = run.metrics["classes"]
    models = run.config.models
    folds = sorted(run.read_table("ledger/oof")["fold"].unique())
    parts = {}
    with progress.stage("predicting", len(models) * len(folds)) as advance:
        for name in models:
            said = []
            for fold in folds:
                model = set_means(run.load_model(name, fold), cache=cache, n_jobs=n_jobs)
                said.append(predict_with(model, unlabelled.paths, METHOD))
                advance(1)
            mean = np.mean(said, axis=0)
            parts[name] = pd.DataFrame(mean, columns=name_columns(name, classes, mean.shape[1]))
    stacked = predict_stack(run.load_model(STACK), parts, classes)[STACK]
    return decide(stacked, classes), pd.DataFrame(stacked, columns=classes)
