"""Mastering: effects, low-pass, normalisation, overdrive, codec and quantisation of a mix.

Conventions: full scale is 1, and 0 dBFS is an RMS of 1. The result is on the 16-bit grid, so a
mashup in memory equals the same mashup written to a WAV file and read back.
"""

import io
import math

import lameenc
import numpy as np
import soundfile
import soxr

from ...audio.levels import INT16_MAX, db_to_amplitude, integrated_loudness
from ..tempo_sync import SILENCE_RMS
from .effects import apply_effects
from .kernels import rms

# libsndfile refuses a compression of exactly 1.
_MOST_COMPRESSION = 0.999
# Bits per sample of the worst and the best MP3, and how thorough LAME is: the least, which takes a
# sixth of the time of libsndfile's choice.
_MP3_BITS, _LAME_QUALITY = (1.0, 4.0), 7
# Samples that LAME and a decoder put before the first one, without a tag that says so.
_MP3_DELAY = 1105


def master(mix, recipe, impulses=()):
    """Apply the mastering of a recipe to its mix.

    Parameters
    ----------
    mix : ndarray of shape (n_samples,), float32
        May be modified in place.
    recipe : Recipe
    impulses : sequence of AudioSource, default=()
        The impulse responses of its effects, in order.

    Returns
    -------
    ndarray of shape (n_samples,), int16
    """
    mix = apply_effects(mix, recipe.sr, recipe.effects, impulses)
    if recipe.lowpass is not None:
        mix = low_pass(mix, recipe.sr, recipe.lowpass)
    mix = normalise(mix, recipe.normalize, recipe.level, recipe.sr)
    if recipe.overdrive:
        mix *= np.float32(db_to_amplitude(recipe.overdrive))
    if recipe.codec is not None:
        mix = apply_codec(np.clip(mix, -1, 1), recipe.sr, recipe.codec, recipe.codec_quality)
    return quantise(mix)


def normalise(clip, how, level, sr):
    """Normalise a clip to a level.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
        Modified in place.
    how : {"peak", "rms", "lufs", "none"}
    level : float
        Largest absolute sample for ``"peak"``, dBFS for ``"rms"``, LUFS for ``"lufs"``.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        ``clip``; unchanged if it is silent.
    """
    if how != "none":
        clip *= np.float32(_gain(clip, how, level, sr))
    return clip


def _gain(clip, how, level, sr):
    if how == "peak":
        peak = max(clip.max(), -clip.min())
        return np.float32(level) / peak if peak >= SILENCE_RMS else 1
    if how == "rms":
        current = rms(clip)
        return db_to_amplitude(level) / current if current >= SILENCE_RMS else 1
    current = integrated_loudness(clip.astype(np.float64), sr)
    return db_to_amplitude(level - current) if math.isfinite(current) else 1


def low_pass(clip, sr, cutoff):
    """Remove frequencies above a cutoff by resampling to twice the cutoff and back.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    cutoff : float
        In Hz. The response falls from about 0.9 times the cutoff on.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        The clip itself if the cutoff is at least half of ``sr``.
    """
    if 2 * cutoff >= sr:
        return clip
    filtered = soxr.resample(soxr.resample(clip, sr, 2 * cutoff), 2 * cutoff, sr)[: len(clip)]
    return np.pad(filtered, (0, len(clip) - len(filtered)))


def quantise(clip):
    """Clip samples at full scale and round them to 16 bits.

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
    """Encode a clip by a lossy codec, and decode it.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : int
        Sample rate in Hz.
    codec : {"mp3", "ogg"}
    quality : float
        From 0 for the smallest file to 1 for the best sound. MP3 has a constant bit rate, next to
        1 to 4 bits per sample; that of Vorbis is variable.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        Aligned with ``clip``; may exceed full scale slightly.

    Notes
    -----
    The result may differ in rounding between versions of LAME, and of libsndfile and the mpg123
    and Vorbis libraries that it uses.
    """
    encode, delay = (_encode_mp3, _MP3_DELAY) if codec == "mp3" else (_encode_ogg, 0)
    file = io.BytesIO(encode(clip, sr, quality))
    decoded = soundfile.read(file, dtype="float32")[0][delay : delay + len(clip)]
    return np.pad(decoded, (0, len(clip) - len(decoded)))


def _encode_mp3(clip, sr, quality):
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(sr)
    # By itself LAME would encode a low bit rate at a lower rate.
    encoder.set_out_sample_rate(sr)
    least, most = _MP3_BITS
    encoder.set_bit_rate(round(sr * (least + (most - least) * quality) / 1000))
    encoder.set_quality(_LAME_QUALITY)
    samples = quantise(clip).astype("<i2").tobytes()
    return bytes(encoder.encode(samples) + encoder.flush())


def _encode_ogg(clip, sr, quality):
    file = io.BytesIO()
    compression = min(1 - quality, _MOST_COMPRESSION)
    options = {"format": "OGG", "subtype": "VORBIS", "compression_level": compression}
    soundfile.write(file, clip, sr, **options)
    return file.getvalue()
