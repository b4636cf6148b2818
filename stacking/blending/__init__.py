"""Second levels that only weigh or average models, and their comparison.

A blend is a classifier over out-of-fold probabilities in the shape that ``out_of_fold`` owns:
columns ``<model>__<class>``, models in order, classes sorted, of two classes both or
only the second. So each can be the ``final_estimator`` of a stacker.
"""

from .comparison import BLENDS, compare_blends, make_blend
from .greedy import GreedyBlend
from .mean import MeanBlend
from .nonnegative import NonNegativeBlend

__all__ = ["BLENDS", "GreedyBlend", "MeanBlend", "NonNegativeBlend", "compare_blends", "make_blend"]
