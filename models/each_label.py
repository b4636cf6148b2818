"""Models of a single label, fitted to each of several labels."""

from sklearn.base import BaseEstimator
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags


def fit_each_label(model):
    """Return a model for clips with any number of labels.

    Parameters
    ----------
    model : classifier
        Unfitted.

    Returns
    -------
    classifier
        The same if it takes an indicator matrix. Else each label has a classifier of its own: the
        last step of a pipeline is repeated, as its features do not depend on the labels.

    See Also
    --------
    make_model : Makes a model by name.
    sklearn.multioutput.MultiOutputClassifier : Fits one classifier per label.

    Examples
    --------
    >>> from stemstack.models import fit_each_label, make_model
    >>> fit_each_label(make_model("lr")).steps[-1]
    ('classifier', MultiOutputClassifier(estimator=LogisticRegression(C=0.01, max_iter=2000)))
    """
    if isinstance(model, Pipeline):
        name, last = model.steps[-1]
        return Pipeline([*model.steps[:-1], (name, fit_each_label(last))])
    takes_several = isinstance(model, BaseEstimator) and get_tags(model).classifier_tags.multi_label
    return model if takes_several else MultiOutputClassifier(model)
