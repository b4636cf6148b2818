"""Checks of the samples: NaN, silence, clipping, scale, offset, cancelling channels, loudness."""

from ...audio.levels import amplitude_to_db, db_to_amplitude
from ..label_sets import explode_labels
from .finding import Finding, findings_by_role

# In seconds. A warning only: 814 of the competition's 4000 stems have such a rest.
LONG_SILENCE = 5.0
# Noise clips are short and padded with silence (ESC-50 to 5 s), so their rests are not checked.
_MUSIC = ("stem", "clip", "test")
# RMS at the -70 LUFS gate of BS.1770: below it there is no loudness to normalise.
FAINT_RMS = db_to_amplitude(-70)
# One sample in a thousand: single clipped beats stay below, a heavily limited track does not.
CLIPPED_SHARE = 1e-3
# Lossy decoders overshoot by some per cent; twice full scale means another scale.
MAX_PEAK = 2.0
# A tenth of the RMS: passages 20 dB below the mean level then no longer cross zero.
OFFSET_SHARE = 0.1
# -60 dBFS: converters leave smaller offsets than that.
MIN_OFFSET = 1e-3
# The mono mix is 20 dB below its loudest channel: uncorrelated channels lose only 3 to 6 dB.
CANCELLED_SHARE = 0.1
# In LU, about twice as loud: a model could separate two classes by level alone.
LOUDNESS_DIFFERENCE = 10.0
# Within 0.1 dB of full scale: normalised by peak (or clipped).
NEAR_FULL_SCALE = db_to_amplitude(-0.1)


def check_nan(data):
    """Find files with NaN or infinite samples.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    yield from findings_by_role(
        data.files,
        data.files["nan"] > 0,
        "error",
        "NaN",
        "have NaN or infinite samples",
        "render or convert them again; no model accepts such samples",
    )


def check_silence(data):
    """Find digital silence, files too faint to have a loudness, and long rests.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    files = data.files
    digital = files["peak"] == 0
    faint = ~digital & (files["rms"] < FAINT_RMS)
    rest = ~digital & ~faint & files["role"].isin(_MUSIC) & (files["silence"] >= LONG_SILENCE)
    for is_bad, check, problem, fix in (
        (
            digital,
            "digital silence",
            "are digital zero from start to end",
            "correct where the instrument does not play, otherwise export again; never normalise "
            "such a file by its own level",
        ),
        (
            faint,
            "faint",
            "stay below -70 dBFS RMS, where only noise is left",
            "treat them as silent: normalised to a common level they become amplified noise",
        ),
        (
            rest,
            "long silence",
            f"are silent for {LONG_SILENCE:g} s or more without a break",
            "nothing to fix where the music rests; listen to a genre or stem that stands out",
        ),
    ):
        yield from findings_by_role(files, is_bad, "warning", check, problem, fix)


def check_clipping(data):
    """Find files with clipped samples, and floats far beyond full scale.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    files = data.files
    yield from _find_by_use(
        files,
        files["clipped"] > CLIPPED_SHARE,
        "clipping",
        f"have more than {CLIPPED_SHARE:.1%} of their samples in flat tops at full scale",
        "export them again with headroom; lowering the level of a clipped file does not help",
    )
    yield from findings_by_role(
        files,
        files["peak"] > MAX_PEAK,
        "warning",
        "scale",
        f"exceed {MAX_PEAK:g} times full scale",
        "divide them by the full scale they were written with (32768 for 16-bit numbers) and write "
        "them again",
    )


def check_offset(data):
    """Find files whose mean is not zero.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    offset = data.files["dc"].abs()
    yield from _find_by_use(
        data.files,
        (offset > MIN_OFFSET) & (offset > OFFSET_SHARE * data.files["rms"]),
        "DC offset",
        f"have an offset above {OFFSET_SHARE:.0%} of their RMS",
        "subtract the mean (or high-pass at 20 Hz); zero crossings and RMS are wrong until then",
    )


