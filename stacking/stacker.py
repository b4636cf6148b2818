"""OutOfFoldStacker: stacking that knows groups, keeps its out-of-fold table and can be scored."""

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, TransformerMixin, clone
from sklearn.metrics import f1_score
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import _BaseComposition, available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _num_samples,
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    indexable,
    validate_data,
)

from ..errors import DataError, UsageError
from .folds import assign_folds
from .out_of_fold import decide, fit_fold, name_columns, predict_with, resolve_method
from .second_level import default_final_estimator, nested_predictions


def _final_has(attribute):
    def check(self):
        final = getattr(self, "final_estimator_", self.final_estimator)
        return final is None or bool(getattr(final, attribute))

    return check


class OutOfFoldStacker(ClassifierMixin, TransformerMixin, _BaseComposition):
    """Stack classifiers through their out-of-fold predictions.

    Every estimator is fitted once a fold and predicts the rows held out; the final estimator learns
    from these predictions alone. New clips are predicted by all fold models, averaged
    (``refit=False``), or by models refitted on all rows as scikit-learn's ``StackingClassifier``
    does (``refit=True``).

    Parameters
    ----------
    estimators : list of (str, estimator)
        Named classifiers over clips or plain features.
    final_estimator : classifier, optional
        Over the out-of-fold predictions; logistic regression by default.
    cv : int, splitter or iterable of (train, held_out), default=5
        A number means folds stratified by label and disjoint by ``groups``, shuffled by
        ``random_state``. Each row must be held out exactly once.
    stack_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to stack; ``auto`` takes the first an estimator has.
    passthrough : bool, default=False
        Give ``X`` itself to the final estimator too; for 2-D numeric ``X``.
    refit : bool, default=False
        Predict with models fitted on all rows instead of the average of the fold models.
    random_state : int or RandomState, optional
        Of the folds, when ``cv`` is a number.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of list of estimator
        By model: its fold models, or the one refitted model.
    final_estimator_ : classifier
    folds_ : ndarray of shape (n,), int
        The fold each row was held out in.
    oof_ : DataFrame of shape (n, n_outputs)
        Out-of-fold predictions, columns ``<name>__<class>``.
    scores_ : Series
        Macro F1 out of fold of each model that gives a class, and of the stack, the latter nested:
        each fold by a final estimator that has not seen it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> models = [("lr", LogisticRegression(max_iter=500)), ("tree", DecisionTreeClassifier())]
    >>> stack = OutOfFoldStacker(models, random_state=0).fit(X, y)
    >>> list(stack.oof_.columns[:2])
    ['lr__0', 'lr__1']
    """

    def __init__(
        self,
        estimators,
        final_estimator=None,
        *,
        cv=5,
        stack_method="auto",
        passthrough=False,
        refit=False,
        random_state=None,
    ):
        self.estimators = estimators
        self.final_estimator = final_estimator
        self.cv = cv
        self.stack_method = stack_method
        self.passthrough = passthrough
        self.refit = refit
        self.random_state = random_state

    def get_params(self, deep=True):
        """Get parameters, those of the estimators as ``<name>__<parameter>``."""
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters, those of the estimators as ``<name>__<parameter>``."""
        return self._set_params("estimators", **params)

    def fit(self, X, y, groups=None):
        """Fit every estimator by fold, then the final estimator on what they said.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)
        y : array-like of shape (n,)
        groups : array-like of shape (n,), optional
            Rows of one group (a song) stay on one side of every split.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is not one of those expected.
        DataError
            A class has too few groups, or the splits do not hold out each row once.
        """
        self._check_names()
        X, y = self._validate(X, y)
        self.classes_ = np.unique(y)
        splits = self._split(X, y, groups)
        self.folds_ = _held_out_once(splits, len(y))
        self.stack_method_ = [resolve_method(e, self.stack_method) for _, e in self.estimators]
        self.estimators_, oof = [], []
        for (name, estimator), method in zip(self.estimators, self.stack_method_, strict=True):
            models = [fit_fold(estimator, X, y, *split, method=method) for split in splits]
            oof.append(self._gather(name, models, X))
            refitted = [clone(estimator).fit(X, y)] if self.refit else None
            self.estimators_.append(refitted or [model.estimator for model in models])
        self.oof_ = pd.concat(oof, axis=1)
        self._fit_final(X, y)
        return self

    def transform(self, X):
        """Give what the first level says of new clips, columns as in ``oof_``.

        Returns
        -------
        ndarray of shape (n, n_outputs)
        """
        check_is_fitted(self, "final_estimator_")
        X = self._validate_table(X, reset=False)
        return np.hstack(
            [
                np.mean([predict_with(model, X, method) for model in models], axis=0)
                for models, method in zip(self.estimators_, self.stack_method_, strict=True)
            ]
        )

    def get_feature_names_out(self, input_features=None):
        """Name the outputs of ``transform``: the columns of ``oof_``."""
        check_is_fitted(self, "oof_")
        return self.oof_.columns.to_numpy(dtype=object)

    def predict(self, X):
        """Predict a class for each clip, as an array of shape (n,)."""
        features = self._second_level(X, self.transform(X))
        return self.final_estimator_.predict(features)

    @available_if(_final_has("predict_proba"))
    def predict_proba(self, X):
        """Predict class probabilities, as an array of shape (n, n_classes)."""
        features = self._second_level(X, self.transform(X))
        return self.final_estimator_.predict_proba(features)

    @available_if(_final_has("decision_function"))
    def decision_function(self, X):
        """Give the final estimator's decision values."""
        features = self._second_level(X, self.transform(X))
        return self.final_estimator_.decision_function(features)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = all(get_tags(e).input_tags.sparse for _, e in self.estimators)
        return tags

    def _check_names(self):
        names = [name for name, _ in self.estimators] if self.estimators else []
        if not names:
            raise UsageError("OutOfFoldStacker needs at least one (name, estimator). Got none.")
        self._validate_names(names)

    def _validate(self, X, y):
        y = column_or_1d(y, warn=True)
        if y.dtype.kind == "f":
            assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        check_consistent_length(X, y)
        if len(np.unique(y)) < 2:
            raise DataError(f"y holds {len(np.unique(y))} classes; stacking needs two or more")
        return self._validate_table(X, reset=True), y

    def _validate_table(self, X, *, reset):
        """Check the width and names of 2-D ``X``; sequences of clips pass as they are."""
        (X,) = indexable(X)
        if getattr(X, "ndim", 1) == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
        return X

    def _split(self, X, y, groups):
        if isinstance(self.cv, int | np.integer):
            seed = check_random_state(self.random_state).randint(2**31 - 1)
            folds = assign_folds(y, groups, n_folds=self.cv, seed=seed)
            rows = [np.flatnonzero(folds == fold) for fold in range(self.cv)]
            return [(np.setdiff1d(np.arange(len(y)), held_out), held_out) for held_out in rows]
        splitter = check_cv(self.cv, y, classifier=True)
        return list(splitter.split(y, y) if groups is None else splitter.split(y, y, groups))

    def _gather(self, name, models, X):
        """Put the held-out predictions of one model back in the order of ``X``."""
        width = models[0].predictions.shape[1]
        values = np.empty((_num_samples(X), width), dtype=models[0].predictions.dtype)
        for model in models:
            values[model.rows] = model.predictions
        columns = name_columns(name, self.classes_, width)
        return pd.DataFrame(values, columns=columns, index=X.index if hasattr(X, "iloc") else None)

    def _fit_final(self, X, y):
        final = self.final_estimator
        final = default_final_estimator() if final is None else final
        features = self._second_level(X, self.oof_.to_numpy())
        self.final_estimator_ = clone(final).fit(features, y)
        self.scores_ = self._score(final, features, y)

    def _second_level(self, X, predictions):
        return np.hstack([predictions, np.asarray(X)]) if self.passthrough else predictions

    def _score(self, final, features, y):
        scores = {}
        for (name, _), method in zip(self.estimators, self.stack_method_, strict=True):
            columns = [c for c in self.oof_ if c == name or c.startswith(f"{name}__")]
            guess = decide(self.oof_[columns].to_numpy(), self.classes_, method)
            scores[name] = f1_score(y, guess, average="macro")
        nested = nested_predictions(final, features, y, self.folds_)
        scores["stack"] = f1_score(y, nested, average="macro")
        return pd.Series(scores, name="macro_f1")


def _held_out_once(splits, n):
    """Give each row its fold, refusing splits that are not a partition."""
    folds = np.full(n, -1)
    for fold, (_, held_out) in enumerate(splits):
        if (folds[held_out] >= 0).any():
            raise DataError("cv holds some rows out twice; each row must be held out exactly once")
        folds[held_out] = fold
    if (folds < 0).any():
        raise DataError(f"cv never holds out row {np.argmin(folds)}; each row must be held out")
    return folds
