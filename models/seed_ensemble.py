"""Models that differ in their seed only, their probabilities averaged."""

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from ..exceptions import UsageError
from .deep.estimator import DeepEstimator


def average_seeds(model, n_seeds):
    """Make a model whose probabilities are the mean over several seeds.

    Parameters
    ----------
    model : classifier
        Of a pipeline the last step is bagged: its features do not depend on the seed.
    n_seeds : int
        1 or more; 1 gives the model itself.

    Returns
    -------
    classifier
        scikit-learn's VotingClassifier, in the pipeline where there is one.

    Raises
    ------
    UsageError
        The model has no ``random_state`` or weights of named classes, or ``n_seeds`` is no whole
        number above 0.
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
            "A bag of seeds numbers the classes, so class_weight cannot name them: give "
            "'balanced', or leave 'seeds' out"
        )
    seeds = _spawn(model.random_state, n_seeds)
    members = [clone(model).set_params(random_state=seed) for seed in seeds]
    return VotingClassifier([(f"seed{i}", m) for i, m in enumerate(members)], voting="soft")


def find_networks(model, *, fitted=False):
    """List the nets that a model consists of: none for one without.

    Parameters
    ----------
    model : estimator
    fitted : bool, default=False
        List the fitted ones only.

    Returns
    -------
    list of DeepEstimator
        The model itself, or the members of its bag.
    """
    if isinstance(model, DeepEstimator):
        return [model]
    if not isinstance(model, VotingClassifier):
        return []
    members = list(getattr(model, "estimators_", []))
    if not fitted:
        members += [member for _, member in model.estimators]
    return [member for member in members if isinstance(member, DeepEstimator)]


def rebuild_seed_ensemble(members, classes):
    """Make a fitted bag of fitted members.

    Parameters
    ----------
    members : list of classifier
        Fitted on the positions of ``classes``, as VotingClassifier does.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    VotingClassifier
    """
    named = [(f"seed{i}", member) for i, member in enumerate(members)]
    bag = VotingClassifier(named, voting="soft")
    bag.estimators_, bag.named_estimators_ = list(members), Bunch(**dict(named))
    bag.le_, bag.classes_ = LabelEncoder().fit(classes), classes
    return bag


def _spawn(seed, count):
    if seed is None:
        return [None] * count
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(count)]
