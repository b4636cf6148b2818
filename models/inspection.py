"""How much a fitted pipeline leans on each family of handcrafted features.

Conventions: a model is a pipeline of :class:`~stemstack.features.SpectralFeatures`, what prepares
its columns, and a classifier that weighs them: linear, boosted trees, or a bag of these. ``Z`` is
the DataFrame that the classifier sees.
"""

import warnings

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

from ..features import FAMILIES, family_of

# Of columns that were made of several families, such as components.
_OTHER = "other"


def supports_importance(model):
    """Tell whether a model is a pipeline over features whose classifier weighs its columns."""
    return (
        isinstance(model, Pipeline)
        and "spectral" in model.named_steps
        and all(_is_boosted(part) or hasattr(part, "coef_") for part in _members(model[-1]))
    )


def family_positions(columns):
    """Give the positions of each family's columns.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    dict of str to ndarray of int
        Families in the house order; columns of none are ``"other"``.
    """
    of = np.array([family or _OTHER for family in family_of(columns)])
    return {name: np.flatnonzero(of == name) for name in (*FAMILIES, _OTHER) if name in of}


def permuted_probabilities(classifier, Z, *, n_repeats, rng):
    """Predict with one family at a time dealt out anew among the clips.

    The columns of a family move together, so that what they tell of each other stays, and what they
    tell of their clip is gone.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    Z : DataFrame of shape (n, n_columns)
        Of clips that it has not seen.
    n_repeats : int
    rng : numpy.random.Generator

    Yields
    ------
    family : str
    probabilities : ndarray of shape (n_repeats, n, n_classes)

    References
    ----------
    Breiman, "Random forests", 2001, for single columns; families are permuted whole because
    neighbouring bands stand in for each other.
    """
    values = Z.to_numpy()
    tall = np.tile(values, (n_repeats, 1))
    for family, positions in family_positions(Z.columns).items():
        rows = np.concatenate([rng.permutation(len(Z)) for _ in range(n_repeats)])
        tall[:, positions] = values[np.ix_(rows, positions)]
        said = _predict(classifier, tall)
        tall[:, positions] = np.tile(values[:, positions], (n_repeats, 1))
        yield family, said.reshape(n_repeats, len(Z), -1)


def native_importance(classifier, Z):
    """Share out among families what a classifier itself says of its columns.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    Z : DataFrame of shape (n, n_columns)
        Of clips that it has not seen.

    Returns
    -------
    dict of str to dict of str to float
        Shares that add up to 1, by family, by what they are shares of. Of a linear model:
        ``"absolute coefficients"``, summed over classes. Of trees: ``"gain"``, and ``"SHAP"``, the
        mean over clips and classes of what a family brings to the score, without its sign. Of a
        bag, the mean over its members.

    References
    ----------
    Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", 2020; computed by LightGBM.
    """
    shared = [_shares(member, Z) for member in _members(classifier)]
    return {
        what: {family: sum(s[what][family] for s in shared) / len(shared) for family in families}
        for what, families in shared[0].items()
    }


def _predict(classifier, values):
    """Predict from bare columns: of thousands, the names take longer to check than to predict."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        return classifier.predict_proba(values)


def _members(classifier):
    return classifier.estimators_ if isinstance(classifier, VotingClassifier) else [classifier]


def _is_boosted(classifier):
    return hasattr(classifier, "booster_")


def _shares(classifier, Z):
    """Give the shares of one member."""
    positions = family_positions(Z.columns)
    if not _is_boosted(classifier):
        mass = np.abs(classifier.coef_).sum(axis=0)
        return {"absolute coefficients": _share_out(mass, positions)}
    gain = classifier.booster_.feature_importance("gain")
    # LightGBM appends the base score to the columns, class after class.
    brought = classifier.booster_.predict(Z.to_numpy(), pred_contrib=True)
    brought = brought.reshape(len(Z), -1, Z.shape[1] + 1)
    by_family = [np.abs(brought[:, :, p].sum(axis=2)).mean() for p in positions.values()]
    alone = {family: [i] for i, family in enumerate(positions)}
    return {"gain": _share_out(gain, positions), "SHAP": _share_out(np.array(by_family), alone)}


def _share_out(weights, positions):
    total = max(weights.sum(), np.finfo(float).tiny)
    return {family: float(weights[place].sum() / total) for family, place in positions.items()}
