"""One small run of linear and tree models that the tests of the page look at."""

import pytest

from stemstack.runs import Config, fit_run
from stemstack.serving import ClipExplainer
from stemstack.utils.resources import Resources

# Few families: what is tested does not depend on how many there are.
MODELS = ("lr(families=mfcc|tempo)", "lgbm(families=mfcc|tempo,n_estimators=20)")


@pytest.fixture(scope="session")
def served_run(stem_data, shared_cache, tmp_path_factory):
    """The main job on the small data set; not to be changed by a test."""
    out = tmp_path_factory.mktemp("served") / "RUN"
    config = Config(str(stem_data), models=MODELS, folds=2, mashups_per_genre=6)
    fit_run(config, out, resources=Resources(shared_cache, n_jobs=1))
    return out


@pytest.fixture(scope="session")
def explainer(served_run, stem_data, shared_cache):
    """The run's explainer, with its training clips; not to be changed by a test."""
    explainer = ClipExplainer(served_run)
    explainer.load_training_clips(stem_data, cache=shared_cache)
    return explainer


@pytest.fixture(scope="session")
def song(stem_data):
    """A test clip of the class "blues"."""
    return stem_data / "mashups/song0001.wav"
