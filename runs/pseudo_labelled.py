"""What is made of clips that models learnt from the test: answers, or a run."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from ..models import set_means
from ..stacking import decide, fit_fold, name_columns, predict_with
from .first_level import ModelPredictions
from .predictions import METHOD
from .run import PSEUDO_LABEL, STACK
from .second_level import stack_run
from .takeover import take_over_draws


def answer_test(learnt, *, progress):
    """Answer for the test by the mean of the models, each fitted once on all there is.

    Parameters
    ----------
    learnt : Learnt
    progress : Quiet

    Returns
    -------
    DataFrame
        A row a test clip, as a submission; where no round was kept, without pseudo-labels.
    """
    clips, y = learnt.with_test(learnt.found.rows, learnt.found.labels)
    said = []
    with progress.stage("fitting on all clips", len(learnt.models)) as advance:
        for model in learnt.models.values():
            fitted = clone(model).fit(clips, y)
            said.append(fitted.predict_proba(learnt.test.paths))
            advance(1)
    return learnt.test.answer(decide(np.mean(said, axis=0), fitted.classes_, METHOD))


def write_learnt(learnt, run, *, progress):
    """Write a run whose fold models learnt from the test, too, stacked as those of the first run.

    The models of a fold learn from what they chose without its songs, so that scores out of fold
    hold as in any run. Only the choice of how many rounds to keep has seen all songs.

    Parameters
    ----------
    learnt : Learnt
    run : Run
        Vacant.
    progress : Quiet
    """
    source = learnt.run
    _write_beginnings(learnt, run)
    n_fits = len(learnt.models) * len(learnt.found.by_fold)
    with progress.stage("fitting by fold", n_fits) as advance:
        parts = {
            name: _fit_folds(learnt, run, name, model, advance)
            for name, model in learnt.models.items()
        }
    with progress.stage("stacking"):
        final, classes = clone(source.load_model(STACK)), source.metrics["classes"]
        stack_run(run, learnt.table, learnt.test, parts, classes=classes, final=final)
    run.write_metrics({**run.metrics, "pseudo_labels": learnt.to_dict()})


def _write_beginnings(learnt, run):
    """Write what a run begins with, and what it comes from."""
    source = learnt.run
    texts = dict(zip(source.model_names, source.config.models, strict=True))
    config = source.config.with_models(texts[name] for name in learnt.models)
    resolved = {name: source.resolved.get(name, {}) for name in learnt.models}
    origin = {"run": {str(source.path): source.config.as_dict()}, **learnt.settings}
    config.write(run.config_path, {**resolved, PSEUDO_LABEL: origin})
    take_over_draws(source, run)


def _fit_folds(learnt, run, name, model, advance):
    """Fit and keep one model of every fold."""
    ids, folds = learnt.table["clip"].to_numpy(), learnt.table["fold"].to_numpy()
    oof, test = [], []
    for fold, taken in zip(np.unique(folds), learnt.found.by_fold, strict=True):
        clips, y = learnt.with_test(*taken)
        held_out = np.flatnonzero(folds == fold)
        train = np.setdiff1d(np.arange(len(y)), held_out)
        fitted = fit_fold(model, clips, y, train, held_out, method=METHOD)
        columns = name_columns(name, fitted.estimator.classes_, fitted.predictions.shape[1])
        oof.append(pd.DataFrame(fitted.predictions, ids[held_out], columns))
        test.append(predict_with(fitted.estimator, learnt.test.paths, METHOD))
        run.save_model(set_means(fitted.estimator), name, int(fold))
        advance(1)
    mean = pd.DataFrame(np.mean(test, axis=0), learnt.test.ids, columns)
    return ModelPredictions(pd.concat(oof).loc[ids], mean)
