"""Parts of a model: its features, its networks, and the parameters that determine it.

A model is inspected by walking its parameters and fitted attributes, whatever the names of pipeline
steps.
"""

from dataclasses import is_dataclass
from types import FunctionType

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..features import SpectralFeatures
from ..features.transformer import ClipTransformer
from .deep.estimator import DeepEstimator
from .seed_ensemble import SeedEnsemble, ensemble_members

# Names of classes in keys, which are those of earlier versions.
_NAMES_IN_KEYS = {SeedEnsemble: "VotingClassifier"}
_PLAIN = frozenset({str, bytes, bool, int, float, complex, type(None)})


def find_parts(model, kind=BaseEstimator):
    """Return the objects of a class that a model consists of.

    Parameters
    ----------
    model : estimator
        A pipeline, an ensemble, a parameter search or any other estimator, fitted or not.
    kind : type or tuple of type, default=sklearn.base.BaseEstimator

    Returns
    -------
    list of object
        The model itself and its parts, from parameters and fitted attributes, each once, outer
        ones first; without plain numbers and strings.

    See Also
    --------
    find_networks : The deep estimators.
    find_extractors : The feature extractions.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from stemstack.features import SpectralFeatures
    >>> from stemstack.models.inspection import find_parts
    >>> pipeline = make_pipeline(SpectralFeatures(families="mfcc"), LogisticRegression())
    >>> search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1]})
    >>> [part.families for part in find_parts(search, SpectralFeatures)]
    ['mfcc']
    """
    found, seen, stack = [], set(), [model]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, kind):
            found.append(part)
        # Names of features are thousands of strings.
        stack += [child for child in reversed(_children(part)) if type(child) not in _PLAIN]
    return found


def _children(part):
    """List the objects directly inside a container or an estimator."""
    if isinstance(part, list | tuple):
        return list(part)
    if isinstance(part, dict):
        return list(part.values())
    if isinstance(part, np.ndarray) and part.dtype == object:
        return part.ravel().tolist()
    # The fitted parts of some meta-estimators derive from no public base class.
    is_model = any(hasattr(type(part), name) for name in ("fit", "transform", "predict_proba"))
    return list(vars(part).values()) if is_model and hasattr(part, "__dict__") else []


def find_networks(model, *, fitted=False):
    """Return the networks in a model.

    Parameters
    ----------
    model : estimator
    fitted : bool, default=False
        Whether to return the fitted ones only.

    Returns
    -------
    list of DeepEstimator
        Empty for a model without networks.

    See Also
    --------
    find_parts : The same for any class.

    Examples
    --------
    >>> from stemstack.models import find_networks, make_model
    >>> [net.epochs for net in find_networks(make_model("cnn(epochs=3, seeds=2)"))]
    [3, 3]
    >>> find_networks(make_model("lr"))
    []
    """
    networks = find_parts(model, DeepEstimator)
    return [net for net in networks if hasattr(net, "state_")] if fitted else networks


def ensemble_networks(model):
    """Return the networks whose mean prediction a model is.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    list of DeepEstimator
        The model itself, or the members of an ensemble of networks; empty for any other model, also
        for one with a network somewhere inside.
    """
    members = ensemble_members(model)
    return members if all(isinstance(member, DeepEstimator) for member in members) else []


def find_extractors(model):
    """Return the feature extractions that a model starts from.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    list of Extractor or EmbeddingExtractor
        Each different one once; empty for a model of spectrograms.
    """
    parts = find_parts(model, ClipTransformer)
    return list(dict.fromkeys(part.extractor_ for part in parts))


def leading_extractor(model):
    """Return the feature extraction of a feature pipeline.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    Extractor or None
        None for any other model.
    """
    if isinstance(model, Pipeline) and isinstance(model.steps[0][1], SpectralFeatures):
        return model.steps[0][1].extractor_
    return None


def model_fingerprint(model):
    """Return a description of a model that does not depend on where its classes are defined.

    Parameters
    ----------
    model : estimator
        Unfitted; a prefit part counts with its fitted state.

    Returns
    -------
    list, dict, str, int, float, bool or None
        Plain data: class names and parameters, nested. Equal for two models that are fitted
        alike.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from stemstack.models.inspection import model_fingerprint
    >>> model_fingerprint(LogisticRegression(C=2)) == model_fingerprint(LogisticRegression(C=1))
    False
    """
    if isinstance(model, str | int | float | None):
        return model
    if isinstance(model, list | tuple):
        return [model_fingerprint(item) for item in model]
    if isinstance(model, dict):
        return [[model_fingerprint(item) for item in pair] for pair in model.items()]
    if isinstance(model, type | FunctionType):
        return model.__qualname__
    if isinstance(model, BaseEstimator) or is_dataclass(model):
        name = _NAMES_IN_KEYS.get(type(model), type(model).__name__)
        return {name: model_fingerprint(vars(model))}
    return joblib.hash(model)
