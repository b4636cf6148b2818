"""Vote of several meta-models: a second level of stacking, over which a mean decides."""

from sklearn.ensemble import VotingClassifier

from .comparison import make_blend

_LEVEL = ("logistic", "greedy", "nnls")


def make_vote():
    """Make the blend ``vote``, the mean probability of ``logistic``, ``greedy`` and ``nnls``.

    Each of them is fitted on the predictions of the base models. Their mean is seldom the best, and
    never far from it.

    Returns
    -------
    VotingClassifier

    See Also
    --------
    GreedyBlend, NonNegativeBlend : Two of the meta-models.
    stemstack.stacking.default_final_estimator : The third.

    Examples
    --------
    >>> from stemstack.stacking.blending import make_vote
    >>> [name for name, _ in make_vote().estimators]
    ['logistic', 'greedy', 'nnls']
    """
    return VotingClassifier([(name, make_blend(name)) for name in _LEVEL], voting="soft")
