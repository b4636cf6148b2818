"""Audio clips in HTML pages: player, waveform and log-mel spectrogram."""

import base64
import io

import numpy as np
import soundfile

from .blocks import audio
from .figures import MAIN, draw_svg

# About 40 kbit/s at 22,050 Hz; every browser plays it.
_ENCODING = {
    "format": "MP3",
    "subtype": "MPEG_LAYER_III",
    "bitrate_mode": "VARIABLE",
    "compression_level": 0.9,
}
_COLUMNS = 300
_FREQUENCIES = (200, 500, 1000, 2000, 5000, 10000)


def player(samples, sr, label):
    """Render a clip as an ``<audio>`` element with embedded sound.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : int
        Sample rate in Hz, one that MP3 supports: 8,000 to 48,000.
    label : str
        Text alternative.

    Returns
    -------
    Markup
        HTML, about 7 kB per second.
    """
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), sr, **_ENCODING)
    return audio(base64.b64encode(file.getvalue()).decode(), label)


def draw_clip(samples, log_mel, bands, *, seconds, name, alt):
    """Draw the waveform of a clip over its log-mel spectrogram.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
    log_mel : ndarray of shape (n_mels, n_frames)
        In dB.
    bands : ndarray of shape (n_mels,)
        Centre frequencies of the bands in Hz.
    seconds : (float, float)
        Start and end of the excerpt within its clip, in s.
    name : str
        Unique name of the figure within the page.
    alt : str
        Text alternative.

    Returns
    -------
    str
        An ``<svg>`` element.
    """

    def draw(axes):
        _draw_wave(axes[0], samples, seconds)
        _draw_log_mel(axes[1], log_mel, bands, seconds)

    shape = {"nrows": 2, "sharex": True, "height_ratios": (1, 2)}
    return draw_svg(draw, name=name, alt=alt, height=2.4, **shape)


def _draw_wave(axes, samples, seconds):
    """Draw the minimum and maximum of a few hundred blocks of samples."""
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(int)[:-1]
    times = np.linspace(*seconds, len(edges))
    low, high = (extreme.reduceat(samples, edges) for extreme in (np.minimum, np.maximum))
    axes.fill_between(times, low, high, color=MAIN, linewidth=0.5)
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, 0, 1])


def _draw_log_mel(axes, log_mel, bands, seconds):
    # Lightness rises evenly with the level in this colour map.
    axes.imshow(
        log_mel,
        origin="lower",
        aspect="auto",
        extent=(*seconds, 0, len(bands)),
        cmap="magma",
        interpolation="none",
    )
    ticks = [hertz for hertz in _FREQUENCIES if hertz <= bands[-1]]
    axes.set_yticks(np.interp(ticks, bands, np.arange(len(bands)) + 0.5))
    axes.set_yticklabels([f"{hertz / 1000:g}" for hertz in ticks])
    axes.set_ylabel("kHz")
    axes.set_xlabel("seconds")
