"""Who gets which of the parameters given to ``fit``, by scikit-learn's own routing."""

import inspect

from sklearn import get_config
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..exceptions import UsageError

FINAL = "final_estimator"


def make_router(owner, estimators, final_estimator):
    """Make the router of a stacker: its ``fit`` reaches the ``fit`` of every estimator.

    Parameters
    ----------
    owner : estimator
    estimators : list of (str, estimator)
    final_estimator : estimator

    Returns
    -------
    MetadataRouter
    """
    router = MetadataRouter(owner=owner).add_self_request(owner)
    fits = MethodMapping().add(caller="fit", callee="fit")
    for name, estimator in [*estimators, (FINAL, final_estimator)]:
        router.add(**{name: estimator}, method_mapping=fits)
    return router


def route_fit(owner, estimators, final_estimator, params, groups=None):
    """Say what the ``fit`` of each estimator is given.

    With metadata routing enabled each gets what it requested; without, ``sample_weight`` goes to
    all, in a pipeline to its last step.

    Parameters
    ----------
    owner : estimator
    estimators : list of (str, estimator)
    final_estimator : estimator
    params : dict of str to array-like
        Those that are None are left out.
    groups : array-like, optional
        With metadata routing enabled, for estimators that request them, such as searches whose
        splitter does.

    Returns
    -------
    dict of str to dict
        By the name of the estimator; the final one's is ``final_estimator``.

    Raises
    ------
    UsageError
        Without routing: a parameter other than ``sample_weight``, or an estimator without it.
    """
    params = {name: value for name, value in params.items() if value is not None}
    takers = [*estimators, (FINAL, final_estimator)]
    routes = get_config()["enable_metadata_routing"]
    if routes and groups is not None:
        params["groups"] = groups
    if not params:
        return {name: {} for name, _ in takers}
    if routes:
        routed = process_routing(owner, "fit", **params)
        return {name: routed[name].fit for name, _ in takers}
    strange = set(params) - {"sample_weight"}
    if strange:
        raise UsageError(
            f"fit got {min(strange)!r}; only sample_weight is passed on, unless metadata routing "
            "is enabled: sklearn.set_config(enable_metadata_routing=True)"
        )
    weights = params["sample_weight"]
    return {name: {_weight_name(name, taker): weights} for name, taker in takers}


def _weight_name(name, estimator):
    """Name ``sample_weight`` as an estimator's ``fit`` calls it."""
    prefix, taker = "", estimator
    while isinstance(taker, Pipeline):
        prefix += f"{taker.steps[-1][0]}__"
        taker = taker.steps[-1][1]
    if not _takes_weights(taker):
        raise UsageError(
            f"{name}: {type(taker).__name__} takes no sample_weight; leave the weights out, or "
            "choose another estimator"
        )
    return f"{prefix}sample_weight"


def _takes_weights(estimator):
    parameters = inspect.signature(estimator.fit).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)
