"""Blends: meta-models that only weight or average the base models, and their comparison.

A blend is a classifier over out-of-fold probabilities with columns ``<model>__<class>``: models in
order, classes sorted, of two classes either both or only the second. So each blend can be the
``final_estimator`` of an ``OutOfFoldStacker``. A blend with weights has the fitted attribute
``weights_``.

Importing this package imports neither numpy nor scikit-learn, so that the command line can read the
names in ``BLENDS``.
"""

from ...utils.lazy_import import lazy_exports

# What makes each blend, a class or a function without required arguments: "module:name", relative
# to this package. Order of the command line and of tables.
BLENDS = {
    "logistic": "..meta_model:default_final_estimator",
    "greedy": ".greedy:GreedyBlend",
    "nnls": ".nonnegative:NonNegativeBlend",
    "mean": ".mean:MeanBlend",
    "geometric": ".mean:make_geometric_mean",
    "rank": ".mean:make_rank_mean",
    "vote": ".vote:make_vote",
}
DEFAULT_BLEND = "logistic"

_EXPORTS = {
    "Blend": ".base",
    "compare_blends": ".comparison",
    "leave_one_model_out": ".comparison",
    "make_blend": ".comparison",
    **{target.partition(":")[2]: target.partition(":")[0] for target in BLENDS.values()},
}
__all__ = ["BLENDS", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
