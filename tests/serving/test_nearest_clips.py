"""Nearest training clips: a training clip's nearest is itself."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import read_clip
from stemstack.exceptions import DataError
from stemstack.features import Extractor
from stemstack.serving import NearestClips


def test_a_training_mashup_is_nearest_to_itself(explainer):
    near = explainer.neighbourhood
    table = explainer.run.read_table("ledger/oof")
    path = near.sound(table["clip"][4])
    first, *others = explainer.explain(path).neighbours
    assert (first.clip, first.label) == (table["clip"][4], table["label"][4])
    # atol: features are float32, and mashups lie on the 16-bit grid as the file does.
    assert first.distance == pytest.approx(0, abs=1e-5)
    distances = [first.distance, *(other.distance for other in others)]
    assert distances == sorted(distances) and len(distances) == 4


@pytest.fixture
def noises(tmp_path):
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for i, path in enumerate(paths):
        soundfile.write(path, rng.standard_normal(8000) * 0.1 * (i + 1), 8000)
    return paths


def test_files_are_compared_as_they_are(noises, tmp_path):
    extractor = Extractor(8000, ("centroid", "rms", "zcr"))
    near = NearestClips("abc", "xyz", [*map(str, noises)], extractor, cache=tmp_path / "cache")
    row = extractor(read_clip(noises[1], 8000))
    found = near.nearest(pd.DataFrame([row], columns=extractor.names), count=9)
    assert [found[0].clip, found[0].label, len(found)] == ["b", "y", 3]
    sound = near.sound("b")
    assert sound == near.sound("b")
    # atol: written and read back as 16 bits.
    np.testing.assert_allclose(read_clip(sound, 8000), read_clip(noises[1], 8000), atol=1e-4)


@pytest.fixture
def of_run(explainer, tmp_path):
    def make(data):
        return NearestClips.from_run(explainer.run, Extractor(), data=data, cache=tmp_path)

    return make


def test_data_that_are_gone_are_said_to_be(of_run, tmp_path):
    with pytest.raises(DataError, match="the training data are not there; say where by --data"):
        of_run(tmp_path / "gone")


def test_other_data_are_refused(of_run, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        of_run(tmp_path)
