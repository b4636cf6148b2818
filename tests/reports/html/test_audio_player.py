"""Players hold the clip; figures of a clip are small and have a text alternative."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from helpers.signals import sine

from stemstack.reports.html.audio_player import draw_clip, player


@pytest.mark.parametrize("sr", [8000, 22050, 44100])
def test_player_holds_the_clip(sr):
    samples = sine(440, seconds=2, sr=sr)
    html = player(samples, sr, 'a "clip" & <more>')
    assert 'aria-label="a &#34;clip&#34; &amp; &lt;more&gt;"' in html
    mp3 = base64.b64decode(re.search(r'src="data:audio/mpeg;base64,([^"]+)"', html)[1])
    decoded, rate = soundfile.read(io.BytesIO(mp3), dtype="float32")
    assert rate == sr and len(decoded) == len(samples)
    # MP3 at this size adds noise a tenth as loud as a lone tone; out of time they would not agree.
    assert np.corrcoef(decoded, samples)[0, 1] > 0.98
    assert len(mp3) < 8000 * 2


def test_samples_beyond_full_scale_are_clipped():
    loud = np.array([2.0, -2.0] * 4000, dtype=np.float32)
    assert player(loud, 8000, "loud") == player(np.sign(loud), 8000, "loud")


def test_figure_has_a_waveform_and_small_image():
    log_mel = np.random.default_rng(0).uniform(-80, 0, (64, 190))
    svg = draw_clip(
        np.zeros(4000, np.float32),
        log_mel,
        np.geomspace(50, 4000, 64),
        seconds=(2.0, 2.5),
        name="clip-0",
        alt="a clip",
    )
    assert svg.startswith('<svg role="img" aria-label="a clip"')
    image = base64.b64decode(re.search(r'href="data:image/png;base64,([^"]+)"', svg)[1])
    assert image.startswith(b"\x89PNG") and len(image) < 60_000
    # Frequencies above the highest band have no tick.
    assert ">2<" in svg and ">10<" not in svg
