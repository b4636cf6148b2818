"""What there is to say of one clip, as plain data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..features import FAMILIES


@dataclass(frozen=True)
class Reasons:
    """Why a model prefers one class to another, family by family.

    Attributes
    ----------
    model : str
    difference : float
        The logit of the chosen class less that of the runner-up, the mean over the fold models;
        below 0 where the model, unlike the stack, prefers the runner-up.
    base : float
        What of it is there before any feature is looked at.
    families : Series of float
        What each feature family adds to it, the largest first by size; with ``base`` they sum up to
        ``difference``.
    """

    model: str
    difference: float
    base: float
    families: pd.Series


@dataclass(frozen=True)
class NearestClip:
    """A training clip that is much like the clip asked for.

    Attributes
    ----------
    clip, label : str
    distance : float
        Cosine distance of standardised features: 0 for the same, 1 for unrelated, 2 for opposite.
    """

    clip: str
    label: str
    distance: float


@dataclass(frozen=True)
class Confidence:
    """How far to trust an answer, by what the run knows of itself out of fold.

    Attributes
    ----------
    confidence : float
        The stack's probability of its choice, calibrated.
    f1 : float
        The stack's F1 of the class.
    n_said, n_right : int
        Training clips that the stack called so, and those of them that are.
    """

    confidence: float
    f1: float
    n_said: int
    n_right: int


@dataclass(frozen=True)
class Explanation:
    """The answer for one clip.

    Attributes
    ----------
    seconds : float
        Its length.
    label, runner_up : str
        The stack's first and second choice.
    probabilities : DataFrame of shape (n_classes, n_models + 1)
        A column a model and the stack's last; the likeliest class first, by the stack.
    sureness : Confidence
    reasons : tuple of Reasons
        Of the models over handcrafted features that can tell them.
    neighbours : tuple of NearestClip
        The nearest first; empty where the training clips are not at hand.
    picture : ndarray of shape (n_mels, n_frames)
        The log-mel spectrogram in dB.
    sr : int
        The sample rate in Hz it was computed at: its bands reach up to half of that.
    warnings : tuple of str
        What was odd about the file, though it could be used.
    """

    seconds: float
    label: str
    runner_up: str
    probabilities: pd.DataFrame
    sureness: Confidence
    reasons: tuple[Reasons, ...]
    neighbours: tuple[NearestClip, ...]
    picture: np.ndarray
    sr: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """The answers for several files.

    Attributes
    ----------
    table : DataFrame
        Columns ``path, label``, and the stack's probability of each class.
    problems : tuple of str
        What is wrong with the files left out.
    warnings : tuple of str
        What was odd about files that could be used.
    """

    table: pd.DataFrame
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
    sureness : Confidence
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
    names = [FAMILIES[n].explanation for n, value in families.nlargest(count).items() if value > 0]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
