"""Standard families against librosa's, on extreme signals."""

import numpy as np
import pytest
from parity import TOLERANCES, UNDEFINED, differences
from reference import librosa_rows, reference_features
from signals import music_like, parity_signals

from stemstack.features import FAMILIES, Extractor
from stemstack.features.extractor import PRECISIONS

SIGNALS = parity_signals()


def _assert_within(found, signal):
    beyond = {
        name: value
        for name, value in found.items()
        if value > TOLERANCES[name] and (signal, name) not in UNDEFINED
    }
    assert not beyond


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("signal", SIGNALS)
def test_rows_equal_librosa(signal):
    _assert_within(differences(SIGNALS[signal], 22050), signal)


@pytest.mark.parametrize("sr", [8000, 12800, 16000, 44100, 48000])
def test_rows_equal_librosa_at_other_rates(sr):
    _assert_within(differences(music_like(sr, seconds=1.0), sr), "music")


def test_each_standard_family_has_a_tolerance():
    assert set(TOLERANCES) == {name for name, family in FAMILIES.items() if family.standard}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_features_are_statistics_of_librosa_rows(precision):
    clip = music_like(seconds=3.0)
    expected = reference_features(librosa_rows(clip, 22050))
    found = Extractor(precision=precision)(clip)
    # Float32 rows: their rounding is largest in skew and kurtosis of rows of few values. The "fast"
    # transform changes only the valleys of contrast, which are not compared for it.
    names = Extractor().names
    compared = [
        i for i, name in enumerate(names) if precision == "librosa" or "contrast" not in name
    ]
    np.testing.assert_allclose(found[compared], expected[compared], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("family", sorted(TOLERANCES))
def test_family_does_not_depend_on_other_families(family):
    clip = music_like(seconds=1.0)
    whole = dict(zip(Extractor().names, Extractor()(clip), strict=True))
    alone = Extractor(families=family)
    assert alone(clip).tolist() == [whole[name] for name in alone.names]
