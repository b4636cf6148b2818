"""Extractor and the shared intermediate results of a clip."""

import pickle

import numpy as np
import pytest
from helpers.signals import sine

from stemstack.exceptions import UsageError
from stemstack.features import ClipDescriptors, Extractor


def test_shared_results_are_computed_once(clips):
    calls = []

    def count(clip):
        calls.append(clip)
        return len(calls)

    clip = ClipDescriptors(clips[0], 22050)
    assert [clip.compute(count), clip.compute(count)] == [1, 1]
    assert calls == [clip]


def test_intermediates_of_a_sine():
    clip = ClipDescriptors(sine(1000), 22050)
    assert clip.frame_rate == 22050 / 512
    # 1000 Hz is nearest to bin 93.
    assert clip.magnitude[:, 20].argmax() == round(1000 / clip.bin_width) == 93
    assert clip.log_mel[:, 20].argmax() == clip.mel[:, 20].argmax()
    np.testing.assert_array_equal(clip.power, clip.magnitude**2)


def test_equal_parameters_make_equal_extractors():
    one, two = (Extractor(families=f, statistics="mean") for f in ("rms|zcr", ["zcr", "rms"]))
    assert one == two and hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != Extractor(families="rms", statistics="mean")


@pytest.mark.parametrize("sr", [0, -1, True, "8000"])
def test_invalid_rate_raises(sr):
    with pytest.raises(UsageError, match="'sr' parameter must be a rate in Hz"):
        Extractor(sr)