def check_cancelling(data):
    """Find files whose channels cancel when averaged to mono.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    files = data.files
    audible = files["channel_rms"] > FAINT_RMS
    yield from findings_by_role(
        files,
        audible & (files["rms"] < CANCELLED_SHARE * files["channel_rms"]),
        "warning",
        "channels",
        f"lose {-amplitude_to_db(CANCELLED_SHARE):.0f} dB or more when their channels are averaged",
        "one channel is inverted: invert it back, or keep one channel only",
    )


def _find_by_use(files, is_bad, check, problem, fix):
    """Warn about training music; report test and noise clips, which cannot be changed, as infos."""
    is_training = files["role"].isin(("stem", "clip"))
    yield from findings_by_role(files, is_bad & is_training, "warning", check, problem, fix)
    fix = "nothing to fix: what matters is that training clips resemble test clips"
    yield from findings_by_role(files, is_bad & ~is_training, "info", check, problem, fix)


def loudness_table(files, label_separator=None):
    """Compute the median loudness of each genre and stem.

    Parameters
    ----------
    files : DataFrame
        Measured files: attribute ``files`` of a :class:`DoctorReport`, of which the columns
        ``genre, stem, role, lufs`` are used.
    label_separator : str, optional
        What separates the labels of a clip, which counts for each of them.

    Returns
    -------
    DataFrame of shape (n_genres, n_stems + 1), or of shape (n_genres, 1) for clips
        In LUFS; column ``sum`` is the plain sum of a song's stems. NaN where all files are silent.

    See Also
    --------
    check_dataset : Measures the files.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.datasets.doctor import loudness_table
    >>> files = pd.DataFrame({"genre": ["jazz", "rock", "rock"], "lufs": [-20.0, -14.0, -16.0]})
    >>> loudness_table(files.assign(role="clip", stem=None))
           clip
    genre
    jazz  -20.0
    rock  -15.0
    """
    files = _by_label(files, label_separator)
    column = files["stem"].where(files["stem"].notna(), files["role"])
    order = list(dict.fromkeys(column[column != "sum"])) + ["sum"] * bool((column == "sum").any())
    table = files.assign(column=column).pivot_table(
        index="genre", columns="column", values="lufs", aggfunc="median", dropna=False
    )
    return table.reindex(columns=order).rename_axis(columns=None)


def _by_label(files, separator):
    """Return the labelled files, those with several labels once for each."""
    files = files[files["genre"].notna()].reset_index(drop=True)
    labels = explode_labels(files["genre"], separator)
    return files.drop(columns="genre").join(labels, how="inner")


def compare_loudness(data):
    """Compare the median loudness of the genres.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        An info: music differs so. Mashups are normalised; clips are used as they are.
    """
    whole = data.files[data.files["role"].isin(("sum", "clip"))]
    whole = _by_label(whole, data.inventory.label_separator)
    medians = whole.groupby("genre")["lufs"].median().dropna()
    if len(medians) < 2:
        return
    low, high = medians.idxmin(), medians.idxmax()
    difference = medians[high] - medians[low]
    comment, fix = "close enough", ""
    if difference >= LOUDNESS_DIFFERENCE:
        comment = "a model could separate them by level alone"
        fix = "train on clips normalised to one level, as mash does (normalize: peak)"
    yield Finding(
        "info",
        "loudness",
        f"{len(medians)} genres",
        f"{low} is the quietest ({medians[low]:.1f} LUFS), {high} the loudest "
        f"({medians[high]:.1f}), {difference:.1f} LU apart: {comment}",
        fix,
    )


def compare_test_with_training(data):
    """Compare test clips with sums of stems, or clips, in rate, length, peak and RMS.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        Four infos; none when either set has no usable audio.
    """
    audible = data.files[data.files["peak"] > 0]
    test = audible[audible["role"] == "test"]
    training = audible[audible["role"].isin(("sum", "clip"))]
    if test.empty or training.empty:
        return
    noun = "sums of stems" if (training["role"] == "sum").any() else "training clips"
    where = f"{len(test)} test clips, {len(training)} {noun}"
    for quantity, describe, fix in _COMPARED:
        found = f"{quantity}: test {describe(test)}; {noun} {describe(training)}"
        yield Finding("info", "test vs training", where, found, fix)


def _describe_rate(files):
    rates = files["sr"].value_counts()
    return ", ".join(f"{rate:.0f} Hz ({count / len(files):.0%})" for rate, count in rates.items())


def _describe_length(files):
    low, median, high = files["seconds"].quantile([0.05, 0.5, 0.95])
    return f"{median:.1f} s (5 to 95 %: {low:.1f} to {high:.1f})"


def _describe_peak(files):
    # Adding zero turns -0.0 into 0.0.
    decibels = amplitude_to_db(files["peak"]).round(1) + 0.0
    full = (files["peak"] >= NEAR_FULL_SCALE).mean()
    return f"{decibels.median():.1f} dBFS ({full:.0%} reach full scale)"


def _describe_rms(files):
    decibels = amplitude_to_db(files["rms"])
    crest = amplitude_to_db(files["peak"] / files["rms"])
    deviation = decibels.std(ddof=0)
    return f"{decibels.mean():.1f} ± {deviation:.1f} dBFS, {crest.mean():.1f} dB below the peak"


_COMPARED = (
    ("rate", _describe_rate, "nothing to do: both are read at 22,050 Hz"),
    (
        "length",
        _describe_length,
        "make training clips as long as test clips (mashups: setting durations; recordings: "
        "fit --window)",
    ),
    ("peak", _describe_peak, "normalise as the test clips are (settings normalize and peak)"),
    (
        "RMS",
        _describe_rms,
        "normalise first; what still differs below the peak is gains, tempo and noise",
    ),
)
