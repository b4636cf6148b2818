"""Explanations of predictions as plain data, and as sentences."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..features import FAMILIES
from ..runs.nearest_clips import NearestClip
from ..runs.prediction.windows import WindowPredictions


@dataclass(frozen=True, eq=False)
class Reasons:
    """Contributions of feature families to one model's preference between two classes.

    Parameters
    ----------
    model : str
    difference : float
        Logit of the predicted class minus that of the runner-up, averaged over the fold models;
        negative where the model, unlike the stack, prefers the runner-up.
    base : float
        Part of it that depends on no feature.
    families : Series of float
        Contribution of each feature family, the largest in absolute value first; with ``base``
        they sum to ``difference``.

    See Also
    --------
    Explanation : Holds the reasons of all models that support them.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.serving import Reasons
    >>> reasons = Reasons("lr", 2.5, 0.5, pd.Series({"tempo": 3.0, "mfcc": -1.0}))
    >>> float(reasons.base + reasons.families.sum()) == reasons.difference
    True
    """

    model: str
    difference: float
    base: float
    families: pd.Series


@dataclass(frozen=True)
class Confidence:
    """Confidence of the stack in a predicted class, and its record on held-out clips.

    Parameters
    ----------
    probability : float
        Calibrated probability of the predicted class, in [0, 1].
    f1 : float
        Out-of-fold F1 of that class.
    n_predicted : int
        Number of held-out training clips for which the stack predicted that class.
    n_correct : int
        Number of those predictions that are correct.

    See Also
    --------
    Explanation : Holds the confidence of a prediction.

    Examples
    --------
    >>> from stemstack.serving import Confidence
    >>> Confidence(0.8, f1=0.75, n_predicted=40, n_correct=30).n_correct
    30
    """

    probability: float
    f1: float
    n_predicted: int
    n_correct: int


@dataclass(frozen=True, eq=False)
class Explanation:
    """Prediction for one clip, with its explanation.

    Parameters
    ----------
    seconds : float
        Length of the clip.
    label, runner_up : str
        Most and second most probable class of the stack.
    probabilities : DataFrame of shape (n_classes, n_models + 1)
        One column per model, the stack's last; the most probable class of the stack first.
    confidence : Confidence
    reasons : tuple of Reasons
        Of the models over handcrafted features whose prediction can be split.
    nearest : tuple of NearestClip
        The nearest first; empty where the training clips are not available.
    log_mel : ndarray of shape (n_mels, n_frames)
        Log-mel spectrogram in dB.
    sr : int
        Sample rate in Hz of the spectrogram, whose bands reach up to ``sr / 2``.
    warnings : tuple of str
        Problems of a file that could be used nevertheless.
    tags : tuple of str, default=()
        The most probable tags of an embedding that has tags.
    windows : WindowPredictions, optional
        Of a clip that is longer than the windows, or mashups, that models were trained on.

    See Also
    --------
    ClipExplainer.explain : Returns one.

    Examples
    --------
    >>> from stemstack.serving import ClipExplainer
    >>> explanation = ClipExplainer("RUN").explain("clip.wav")  # doctest: +SKIP
    >>> explanation.label, explanation.confidence.probability  # doctest: +SKIP
    ('reggae', 0.81)
    """

    seconds: float
    label: str
    runner_up: str
    probabilities: pd.DataFrame
    confidence: Confidence
    reasons: tuple[Reasons, ...]
    nearest: tuple[NearestClip, ...]
    log_mel: np.ndarray
    sr: int
    warnings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    windows: WindowPredictions | None = None


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for several files.

    Parameters
    ----------
    table : DataFrame
        Columns ``path``, ``label`` and one probability per class; one row per file that could be
        used.
    problems : tuple of str
        One message per file that was left out.
    warnings : tuple of str
        Problems of files that could be used nevertheless.

    See Also
    --------
    ClipExplainer.predict_many : Returns one.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.serving import Predictions
    >>> table = pd.DataFrame({"path": ["a.wav"], "label": ["rock"], "jazz": [0.2], "rock": [0.8]})
    >>> Predictions(table, problems=("b.wav: is empty",)).table["label"].tolist()
    ['rock']
    """

    table: pd.DataFrame
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def describe_reasons(reasons, label, runner_up):
    """Describe why a model prefers one class to another.

    Parameters
    ----------
    reasons : Reasons
    label, runner_up : str
        Classes of the explanation.

    Returns
    -------
    str
        One sentence.
    """
    disagrees = reasons.difference < 0
    preferred, other = (runner_up, label) if disagrees else (label, runner_up)
    signed = -reasons.families if disagrees else reasons.families
    model = f"{reasons.model}{', unlike the stack,' if disagrees else ''}"
    text = f"{model} prefers {preferred} to {other}"
    text += f", mostly because of {_strongest(signed, 3) or 'class frequencies'}"
    against = _strongest(-signed, 1)
    return f"{text}; {against} suggests {other}." if against else f"{text}."


def describe_confidence(confidence, label):
    """Describe how reliable a prediction is.

    Parameters
    ----------
    confidence : Confidence
    label : str

    Returns
    -------
    str
    """
    text = f"Calibrated probability about {round(100 * confidence.probability)} %."
    if not confidence.n_predicted:
        return f"{text} The stack never predicted {label} for a held-out training clip."
    return (
        f"{text} Of {confidence.n_predicted} held-out training clips predicted as {label}, "
        f"{confidence.n_correct} were correct (F1 {confidence.f1:.2f})."
    )


def _strongest(families, count):
    """Name the families with the largest positive values; empty where there is none."""
    largest = families.nlargest(count)
    names = [FAMILIES[name].explanation for name, value in largest.items() if value > 0]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
