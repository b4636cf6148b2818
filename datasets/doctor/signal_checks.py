"""Checks of the samples: NaN, silence, clipping, scale, offset, channels that cancel."""

from ...audio.levels import amplitude_to_db, db_to_amplitude
from .finding import Finding, find_files

# In seconds. A warning only: of the competition's 4000 stems 814 rest that long.
LONG_SILENCE = 5.0
# Noise clips are short, and padded with silence by their makers (ESC-50 to 5 s).
_MUSIC = ("stem", "clip", "test")
# RMS below the -70 LUFS gate of BS.1770: no loudness can be had, only noise can be raised.
FAINT_RMS = db_to_amplitude(-70)
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
        f"lose {-amplitude_to_db(CANCELLED_SHARE):.0f} dB or more when their channels are averaged",
        "one channel is inverted: turn it over, or keep one channel only",
    )


def _find_by_use(files, bad, check, what, mend):
    """Warn of training music; in test and noise clips, which come as they are, tell a fact."""
    music = files["role"].isin(("stem", "clip"))
    yield from find_files(files, bad & music, "warning", check, what, mend)
    mend = "nothing to mend: what counts is that training clips are like the test's"
    yield from find_files(files, bad & ~music, "info", check, what, mend)


# A model tells two classes of equal sound apart by 10 LU, twice as loud, on level alone.
LOUDNESS_APART = 10.0


def loudness_table(files):
    """Tabulate the median loudness of each genre and stem.

    Parameters
    ----------
    files : DataFrame
        Measured files.

    Returns
    -------
    DataFrame of shape (n_genres, n_stems + 1), or of shape (n_genres, 1) for clips
        In LUFS; column ``sum`` is the plain sum of a song's stems. NaN where all is silent.
    """
    known = files[files["genre"].notna()]
    column = known["stem"].where(known["stem"].notna(), known["role"])
    order = list(dict.fromkeys(column[column != "sum"])) + ["sum"] * bool((column == "sum").any())
    table = known.assign(column=column).pivot_table(
        index="genre", columns="column", values="lufs", aggfunc="median", dropna=False
    )
    return table.reindex(columns=order).rename_axis(columns=None)


def check_loudness(files):
    """Tell how far the genres' loudness lies apart.

    Yields
    ------
    Finding
        A fact: music differs so. Songs are levelled by ``mash``; clips are used as they are.
    """
    whole = files[files["role"].isin(("sum", "clip"))]
    medians = whole.groupby("genre")["lufs"].median().dropna()
    if len(medians) < 2:
        return
    quiet, loud = medians.idxmin(), medians.idxmax()
    apart = medians[loud] - medians[quiet]
    told = "level alone tells them apart" if apart >= LOUDNESS_APART else "close enough"
    yield Finding(
        "info",
        "loudness",
        f"{len(medians)} genres",
        f"{quiet} is the quietest ({medians[quiet]:.1f} LUFS), {loud} the loudest "
        f"({medians[loud]:.1f}), {apart:.1f} LU apart: {told}",
        "train on clips brought to one level, as mash does (normalize: peak)"
        if apart >= LOUDNESS_APART
        else "",
    )


# Within 0.1 dB of full scale: normalised to its peak (or clipped).
NEAR_FULL_SCALE = db_to_amplitude(-0.1)


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
    decibels = amplitude_to_db(files["peak"]).round(1) + 0.0
    full = (files["peak"] >= NEAR_FULL_SCALE).mean()
    return f"{decibels.median():.1f} dBFS ({full:.0%} reach full scale)"


def _rms(files):
    decibels = amplitude_to_db(files["rms"])
    crest = amplitude_to_db(files["peak"] / files["rms"])
    spread = decibels.std(ddof=0)
    return f"{decibels.mean():.1f} ± {spread:.1f} dBFS, {crest.mean():.1f} dB below the peak"


_ASPECTS = (
    ("rate", _rate, "nothing to do: both are read at 22,050 Hz"),
    ("length", _length, "draw training clips as long as the test's (setting durations)"),
    ("peak", _peak, "normalise as the test does (settings normalize and peak)"),
    ("RMS", _rms, "normalise first; what stays different below the peak is gains, tempo and noise"),
)
