"""An explanation in plain sentences."""

WORDS = {
    "mfcc": "timbre",
    "mfcc_delta": "changes of timbre",
    "mfcc_delta2": "quick changes of timbre",
    "chroma": "notes",
    "contrast": "spectral peaks",
    "centroid": "brightness",
    "bandwidth": "spectral width",
    "rolloff": "treble",
    "flatness": "noisiness",
    "zcr": "roughness",
    "rms": "loudness",
    "tonnetz": "harmony",
    "onset_strength": "attacks",
    "logmel": "spectrum",
    "tempo": "tempo",
    "levelfree": "spectral shape",
    "entropy": "disorder",
    "flux": "change from moment to moment",
    "denoised": "noise-free spectrum",
    "pcen": "gain-free spectrum",
    "hpss": "tones and percussion",
    "octaves": "balance of octaves",
    "texture": "texture",
    "modulation": "rhythm pattern",
    "beat_histogram": "pulse",
    "beat_ratios": "subdivision of the beat",
    "dynamics": "dynamics",
}


def describe_reasons(reasons, label, runner_up):
    """Say why a model prefers one class to the other.

    Parameters
    ----------
    reasons : Reasons
    label, runner_up : str
        As in the explanation they are part of.

    Returns
    -------
    str
        One sentence.
    """
    disagrees = reasons.difference < 0
    liked, other = (runner_up, label) if disagrees else (label, runner_up)
    signed = -reasons.families if disagrees else reasons.families
    head = f"{reasons.model}{', unlike the stack,' if disagrees else ''} prefers {liked} to {other}"
    against = _strongest(-signed, 1)
    tail = f"; {against} would rather say {other}" if against else ""
    return f"{head}, mostly for {_strongest(signed, 3) or 'how frequent it is'}{tail}."


def describe_sureness(sureness, label):
    """Say how far to trust an answer.

    Parameters
    ----------
    sureness : Sureness
    label : str

    Returns
    -------
    str
    """
    sure = f"About {round(100 * sureness.confidence)} % sure, calibrated."
    if not sureness.n_said:
        return f"{sure} Of no training clip held out was {label} said."
    return (
        f"{sure} When it said {label} of training clips held out, it was right "
        f"{sureness.n_right} times of {sureness.n_said} (F1 {sureness.f1:.2f})."
    )


def _strongest(families, count):
    """Name the families that add most, in words; empty where none adds anything."""
    names = [WORDS[name] for name, value in families.nlargest(count).items() if value > 0]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
