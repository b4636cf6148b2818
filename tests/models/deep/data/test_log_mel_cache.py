import numpy as np
import pytest

from stemstack.exceptions import AudioError
from stemstack.models.deep.data.log_mel import MelSettings
from stemstack.models.deep.data.log_mel_cache import load_log_mels

SETTINGS = MelSettings(n_mels=8)


class Tone:
    """A clip that counts how often it is loaded."""

    def __init__(self, frequency):
        self.frequency = frequency
        self.loaded = 0

    def load(self, sr):
        self.loaded += 1
        return np.sin(self.frequency * np.arange(4000) / sr).astype(np.float32)

    def key(self):
        return f"{self.frequency:032.6f}"


def test_a_cache_changes_no_picture_and_is_read_the_second_time(tmp_path):
    tone = Tone(900.0)
    plain = load_log_mels([tone], SETTINGS, device="cpu")
    first, second = (load_log_mels([tone], SETTINGS, device="cpu", cache=tmp_path) for _ in "ab")
    np.testing.assert_array_equal(plain[0], first[0])
    np.testing.assert_array_equal(plain[0], second[0])
    assert tone.loaded == 2


def test_other_settings_are_other_pictures(tmp_path):
    sizes = {
        load_log_mels([Tone(900.0)], MelSettings(n_mels=n), device="cpu", cache=tmp_path)[0].shape
        for n in (8, 16)
    }
    assert sizes == {(8, 8), (16, 8)}


def test_an_unreadable_clip_is_named():
    with pytest.raises(AudioError, match=r"absent\.wav: no such file"):
        load_log_mels(["absent.wav"], SETTINGS, device="cpu")
