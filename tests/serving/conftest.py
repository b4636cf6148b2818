"""One small run of linear and tree models, shared by the tests."""

import pytest

from stemstack.runs import Config, fit_run
from stemstack.serving import ClipExplainer
from stemstack.utils.resources import Resources

# The tests do not depend on the number of families.
MODELS = ("lr(families=mfcc|tempo)", "lgbm(families=mfcc|tempo,n_estimators=20)")


@pytest.fixture(scope="session")
def served_run(stem_data, shared_cache, tmp_path_factory):
    """Return a run on the small data set; tests must not change it."""
    out = tmp_path_factory.mktemp("served") / "RUN"
    config = Config(str(stem_data), models=MODELS, folds=2, mashups_per_genre=6)
    fit_run(config, out, resources=Resources(shared_cache, n_jobs=1))
    return out


@pytest.fixture(scope="session")
def explainer(served_run, stem_data, shared_cache):
    """Return the explainer of the run, with training clips; tests must not change it."""
    explainer = ClipExplainer(served_run)
    explainer.load_training_clips(stem_data, resources=Resources(shared_cache))
    return explainer


@pytest.fixture(scope="session")
def song(stem_data):
    """Return a test clip of the class "blues"."""
    return stem_data / "mashups/song0001.wav"
