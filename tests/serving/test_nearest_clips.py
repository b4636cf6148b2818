"""A training clip is nearest to itself; missing and changed data are refused."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import read_clip
from stemstack.exceptions import DataError
from stemstack.features import Extractor
from stemstack.serving import NearestClips
from stemstack.utils.resources import Resources


def test_training_mashup_is_nearest_to_itself(explainer):
    search = explainer.nearest_clips
    table = explainer.run.read_table("ledger/oof")
    path = search.sound(table["clip"][4])
    first, *others = explainer.explain(path).nearest
    assert (first.clip, first.label) == (table["clip"][4], table["label"][4])
    # atol: features are float32; mashups and the file have 16 bits.
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


def test_files_are_searched_by_content(noises, tmp_path):
    extractor = Extractor(8000, ("centroid", "rms", "zcr"))
    resources = Resources(tmp_path / "cache")
    search = NearestClips("abc", "xyz", [*map(str, noises)], extractor, resources)
    row = extractor(read_clip(noises[1], 8000))
    found = search.nearest(pd.DataFrame([row], columns=extractor.names), count=9)
    assert [found[0].clip, found[0].label, len(found)] == ["b", "y", 3]
    sound = search.sound("b")
    assert sound == search.sound("b")
    # atol: written and read back as 16 bits.
    np.testing.assert_allclose(read_clip(sound, 8000), read_clip(noises[1], 8000), atol=1e-4)


@pytest.fixture
def of_run(explainer, tmp_path):
    def make(data):
        return NearestClips.from_run(
            explainer.run, Extractor(), data=data, resources=Resources(tmp_path)
        )

    return make


def test_missing_data_raise(of_run, tmp_path):
    with pytest.raises(DataError, match="is not there: check the path of --data"):
        of_run(tmp_path / "gone")


def test_other_data_raise(of_run, tmp_path):
    with pytest.raises(DataError, match="is not a data set"):
        of_run(tmp_path)
