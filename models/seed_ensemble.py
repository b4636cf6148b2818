"""Ensembles of models that differ in their seed only, with averaged probabilities."""

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from ..exceptions import UsageError
from ..stacking.multilabel import check_targets, to_indicator
from .deep.estimator import DeepEstimator


class SeedEnsemble(VotingClassifier):
    """Soft vote of networks, which takes an indicator matrix of several labels, too."""

    def fit(self, X, y, **fit_params):
        """Fit the networks, on the matrix itself or on the positions of classes."""
        matrix = check_targets(y)
        if matrix.ndim == 1:
            return super().fit(X, y, **fit_params)
        self.classes_ = [np.array([0, 1])] * matrix.shape[1]
        # The class above VotingClassifier, which refuses several labels, fits the members.
        return super(VotingClassifier, self).fit(X, matrix, **fit_params)

    def predict(self, X):
        """Predict the class of each clip, or its labels by the mean probability."""
        if isinstance(getattr(self, "classes_", None), list):
            return to_indicator(self.predict_proba(X), "predict_proba")
        return super().predict(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def average_seeds(model, n_seeds):
    """Make a model whose probabilities are the mean over several seeds.

    Parameters
    ----------
    model : classifier
        Of a pipeline the last step is repeated: its features do not depend on the seed.
    n_seeds : int
        1 or more; 1 returns the model itself.

    Returns
    -------
    classifier
        A :class:`~sklearn.ensemble.VotingClassifier`, inside the pipeline where there is one; of
        networks one that takes an indicator matrix, too.

    Raises
    ------
    UsageError
        The model has no ``random_state``, has class weights by name, or ``n_seeds`` is not a whole
        number above 0.

    Examples
    --------
    >>> from sklearn.ensemble import ExtraTreesClassifier
    >>> from stemstack.models.seed_ensemble import average_seeds
    >>> ensemble = average_seeds(ExtraTreesClassifier(random_state=0), 2)
    >>> len({member.random_state for _, member in ensemble.estimators})
    2
    """
    if not isinstance(n_seeds, int) or isinstance(n_seeds, bool) or n_seeds < 1:
        raise UsageError(f"The 'seeds' must be a whole number, 1 or more. Got {n_seeds!r} instead.")
    if n_seeds == 1:
        return model
    if isinstance(model, Pipeline):
        name, last = model.steps[-1]
        return Pipeline([*model.steps[:-1], (name, average_seeds(last, n_seeds))])
    if "random_state" not in model.get_params():
        raise UsageError(f"{type(model).__name__} has no random_state: leave 'seeds' out")
    if isinstance(model.get_params().get("class_weight"), dict):
        raise UsageError(
            "An ensemble of seeds numbers the classes, so class_weight cannot name them: use "
            "'balanced', or leave 'seeds' out"
        )
    seeds = _spawn(model.random_state, n_seeds)
    members = [clone(model).set_params(random_state=seed) for seed in seeds]
    ensemble = SeedEnsemble if isinstance(model, DeepEstimator) else VotingClassifier
    return ensemble([(f"seed{i}", m) for i, m in enumerate(members)], voting="soft")


def ensemble_members(model):
    """Return the classifiers whose mean prediction a model is.

    Parameters
    ----------
    model : classifier

    Returns
    -------
    list of classifier
        The members of an unweighted :class:`~sklearn.ensemble.VotingClassifier`, the fitted ones
        once it is fitted; the model itself otherwise.
    """
    if not isinstance(model, VotingClassifier) or model.voting != "soft" or model.weights:
        return [model]
    if hasattr(model, "estimators_"):
        return list(model.estimators_)
    return [member for _, member in model.estimators]


def rebuild_seed_ensemble(members, classes):
    """Make a fitted ensemble of fitted members.

    Parameters
    ----------
    members : list of DeepEstimator
        Fitted on the positions of ``classes``, as VotingClassifier does, or on an indicator matrix.
    classes : ndarray of shape (n_classes,), or list of ndarray

    Returns
    -------
    SeedEnsemble
    """
    named = [(f"seed{i}", member) for i, member in enumerate(members)]
    ensemble = SeedEnsemble(named, voting="soft")
    ensemble.estimators_, ensemble.named_estimators_ = list(members), Bunch(**dict(named))
    ensemble.classes_ = classes
    if not isinstance(classes, list):
        ensemble.le_ = LabelEncoder().fit(classes)
    return ensemble


def _spawn(seed, count):
    if seed is None:
        return [None] * count
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(count)]
