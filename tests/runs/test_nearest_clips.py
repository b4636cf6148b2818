"""Nearest training clips are found by content, among those that may be searched."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import read_clip
from stemstack.features import Extractor
from stemstack.runs.nearest_clips import NearestClips
from stemstack.utils.resources import Resources


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
    assert search.clip("b") == str(noises[1])
    searched = np.array([True, False, True])
    others = search.nearest(pd.DataFrame([row], columns=extractor.names), eligible=searched)
    assert [one.clip for one in others] == [one.clip for one in found if one.clip != "b"]
