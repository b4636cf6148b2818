import numpy as np
import pytest

from stemstack.errors import AudioError
from stemstack.models.deep.logmel import MelSettings
from stemstack.models.deep.pictures import PictureSource, load_pictures

SETTINGS = MelSettings(n_mels=8)


class Tone:
    """A clip that can be drawn anew, as a mashup can."""

    def __init__(self, frequency):
        self.frequency = frequency
        self.loaded = 0

    def load(self, sr):
        self.loaded += 1
        return np.sin(self.frequency * np.arange(4000) / sr).astype(np.float32)

    def key(self):
        return f"{self.frequency:032.6f}"

    def redraw(self, rng):
        return Tone(rng.uniform(100, 9000))


def test_a_cache_changes_no_picture_and_is_read_the_second_time(tmp_path):
    tone = Tone(900.0)
    plain = load_pictures([tone], SETTINGS, device="cpu")
    first, second = (load_pictures([tone], SETTINGS, device="cpu", cache=tmp_path) for _ in "ab")
    np.testing.assert_array_equal(plain[0], first[0])
    np.testing.assert_array_equal(plain[0], second[0])
    assert tone.loaded == 2


def test_other_settings_are_other_pictures(tmp_path):
    sizes = {
        load_pictures([Tone(900.0)], MelSettings(n_mels=n), device="cpu", cache=tmp_path)[0].shape
        for n in (8, 16)
    }
    assert sizes == {(8, 8), (16, 8)}


def test_an_unreadable_clip_is_named():
    with pytest.raises(AudioError, match=r"absent\.wav: no such file"):
        load_pictures(["absent.wav"], SETTINGS, device="cpu")


def test_without_remix_every_epoch_has_the_same_pictures():
    source = PictureSource([Tone(900.0)], SETTINGS, device="cpu")
    assert source(0) is source(1)


def test_remix_redraws_after_the_first_epoch_what_can_be_redrawn():
    waveform = Tone(500.0).load(22050)
    epochs = []
    for _ in range(2):
        source = PictureSource(
            [Tone(900.0), waveform], SETTINGS, device="cpu", rng=np.random.default_rng(0)
        )
        epochs.append([source(epoch) for epoch in range(3)])
    original, second, third = epochs[0]
    assert not np.array_equal(original[0], second[0])
    assert not np.array_equal(second[0], third[0])
    np.testing.assert_array_equal(original[1], third[1])
    np.testing.assert_array_equal(epochs[0][2][0], epochs[1][2][0], "the same by seed")
