"""Finished runs written from tables, without a fit."""

import numpy as np
import pandas as pd
import pytest

from stemstack.runs import Config, Run
from stemstack.runs.predictions import METHOD
from stemstack.stacking import score_classes
from stemstack.stacking.out_of_fold import name_columns, to_labels

# Options of a fit that takes a second.
SMALL_FIT = ("--folds", "2", "--mashups-per-genre", "8", "--quiet")


@pytest.fixture
def make_run(tmp_path):
    """Return a function that writes a finished run from predictions, without models."""

    def make(data, clips, labels, proba, *, test_ids=(), test_proba=None, folds=None, **options):
        """``proba`` and ``test_proba``: probabilities of shape (n_clips, n_classes) by model."""
        classes, run = sorted(set(labels)), Run(tmp_path / "RUN")
        models = [name for name in proba if name != "stack"]
        config = Config(str(data), models=models, folds=2, **options)
        config.write(run.config_path, {name: {} for name in models})
        folds = [i % 2 for i in range(len(clips))] if folds is None else folds
        table = pd.DataFrame({"clip": list(map(str, clips)), "label": labels, "fold": folds})
        run.write_table("ledger/oof", pd.concat([table, *_blocks(proba, classes)], axis=1))
        if test_proba is not None:
            table = pd.DataFrame({"id": list(map(str, test_ids))})
            run.write_table(
                "ledger/test", pd.concat([table, *_blocks(test_proba, classes)], axis=1)
            )
        y_pred = {
            m: to_labels(p, np.array(classes, dtype=object), METHOD) for m, p in proba.items()
        }
        scores = {model: score_classes(labels, y, classes) for model, y in y_pred.items()}
        run.write_metrics({"classes": classes, "out_of_fold": scores, "left_out": []})
        return run

    return make


def _blocks(proba, classes):
    return [
        pd.DataFrame(values, columns=name_columns(name, classes, len(classes)))
        for name, values in proba.items()
    ]
