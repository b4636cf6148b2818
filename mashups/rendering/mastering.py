"""Mastering: what is done to the sum of a mashup, and the codec it may have gone through.

Every lossy step ends on the 16-bit grid, so a mashup in memory equals the same mashup written to a
WAV file and read back.
"""

import io

import numpy as np
import soundfile

from ...audio.levels import INT16_MAX, db_to_amplitude
from .filters import low_pass
from .gain import normalise

_FORMATS = {"mp3": ("MP3", "MPEG_LAYER_III"), "ogg": ("OGG", "VORBIS")}
# libsndfile refuses a compression of exactly 1 for some codecs.
_MOST_COMPRESSION = 0.999


def master(mix, recipe):
    """Limit, normalise, overdrive, clip, encode and quantise a mix, as far as its recipe says so.

    Parameters
    ----------
    mix : ndarray of shape (n_samples,), float32
        Changed in place.
    recipe : Recipe

    Returns
    -------
    ndarray of shape (n_samples,), int16
    """
    if recipe.lowpass is not None:
        mix = low_pass(mix, recipe.sr, recipe.lowpass)
    mix = normalise(mix, recipe.normalize, recipe.level, recipe.sr)
    if recipe.overdrive:
        mix *= np.float32(db_to_amplitude(recipe.overdrive))
    if recipe.codec is not None:
        mix = apply_codec(np.clip(mix, -1, 1), recipe.sr, recipe.codec, recipe.codec_quality)
    return quantise(mix)


def quantise(clip):
    """Clip at full scale and round to 16 bits.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_samples,), int16
        From -32767 to 32767.
    """
    clip = np.clip(clip, -1, 1)
    clip *= np.float32(INT16_MAX)
    return np.rint(clip, out=clip).astype(np.int16)


def apply_codec(clip, sr, codec, quality):
    """Encode a clip with losses, and decode it.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : int
        Sample rate in Hz.
    codec : {"mp3", "ogg"}
    quality : float
        From 0 for the smallest file to 1 for the best sound; variable bit rate.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        In time with ``clip``; may pass full scale a little.

    Notes
    -----
    The same clip gives the same bytes with the same libsndfile. Other versions of it, or of the
    LAME, mpg123 or Vorbis libraries inside, may round differently.
    """
    format, subtype = _FORMATS[codec]
    compression = min(1 - quality, _MOST_COMPRESSION)
    file = io.BytesIO()
    options = {"format": format, "subtype": subtype, "compression_level": compression}
    soundfile.write(file, clip, sr, **options)
    file.seek(0)
    decoded = soundfile.read(file, dtype="float32")[0][: len(clip)]
    return np.pad(decoded, (0, len(clip) - len(decoded)))
