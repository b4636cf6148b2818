"""Learning curve: the score by the number of mashups, and the gain to expect from more of them."""

from dataclasses import asdict, dataclass, field

import numpy as np

from ..utils.constraints import is_number, is_text

# Name of the file of a run with its curve.
CURVE = "learning_curve.json"
# Points that a gain is predicted from: the next doubling is like the last ones, not the first.
_POINTS = 3


@dataclass(frozen=True)
class LearningCurve:
    """Out-of-fold macro F1 of a run's cheap models by the number of training mashups.

    Every point is scored on the same mashups, which are held out with their songs.

    Parameters
    ----------
    models : list of str
        Columns of the models, whose probabilities are averaged.
    sizes : list of int, default=[]
        Training mashups per class, increasing.
    macro_f1 : list of float, default=[]
        Score of each size.
    chosen : int, default=0
        Mashups per class of the run.
    reason : str, default=""
        Why there are no more.

    See Also
    --------
    stemstack.runs.fitting.mashup_count.choose_mashups : Measures the curve of a run.

    Examples
    --------
    >>> from stemstack.runs.learning_curve import LearningCurve
    >>> curve = LearningCurve(["lr"], [100, 200, 400], [0.60, 0.65, 0.68])
    >>> round(curve.predicted_gain(), 3)
    0.024
    """

    models: list
    sizes: list = field(default_factory=list)
    macro_f1: list = field(default_factory=list)
    chosen: int = 0
    reason: str = ""

    def predicted_gain(self):
        """Predict how much macro F1 gains by doubling the largest size.

        Returns
        -------
        float
            Negative where the score has fallen.

        Notes
        -----
        The last three points are fitted by least squares with :math:`c - a / \\sqrt{n}`, the usual
        rate of estimation errors. A line through the points would be ruled by their noise.
        """
        inverse = 1 / np.sqrt(self.sizes[-_POINTS:])
        slope = np.polyfit(inverse, self.macro_f1[-_POINTS:], 1)[0]
        return float(-slope * inverse[-1] * (1 - 1 / np.sqrt(2)))

    def describe(self):
        """Describe the curve and the choice in one line, or two.

        Returns
        -------
        list of str
        """
        lines = []
        if self.sizes:
            scores = ", ".join(f"{score:.3f}" for score in self.macro_f1)
            lines = [
                f"macro F1 of {' and '.join(self.models)} with {', '.join(map(str, self.sizes))} "
                f"mashups per class: {scores}"
            ]
        return [*lines, f"{self.chosen} mashups per class: {self.reason}"]

    def to_dict(self):
        """Return the curve as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document):
        """Read plain data, which may be from anybody.

        Raises
        ------
        TypeError, ValueError
            The data are not those of :meth:`to_dict`.
        """
        curve = cls(**document)
        if not (isinstance(curve.models, list) and all(map(is_text, curve.models))):
            raise ValueError("models must be names")
        sizes, scores = curve.sizes, curve.macro_f1
        if not (isinstance(sizes, list) and isinstance(scores, list)) or len(sizes) != len(scores):
            raise ValueError("sizes and macro_f1 must be lists of the same length")
        if not all(is_number(size, int) and size > 0 for size in (*sizes, curve.chosen)):
            raise ValueError("sizes must be whole numbers from 1 on")
        if not all(is_number(score) and 0 <= score <= 1 for score in scores):
            raise ValueError("macro_f1 must be numbers from 0 to 1")
        if not is_text(curve.reason):
            raise ValueError("reason must be text")
        return curve
