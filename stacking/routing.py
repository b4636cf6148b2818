"""Routing of ``fit`` parameters to the estimators of a stacker, by scikit-learn's own rules."""

import inspect

from sklearn import get_config
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..exceptions import UsageError

FINAL = "final_estimator"


def make_router(owner, estimators, final_estimator):
    """Make the metadata router of a stacker: its ``fit`` reaches the ``fit`` of every estimator.

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
    mapping = MethodMapping().add(caller="fit", callee="fit")
    for name, estimator in [*estimators, (FINAL, final_estimator)]:
        router.add(**{name: estimator}, method_mapping=mapping)
    return router


def route_fit(owner, estimators, final_estimator, params, groups=None):
    """Return the ``fit`` parameters of each estimator.

    With metadata routing enabled each estimator gets what it requested; without, ``sample_weight``
    goes to all of them, in a pipeline to its last step.

    Parameters
    ----------
    owner : estimator
    estimators : list of (str, estimator)
    final_estimator : estimator
    params : dict of str to array-like
        Those that are None are left out.
    groups : array-like, optional
        Used only with metadata routing enabled, for estimators that request groups, such as a
        search over a group splitter.

    Returns
    -------
    dict of str to dict
        Keyed by the name of the estimator, and ``final_estimator``.

    Raises
    ------
    UsageError
        Without routing: a parameter other than ``sample_weight``, or an estimator that does not
        accept it.
    """
    params = {name: value for name, value in params.items() if value is not None}
    named = [*estimators, (FINAL, final_estimator)]
    routing_enabled = get_config()["enable_metadata_routing"]
    if routing_enabled and groups is not None:
        params["groups"] = groups
    if not params:
        return {name: {} for name, _ in named}
    if routing_enabled:
        routed = process_routing(owner, "fit", **params)
        return {name: routed[name].fit for name, _ in named}
    unknown = set(params) - {"sample_weight"}
    if unknown:
        raise UsageError(
            f"fit got {min(unknown)!r}, but passes on only sample_weight, unless metadata "
            "routing is enabled: sklearn.set_config(enable_metadata_routing=True)"
        )
    weights = params["sample_weight"]
    return {name: {_weight_parameter(name, model): weights} for name, model in named}


def _weight_parameter(name, estimator):
    """Return the name of ``sample_weight`` in an estimator's ``fit``."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        prefix += f"{estimator.steps[-1][0]}__"
        estimator = estimator.steps[-1][1]
    if not _accepts_weights(estimator):
        raise UsageError(
            f"{name}: {type(estimator).__name__} accepts no sample_weight; leave the weights out, "
            "or choose another estimator"
        )
    return f"{prefix}sample_weight"


def _accepts_weights(estimator):
    parameters = inspect.signature(estimator.fit).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)
