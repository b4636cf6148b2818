"""How the test clips differ from what the training data are as they stand.

For songs that is the plain sum of their stems, what a mashup would be without tempo, gains, noise
and normalisation; for clips it is the clips. Each difference is a fact, and the mend names the
setting that brings training clips nearer.
"""

import numpy as np

from .finding import Finding

# Within 0.1 dB of full scale: normalised to its peak (or clipped).
NEAR_FULL_SCALE = 10 ** (-0.1 / 20)


def compare_test(files):
    """Tell how test clips differ from sums of stems in rate, length, peak and RMS.

    Yields
    ------
    Finding
        Facts, four of them; none when either side has no usable audio.
    """
    known = files[files["peak"] > 0]
    test, sums = known[known["role"] == "test"], known[known["role"].isin(("sum", "clip"))]
    if test.empty or sums.empty:
        return
    ours = "sums of stems" if (sums["role"] == "sum").any() else "training clips"
    where = f"{len(test)} test clips, {len(sums)} {ours}"
    for what, describe, mend in _ASPECTS:
        found = f"{what}: test {describe(test)}; {ours} {describe(sums)}"
        yield Finding("info", "test vs training", where, found, mend)


def _rate(files):
    rates = files["sr"].value_counts()
    return ", ".join(f"{rate:.0f} Hz ({count / len(files):.0%})" for rate, count in rates.items())


def _length(files):
    low, middle, high = files["seconds"].quantile([0.05, 0.5, 0.95])
    return f"{middle:.1f} s (5 to 95 %: {low:.1f} to {high:.1f})"


def _peak(files):
    # Adding zero turns -0.0, which reads badly, into 0.0.
    decibels = (20 * np.log10(files["peak"])).round(1) + 0.0
    full = (files["peak"] >= NEAR_FULL_SCALE).mean()
    return f"{decibels.median():.1f} dBFS ({full:.0%} reach full scale)"


def _rms(files):
    decibels = 20 * np.log10(files["rms"])
    crest = 20 * np.log10(files["peak"] / files["rms"])
    spread = decibels.std(ddof=0)
    return f"{decibels.mean():.1f} ± {spread:.1f} dBFS, {crest.mean():.1f} dB below the peak"


_ASPECTS = (
    ("rate", _rate, "nothing to do: both are read at 22,050 Hz"),
    ("length", _length, "draw training clips as long as the test's (setting durations)"),
    ("peak", _peak, "normalise as the test does (settings normalize and peak)"),
    ("RMS", _rms, "normalise first; what stays different below the peak is gains, tempo and noise"),
)
