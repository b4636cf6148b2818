"""Routing of parameters to the estimators of a stacker, by scikit-learn's own rules."""

import inspect

from sklearn import get_config
from sklearn.base import MetaEstimatorMixin
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.model_selection._search import BaseSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import (
    MetadataRequest,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.validation import has_fit_parameter

from ..exceptions import UsageError, WeightsError
from ..utils.targets import check_sample_weight

FINAL = "final_estimator"


def check_fit_params(params):
    """Return parameters of ``fit`` that are not None, and check that all can be passed on.

    Parameters
    ----------
    params : dict

    Returns
    -------
    dict

    Raises
    ------
    UsageError
        Without metadata routing, a parameter other than ``sample_weight``.
    """
    params = {name: value for name, value in params.items() if value is not None}
    unknown = [] if _is_routing_enabled() else sorted(set(params) - {"sample_weight"})
    if unknown:
        raise UsageError(
            f"fit got {unknown[0]!r}, but passes on only sample_weight; everything else is only "
            "supported if enable_metadata_routing=True, which is set by "
            "sklearn.set_config(enable_metadata_routing=True)"
        )
    return params


def make_router(owner, estimators, final_estimator):
    """Make the metadata router of a stacker.

    Its ``fit`` reaches the ``fit`` of every estimator, and its ``predict`` that of the final one.

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
    for name, estimator in estimators:
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router.add(**{name: estimator}, method_mapping=mapping)
    mapping = MethodMapping()
    for method in ("fit", "predict"):
        mapping.add(caller=method, callee=method)
    return router.add(**{FINAL: _request_all(final_estimator)}, method_mapping=mapping)


def _request_all(final_estimator):
    """Return the requests of the final estimator, which gets all that its ``fit`` does not decline.

    scikit-learn's stacking passes parameters to the final estimator without a request.
    """
    request = get_routing_for_object(final_estimator)
    if isinstance(request, MetadataRequest):
        for name, alias in request.fit.requests.items():
            request.fit.add_request(param=name, alias=True if alias is None else alias)
    return request


def route_fit(owner, estimators, final_estimator, params, groups=None, *, n):
    """Return the ``fit`` parameters of each estimator.

    With metadata routing enabled each estimator gets what it requested; without, ``sample_weight``
    goes to all of them, and ``groups`` to those whose ``fit`` has this parameter, such as a nested
    stacker or a network with early stopping; in a pipeline to its last step.

    Parameters
    ----------
    owner : estimator
    estimators : list of (str, estimator)
    final_estimator : estimator
    params : dict
        As returned by :func:`check_fit_params`.
    groups : array-like, optional
    n : int
        Number of rows.

    Returns
    -------
    dict of str to dict
        Keyed by the name of the estimator, and ``final_estimator``.

    Raises
    ------
    DataError
        There is not one weight per row, or a weight is not allowed.
    WeightsError
        Without routing: an estimator does not accept weights.
    """
    if "sample_weight" in params:
        params = {**params, "sample_weight": check_sample_weight(params["sample_weight"], n)}
    named = [*estimators, (FINAL, final_estimator)]
    if groups is not None:
        params = {**params, "groups": groups}
    if _is_routing_enabled() and params:
        routed = process_routing(owner, "fit", **params)
        return {name: routed[name].fit for name, _ in named}
    return {name: _unrouted(name, model, params) for name, model in named}


def route_predict(owner, params):
    """Return the parameters of the final estimator's ``predict``.

    Parameters
    ----------
    owner : estimator
    params : dict
        All are passed on without metadata routing, and with it those that are requested.

    Returns
    -------
    dict
    """
    if params and _is_routing_enabled():
        return process_routing(owner, "predict", **params)[FINAL].predict
    return params


def weight_parameter(estimator):
    """Return the name of ``sample_weight`` in an estimator's ``fit``.

    Parameters
    ----------
    estimator : estimator
        Of a pipeline the last step is meant.

    Returns
    -------
    str or None
        None if the estimator does not accept weights.
    """
    prefix, last = _last_step(estimator)
    return f"{prefix}sample_weight" if _accepts_weights(last) else None


def _last_step(estimator):
    """Return the prefix of the ``fit`` parameters of a pipeline's last step, and the step."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        prefix += f"{estimator.steps[-1][0]}__"
        estimator = estimator.steps[-1][1]
    return prefix, estimator


def _is_routing_enabled():
    return get_config()["enable_metadata_routing"]


def _unrouted(name, estimator, params):
    """Return the parameters that an estimator gets without metadata routing."""
    prefix, last = _last_step(estimator)
    found = {}
    if "sample_weight" in params:
        if not _accepts_weights(last):
            raise WeightsError(
                f"{name}: {type(last).__name__} does not support sample weights; leave the "
                "weights out, or choose another estimator"
            )
        found[f"{prefix}sample_weight"] = params["sample_weight"]
    if "groups" in params and "groups" in inspect.signature(last.fit).parameters:
        found[f"{prefix}groups"] = params["groups"]
    return found


def _accepts_weights(estimator):
    """Return whether ``fit`` takes sample weights without metadata routing."""
    members = _members(estimator)
    if members is not None:
        return all(has_fit_parameter(member, "sample_weight") for member in members)
    parameters = inspect.signature(estimator.fit).parameters.values()
    if any(p.name == "sample_weight" for p in parameters):
        return True
    # Other meta-estimators of scikit-learn refuse parameters that they cannot route.
    refuses = isinstance(estimator, MetaEstimatorMixin) and hasattr(estimator, "estimator")
    return not refuses and any(p.kind is p.VAR_KEYWORD for p in parameters)


def _members(estimator):
    """Return the estimators that get the weights of a meta-estimator; None for other estimators."""
    if isinstance(estimator, VotingClassifier | StackingClassifier):
        return [member for _, member in estimator.estimators if member != "drop"]
    if isinstance(estimator, MultiOutputClassifier | BaseSearchCV):
        return [estimator.estimator]
    return None
