"""OutOfFoldStacker: stacking that knows groups, keeps its out-of-fold table and can be scored."""

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import _BaseComposition, available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    indexable,
    validate_data,
)

from ..exceptions import DataError, UsageError
from .base_models import SharedTransformers, fit_models
from .meta_model import (
    check_final_estimator,
    fit_passthrough,
    nested_predictions,
    passed_features,
    score_table,
)
from .metrics.f1 import macro_f1
from .out_of_fold import predict_with, resolve_method, to_labels
from .routing import FINAL, make_router, route_fit
from .splits import make_splits


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
    does (``refit=True``). What pipelines begin with and learn nothing in, such as spectral
    features, is computed once a clip, not once a model and fold.

    Parameters
    ----------
    estimators : list of (str, estimator)
        Named classifiers over clips or plain features. One in a ``FrozenEstimator`` is not fitted:
        its predictions count as out of fold, so it must have been fitted on other songs.
    final_estimator : classifier, optional
        Over the out-of-fold predictions, such as one of the blends; logistic regression by default.
    cv : int, splitter or iterable of (train, held_out), default=5
        A number means folds stratified by label and disjoint by ``groups``, shuffled by
        ``random_state``. Splits must hold out each row once, or once a repeat.
    n_repeats : int, default=1
        Tables of folds, for a ``cv`` that is a number; predictions are averaged over them.
    stack_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to stack; ``auto`` takes the first an estimator has.
    passthrough : bool, list of columns, or transformer, default=False
        What the final estimator sees beside the predictions: all columns of ``X``, those named or
        numbered, or what the transformer, fitted without labels, makes of ``X``.
    refit : bool, default=False
        Predict with models fitted on all rows instead of the average of the fold models.
    n_jobs : int, optional
        Fits side by side, as in joblib.
    random_state : int or RandomState, optional
        Of the folds, when ``cv`` is a number.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of list of estimator
        By model: its fold models, repeat after repeat, or the one refitted model.
    final_estimator_ : classifier
    fold_tables_ : ndarray of shape (n_repeats, n), int
        The fold each row was held out in.
    folds_ : ndarray of shape (n,), int
        The first of them, by which the second level is scored.
    oof_ : DataFrame of shape (n, n_outputs)
        Out-of-fold predictions, columns ``<name>__<class>``.
    scores_ : DataFrame
        Macro F1 out of fold of each model and of the stack, the latter nested: each fold by a final
        estimator that has not seen it. Columns ``macro_f1``, and ``low`` and ``high`` of the 95 %
        interval (bootstrap by group).
    optimism_ : float
        By how much the stack's macro F1 on the rows its final estimator has seen exceeds that.

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

    # Asked for by default, as by scikit-learn's group splitters: without, songs would be parted.
    __metadata_request__fit = {"groups": True}  # noqa: RUF012

    def __init__(
        self,
        estimators,
        final_estimator=None,
        *,
        cv=5,
        n_repeats=1,
        stack_method="auto",
        passthrough=False,
        refit=False,
        n_jobs=None,
        random_state=None,
    ):
        self.estimators = estimators
        self.final_estimator = final_estimator
        self.cv = cv
        self.n_repeats = n_repeats
        self.stack_method = stack_method
        self.passthrough = passthrough
        self.refit = refit
        self.n_jobs = n_jobs
        self.random_state = random_state

    def get_params(self, deep=True):
        """Get parameters, those of the estimators as ``<name>__<parameter>``."""
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters, those of the estimators as ``<name>__<parameter>``."""
        return self._set_params("estimators", **params)

    def get_metadata_routing(self):
        """Say what ``fit`` hands on to the estimators, and to the final one."""
        return make_router(self, self.estimators, self._final())

    def fit(self, X, y, groups=None, **fit_params):
        """Fit every estimator by fold, then the final estimator on what they said.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)
        y : array-like of shape (n,)
        groups : array-like of shape (n,), optional
            Rows of one group (a song) stay on one side of every split. Estimators that split by
            themselves, such as a stacker in this one, are given them only with scikit-learn's
            metadata routing enabled.
        **fit_params : dict of str to array-like of shape (n,)
            ``sample_weight``, for every estimator and the final one; with scikit-learn's metadata
            routing enabled, whatever the estimators request, ``groups`` among it. Scores count
            each row once.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is not one of those expected.
        DataError
            A class has too few groups, or the splits leak or do not hold out each row once.
        """
        self._check_names()
        X, y = self._validate(X, y)
        params = route_fit(self, self.estimators, self._final(), fit_params, groups)
        self.classes_ = np.unique(y)
        splits, self.fold_tables_ = make_splits(
            self.cv, y, groups, n_repeats=self.n_repeats, random_state=self.random_state
        )
        self.folds_ = self.fold_tables_[0]
        said = self._fit_first(X, y, splits, params)
        features = self._fit_final(X, y, params[FINAL])
        self._score(said, features, y, groups, params[FINAL])
        return self

    def transform(self, X):
        """Give what the first level says of new clips, columns as in ``oof_``.

        Returns
        -------
        ndarray of shape (n, n_outputs)
        """
        check_is_fitted(self, "final_estimator_")
        shared = SharedTransformers(self._validate_table(X, reset=False))
        return np.hstack(
            [
                np.mean([predict_with(*shared.apply(m), method) for m in models], axis=0)
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
        for name, estimator in self.estimators:
            if not hasattr(estimator, "fit"):
                raise UsageError(f"{name}: {estimator!r} is no estimator; leave it out")
        if "stack" in names:
            raise UsageError("An estimator cannot be named 'stack': scores_ calls the whole so")

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

    def _final(self):
        return check_final_estimator(self.final_estimator)

    def _resolve_methods(self, n_tables):
        methods = [resolve_method(estimator, self.stack_method) for _, estimator in self.estimators]
        if "predict" in methods and (not self.refit or n_tables > 1):
            name = self.estimators[methods.index("predict")][0]
            raise UsageError(
                f"{name}: classes cannot be averaged, which the stack_method 'predict' gives; "
                "predict with refit=True, without repeats, or choose an estimator with "
                "predict_proba"
            )
        return methods

    def _fit_first(self, X, y, splits, params):
        self.stack_method_ = self._resolve_methods(len(self.fold_tables_))
        models = fit_models(
            self.estimators,
            self.stack_method_,
            X,
            y,
            splits,
            params=params,
            refit=self.refit,
            n_jobs=self.n_jobs,
        )
        self.estimators_ = [model.estimators for model in models]
        self.oof_ = pd.concat([model.oof for model in models], axis=1)
        if hasattr(X, "iloc"):
            self.oof_.index = X.index
        return [model.oof.to_numpy() for model in models]

    def _fit_final(self, X, y, params):
        self.passthrough_ = fit_passthrough(self.passthrough, X)
        features = self._second_level(X, self.oof_.to_numpy())
        self.final_estimator_ = clone(self._final()).fit(features, y, **params)
        return features

    def _score(self, said, features, y, groups, params):
        named = zip(self.estimators, said, self.stack_method_, strict=True)
        guesses = {
            name: to_labels(part, self.classes_, method) for (name, _), part, method in named
        }
        nested = nested_predictions(self._final(), features, y, self.folds_, fit_params=params)
        self.scores_ = score_table(y, {**guesses, "stack": nested}, groups)
        in_sample = macro_f1(y, self.final_estimator_.predict(features))
        self.optimism_ = in_sample - self.scores_.loc["stack", "macro_f1"]

    def _second_level(self, X, predictions):
        if self.passthrough_ is False:
            return predictions
        return np.hstack([predictions, passed_features(self.passthrough_, X)])
