"""A run written before the packages were rearranged loads and predicts what it predicted then."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stemstack.models import load_model
from stemstack.runs import Run, predict_run
from stemstack.utils.resources import Resources

# scikit-learn reads the models of older versions, not those of newer ones.
pytest.importorskip("sklearn", minversion="1.9", reason="the run was written by scikit-learn 1.9")

ARCHIVE = Path(__file__).parents[1] / "data" / "run_0_1_0.zip"

# A model file names the scikit-learn version that wrote it, which may differ from the one here.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")


@pytest.fixture(scope="module")
def old_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old") / "RUN"
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return Run(folder)


def test_old_run_predicts_the_same(old_run, make_stem_data, tmp_path):
    data = make_stem_data(tmp_path / "DATA", songs=4, seconds=2.0)
    files = pd.read_csv(data / "test.csv", dtype=str)["filename"]
    clips = [str(data / name) for name in files]
    labels, proba = predict_run(old_run, clips, resources=Resources(tmp_path / "cache"))
    then = pd.read_parquet(old_run.path / "ledger/test.parquet")
    expected = then[[f"stack__{label}" for label in proba]]
    # The arithmetic of a network differs between kinds of CPU.
    np.testing.assert_allclose(proba, expected, atol=1e-3, rtol=0)
    assert list(labels) == list(pd.read_csv(old_run.path / "submission.csv")["genre"])


@pytest.mark.parametrize("blend", ["greedy", "nnls", "mean"])
def test_old_blend_loads(old_run, blend):
    model = load_model(old_run.path / "blends" / blend)
    probabilities = np.full((2, 4 * 3), 1 / 3)
    np.testing.assert_allclose(model.predict_proba(probabilities), 1 / 3)
