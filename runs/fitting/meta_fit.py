"""The second level of a run: the stack, the scores, the submission."""

import numpy as np
import pandas as pd

from ...stacking import (
    default_final_estimator,
    name_columns,
    nested_predictions,
    score_classes,
    to_labels,
)
from ..predictions import METHOD
from ..run import STACK


def fit_meta_model(run, table, test, parts, *, classes, final=None):
    """Stack the models of a run and write what comes of it.

    Parameters
    ----------
    run : Run
    table : DataFrame
        Columns ``clip, label, fold`` of the training clips.
    test : ClipList
    parts : dict of str to ModelPredictions
    classes : list of str
    final : classifier, optional
        The second level; logistic regression by default.
    """
    y, folds = table["label"].to_numpy(dtype=object), table["fold"].to_numpy()
    features = stack_features(parts)
    final = default_final_estimator() if final is None else final
    nested = nested_predictions(final, features, y, folds, method=METHOD)
    final.fit(features, y)
    run.save_model(final, STACK)
    oof = {name: probabilities(part.oof, classes) for name, part in parts.items()} | {STACK: nested}
    run.write_table("ledger/oof", _format(table[["clip", "label", "fold"]], oof, classes))
    if test.ids:
        said = predict_stack(final, {name: part.test for name, part in parts.items()}, classes)
        ids = pd.DataFrame({"id": test.ids})
        run.write_table("ledger/test", _format(ids, said, classes))
        run.write_submission(test.answer(to_labels(said[STACK], classes, METHOD)))
    scores = {
        name: score_classes(y, to_labels(values, classes, METHOD), classes)
        for name, values in oof.items()
    }
    left_out = list(test.problems)
    run.write_metrics({"classes": classes, "out_of_fold": scores, "left_out": left_out})


def stack_features(parts):
    """Lay the out-of-fold predictions of models side by side, as the second level sees them."""
    return pd.concat([part.oof for part in parts.values()], axis=1).to_numpy()


def predict_stack(final, parts, classes):
    """Predict by every model and by the stack.

    Parameters
    ----------
    final : classifier
        The fitted second level.
    parts : dict of str to DataFrame
        First-level predictions, by model in the order of the fit.
    classes : list of str

    Returns
    -------
    dict of str to ndarray of shape (n, n_classes)
        Probabilities by model, and of the stack.
    """
    features = pd.concat(list(parts.values()), axis=1).to_numpy()
    said = {name: probabilities(part, classes) for name, part in parts.items()}
    return said | {STACK: final.predict_proba(features)}


def probabilities(part, classes):
    """Give one column a class, also where a two-class model was kept as a single column."""
    values = part.to_numpy()
    return values if values.shape[1] == len(classes) else np.hstack([1 - values, values])


def _format(table, said, classes):
    blocks = [
        pd.DataFrame(values, columns=name_columns(name, classes, len(classes)))
        for name, values in said.items()
    ]
    return pd.concat([table.reset_index(drop=True), *blocks], axis=1)
