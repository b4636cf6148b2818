"""Features of several models, computed in one pass over the clips."""

import numpy as np
import pytest

from stemstack.features import Extractor, FeatureStore
from stemstack.features.patches import PatchExtractor
from stemstack.models import make_baseline, make_codebook, make_lgbm, make_lr
from stemstack.runs.fitting.feature_cache import compute_features, widest
from stemstack.utils.progress import NullProgress
from stemstack.utils.resources import Resources


class _CountedClip:
    """Clip that counts how often any was loaded, by sample rate."""

    loaded = None

    def __init__(self, number):
        self.number = number

    def key(self):
        return f"{self.number:032x}"

    def load(self, sr):
        self.loaded.append(sr)
        return np.full(600, self.number / 9, np.float32)


@pytest.fixture
def clips(monkeypatch):
    monkeypatch.setattr(_CountedClip, "loaded", [])
    return [_CountedClip(number) for number in range(5)]


def _missing(clips, extractor, cache):
    return len(FeatureStore(cache / "features").missing([c.key() for c in clips], extractor))


def test_clips_are_loaded_once_for_all_models(clips, tmp_path):
    models = {"baseline": make_baseline(), "lr": make_lr(), "codebook": make_codebook()}
    compute_features(models, clips, resources=Resources(tmp_path))
    assert _CountedClip.loaded == [22050] * 5
    for extractor in (*(model[0].extractor_ for model in models.values()), PatchExtractor()):
        assert _missing(clips, extractor, tmp_path) == 0


def test_rates_are_loaded_one_by_one(clips, tmp_path):
    models = {"lr": make_lr(sr=8000), "codebook": make_codebook()}
    compute_features(models, clips, resources=Resources(tmp_path))
    assert _CountedClip.loaded == [8000] * 5 + [22050] * 5


def test_other_models_are_computed_by_the_way(clips, tmp_path):
    others = [make_codebook(), make_lr(sr=8000)]
    compute_features({"lr": make_lr()}, clips, others=others, resources=Resources(tmp_path))
    assert _missing(clips, PatchExtractor(), tmp_path) == 0
    # Another sample rate would need another pass.
    assert _missing(clips, others[1][0].extractor_, tmp_path) == 5


def test_only_missing_rows_are_computed(clips, tmp_path, monkeypatch):
    compute_features({"lr": make_lr()}, clips[:3], resources=Resources(tmp_path))
    described = []
    original = Extractor.__call__
    monkeypatch.setattr(
        Extractor, "__call__", lambda self, y: described.append(y[0]) or original(self, y)
    )
    models = {"lr": make_lr(), "codebook": make_codebook()}
    compute_features(models, clips, resources=Resources(tmp_path))
    np.testing.assert_allclose(described, [3 / 9, 4 / 9])
    assert len(_CountedClip.loaded) == 3 + 5
    assert _missing(clips, PatchExtractor(), tmp_path) == 0


class _Stages(NullProgress):
    def __init__(self):
        self.names = []

    def stage(self, name, total=None):
        self.names.append((name, total))
        return super().stage(name, total)


def test_stages_are_named_by_model(clips, tmp_path):
    progress = _Stages()
    models = {"net": object(), "lr": make_lr(), "codebook": make_codebook()}
    compute_features(models, clips, resources=Resources(tmp_path, progress=progress))
    assert progress.names == [("features for lr", 5), ("features for codebook", 5)]


def test_narrow_extractors_are_served_by_wider_ones():
    tempo, every = Extractor(families="tempo"), Extractor(families="all")
    other = Extractor(families="tempo", sr=8000)
    assert widest([tempo, every, other, make_lgbm()[0].extractor_]) == [every, other]
