"""Checks of the samples: NaN, silence, clipping, scale, offset, channels that cancel."""

import numpy as np

from .finding import find_files

# In seconds. A warning only: of the competition's 4000 stems 814 rest that long.
LONG_SILENCE = 5.0
# Noise clips are short, and padded with silence by their makers (ESC-50 to 5 s).
_MUSIC = ("stem", "clip", "test")
# RMS below the -70 LUFS gate of BS.1770: no loudness can be had, only noise can be raised.
FAINT_RMS = 10 ** (-70 / 20)
# One sample in a thousand: single clipped beats stay below, a track driven into the ceiling not.
CLIPPED_SHARE = 1e-3
# Lossy decoders overshoot by some per cent; twice full scale is another scale.
BEYOND_SCALE = 2.0
# A tenth of the RMS: where a passage is 20 dB below the mean it no longer crosses zero...
OFFSET_SHARE = 0.1
# ... and an offset below -60 dBFS is less than what converters leave.
OFFSET = 1e-3
# The mono mix 20 dB below its loudest channel: uncorrelated channels lose but 3 to 6 dB.
CANCELLED_SHARE = 0.1


def check_nan(files):
    """Find files that hold NaN or infinite samples.

    Yields
    ------
    Finding
    """
    yield from find_files(
        files,
        files["nan"] > 0,
        "error",
        "NaN",
        "hold NaN or infinite samples",
        "render or convert them again; no model can take them",
    )


def check_silence(files):
    """Find digital silence, files too faint to have a loudness, and long rests.

    Yields
    ------
    Finding
    """
    digital = files["peak"] == 0
    faint = ~digital & (files["rms"] < FAINT_RMS)
    rest = ~digital & ~faint & files["role"].isin(_MUSIC) & (files["silence"] >= LONG_SILENCE)
    yield from find_files(
        files,
        digital,
        "warning",
        "digital silence",
        "are digital zero from end to end",
        "right where the instrument is not played, else export again; never scale by own level",
    )
    yield from find_files(
        files,
        faint,
        "warning",
        "faint",
        "stay below -70 dBFS RMS, where only noise is left",
        "treat them as silent: scaled to a common level they become amplified noise",
    )
    yield from find_files(
        files,
        rest,
        "warning",
        "long silence",
        f"are silent for {LONG_SILENCE:g} s or more on end",
        "nothing to mend where the music rests; a genre or stem that stands out is worth a listen",
    )


def check_clipping(files):
    """Find files driven into the ceiling, and floats beyond any scale.

    Yields
    ------
    Finding
    """
    yield from _find_by_use(
        files,
        files["clipped"] > CLIPPED_SHARE,
        "clipping",
        f"have more than {CLIPPED_SHARE:.1%} of their samples in flat tops at full scale",
        "export them again with headroom; lowering a clipped file does not mend it",
    )
    yield from find_files(
        files,
        files["peak"] > BEYOND_SCALE,
        "warning",
        "scale",
        f"reach beyond {BEYOND_SCALE:g} times full scale",
        "divide them by their writer's full scale (32768 for 16-bit numbers) and write them again",
    )


def check_offset(files):
    """Find files whose mean is not zero.

    Yields
    ------
    Finding
    """
    offset = files["dc"].abs()
    yield from _find_by_use(
        files,
        (offset > OFFSET) & (offset > OFFSET_SHARE * files["rms"]),
        "DC offset",
        f"have an offset above {OFFSET_SHARE:.0%} of their RMS",
        "subtract the mean (or high-pass at 20 Hz); zero crossings and RMS are wrong until then",
    )


def check_cancelling(files):
    """Find files whose channels cancel when averaged to mono.

    Yields
    ------
    Finding
    """
    heard = files["channel_rms"] > FAINT_RMS
    yield from find_files(
        files,
        heard & (files["rms"] < CANCELLED_SHARE * files["channel_rms"]),
        "warning",
        "channels",
        f"lose {-20 * np.log10(CANCELLED_SHARE):.0f} dB or more when their channels are averaged",
        "one channel is inverted: turn it over, or keep one channel only",
    )


def _find_by_use(files, bad, check, what, mend):
    """Warn of training music; in test and noise clips, which come as they are, tell a fact."""
    music = files["role"].isin(("stem", "clip"))
    yield from find_files(files, bad & music, "warning", check, what, mend)
    mend = "nothing to mend: what counts is that training clips are like the test's"
    yield from find_files(files, bad & ~music, "info", check, what, mend)
