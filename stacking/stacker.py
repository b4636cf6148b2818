"""Group-aware stacking with a stored out-of-fold table and nested scores."""

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
    indexable,
    validate_data,
)

from ..exceptions import DataError, UsageError
from ..utils.containers import as_sequence
from ..utils.targets import check_labels, check_sample_weight
from ..utils.threads import one_blas_thread
from .base_models import SharedTransformers, fit_models
from .folds import make_splits
from .meta_model import (
    check_final_estimator,
    fit_passthrough,
    nested_predictions,
    passthrough_features,
    score_table,
)
from .metrics import macro_f1
from .out_of_fold import predict_with, resolve_method, to_labels
from .routing import FINAL, make_router, route_fit


def _check_fit_params(params, n):
    """Check that parameters of ``fit`` have one value per row, before anything is fitted."""
    params = {name: value for name, value in params.items() if value is not None}
    if "sample_weight" in params:
        params["sample_weight"] = check_sample_weight(params["sample_weight"], n)
    for name, value in params.items():
        if not hasattr(value, "__len__") or len(value) != n:
            raise DataError(f"{name} must have one value per row, {n} in all. Got {value!r:.50}.")
    return params


def _final_has(attribute):
    def check(self):
        final = getattr(self, "final_estimator_", self.final_estimator)
        return final is None or bool(getattr(final, attribute))

    return check


class OutOfFoldStacker(ClassifierMixin, TransformerMixin, _BaseComposition):
    """Stacking classifier with group-aware out-of-fold predictions.

    Every estimator is fitted once per fold and predicts the held-out rows; the final estimator is
    fitted on these predictions alone. New clips are predicted by the mean of all fold models
    (``refit=False``), or by models refitted on all rows, like scikit-learn's
    ``StackingClassifier`` (``refit=True``). Stateless steps at the start of pipelines, such as
    spectral features, are computed once per clip, not once per model and fold.

    Parameters
    ----------
    estimators : list of (str, estimator)
        Named classifiers over clips or plain features. A ``FrozenEstimator`` is not fitted; its
        predictions count as out-of-fold, so it must have been fitted on other songs.
    final_estimator : classifier, optional
        The meta-model over the out-of-fold predictions, such as a blend; logistic regression by
        default.
    cv : int, splitter or iterable of (train, held_out), default=5
        A number makes folds stratified by label and disjoint by ``groups``, shuffled by
        ``random_state``. Other splits must hold out each row once, or once per repeat.
    n_repeats : int, default=1
        Number of fold tables, if ``cv`` is a number; predictions are averaged over them.
    stack_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to stack; ``auto`` takes the first that an estimator has.
    passthrough : bool, list of columns, or transformer, default=False
        Features that the final estimator gets in addition to the predictions: all columns of ``X``,
        columns by name or position, or the output of the transformer, which is fitted without
        labels.
    refit : bool, default=False
        Predict with models fitted on all rows instead of the average of the fold models.
    n_jobs : int, optional
        Number of parallel fits, as in joblib.
    random_state : int or RandomState, optional
        Of the folds, if ``cv`` is a number.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of list of estimator
        For each model its fold models, repeat after repeat, or the single refitted model.
    final_estimator_ : classifier
    fold_tables_ : ndarray of shape (n_repeats, n), int
        The fold in which each row was held out.
    folds_ : ndarray of shape (n,), int
        The first of these tables, by which the meta-model is scored.
    oof_ : DataFrame of shape (n, n_outputs)
        Out-of-fold predictions, columns ``<name>__<class>``.
    scores_ : DataFrame
        Out-of-fold macro F1 of each model, and nested macro F1 of the stack: each fold is predicted
        by a final estimator that was fitted on the others. Columns ``macro_f1``, and ``low`` and
        ``high`` of the 95 % interval (bootstrap over groups).
    optimism_ : float
        Macro F1 of the stack on the training rows of its final estimator, minus the nested score.

    See Also
    --------
    sklearn.ensemble.StackingClassifier : Stacking without groups, scores or stored predictions.
    make_blend : Makes final estimators by name.
    nested_predictions : The predictions that are scored as ``stack``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from stemstack.stacking import OutOfFoldStacker
    >>> X, y = load_iris(return_X_y=True)
    >>> models = [("lr", LogisticRegression(max_iter=500)), ("tree", DecisionTreeClassifier())]
    >>> stack = OutOfFoldStacker(models, random_state=0).fit(X, y)
    >>> list(stack.oof_.columns[:2])
    ['lr__0', 'lr__1']
    >>> list(stack.scores_.index)
    ['lr', 'tree', 'stack']
    """

    # Requested by default, like by scikit-learn's group splitters: songs must not be split.
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
        """Return the parameters; those of the estimators are named ``<name>__<parameter>``."""
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters; those of the estimators are named ``<name>__<parameter>``."""
        return self._set_params("estimators", **params)

    def get_metadata_routing(self):
        """Return the router of ``fit`` parameters to the estimators and the final estimator."""
        return make_router(self, self.estimators, self._final())

    @one_blas_thread()
    def fit(self, X, y, groups=None, **fit_params):
        """Fit every estimator by fold, then the final estimator on their predictions.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)
        y : array-like of shape (n,)
        groups : array-like of shape (n,), optional
            Rows of one group (a song) are on one side of every split. Estimators that split by
            themselves, such as a nested stacker, get the groups only with scikit-learn's metadata
            routing enabled.
        **fit_params : dict of str to array-like of shape (n,)
            ``sample_weight``, for every estimator and the final one; with scikit-learn's metadata
            routing enabled, whatever the estimators request, including ``groups``. Scores weight
            all rows equally.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter has an unexpected value.
        DataError
            A label or weight is missing, a class has too few groups, or the splits leak or do not
            hold out each row once.
        """
        self._check_names()
        X, y = self._validate(X, y)
        fit_params = _check_fit_params(fit_params, len(y))
        params = route_fit(self, self.estimators, self._final(), fit_params, groups)
        self.classes_ = np.unique(y)
        splits, self.fold_tables_ = make_splits(
            self.cv, y, groups, n_repeats=self.n_repeats, random_state=self.random_state
        )
        self.folds_ = self.fold_tables_[0]
        oof = self._fit_base_models(X, y, splits, params)
        features = self._fit_final_estimator(X, y, params[FINAL])
        self._score(oof, features, y, groups, params[FINAL])
        return self

    @one_blas_thread()
    def transform(self, X):
        """Predict new clips by the base models, with the columns of ``oof_``.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)

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
        """Return the names of the outputs of ``transform``: the columns of ``oof_``."""
        check_is_fitted(self, "oof_")
        return self.oof_.columns.to_numpy(dtype=object)

    @one_blas_thread()
    def predict(self, X):
        """Predict the class of each clip, as an array of shape (n,)."""
        return self._predict_final("predict", X)

    @available_if(_final_has("predict_proba"))
    @one_blas_thread()
    def predict_proba(self, X):
        """Predict class probabilities, as an array of shape (n, n_classes)."""
        return self._predict_final("predict_proba", X)

    @available_if(_final_has("decision_function"))
    @one_blas_thread()
    def decision_function(self, X):
        """Return the decision values of the final estimator."""
        return self._predict_final("decision_function", X)

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
                raise UsageError(f"{name}: {estimator!r} is not an estimator; leave it out")
        if "stack" in names:
            raise UsageError(
                "'stack' is reserved for the ensemble's row in scores_; rename the estimator"
            )

    def _validate(self, X, y):
        X, y = as_sequence(X), check_labels(y)
        if y.dtype.kind == "f":
            assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        check_consistent_length(X, y)
        if len(np.unique(y)) < 2:
            raise DataError(f"y holds {len(np.unique(y))} classes; stacking needs two or more")
        return self._validate_table(X, reset=True), y

    def _validate_table(self, X, *, reset):
        """Check the width and column names of 2-D ``X``; sequences of clips are not changed."""
        (X,) = indexable(as_sequence(X))
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
                f"{name}: the classes of stack_method 'predict' cannot be averaged over models; "
                "use refit=True without repeats, or an estimator with predict_proba"
            )
        return methods

    def _fit_base_models(self, X, y, splits, params):
        self.stack_method_ = self._resolve_methods(len(self.fold_tables_))
        options = {"params": params, "refit": self.refit, "n_jobs": self.n_jobs}
        models = fit_models(self.estimators, self.stack_method_, X, y, splits, **options)
        self.estimators_ = [model.estimators for model in models]
        self.oof_ = pd.concat([model.oof for model in models], axis=1)
        if hasattr(X, "iloc"):
            self.oof_.index = X.index
        return [model.oof.to_numpy() for model in models]

    def _fit_final_estimator(self, X, y, params):
        self.passthrough_ = fit_passthrough(self.passthrough, X)
        features = self._add_passthrough(X, self.oof_.to_numpy())
        self.final_estimator_ = clone(self._final()).fit(features, y, **params)
        return features

    def _score(self, oof, features, y, groups, params):
        named = zip(self.estimators, oof, self.stack_method_, strict=True)
        predictions = {
            name: to_labels(values, self.classes_, method) for (name, _), values, method in named
        }
        nested = nested_predictions(self._final(), features, y, self.folds_, fit_params=params)
        self.scores_ = score_table(y, {**predictions, "stack": nested}, groups)
        in_sample = macro_f1(y, self.final_estimator_.predict(features))
        self.optimism_ = in_sample - self.scores_.loc["stack", "macro_f1"]

    def _predict_final(self, method, X):
        X = as_sequence(X)
        features = self._add_passthrough(X, self.transform(X))
        return getattr(self.final_estimator_, method)(features)

    def _add_passthrough(self, X, predictions):
        if self.passthrough_ is False:
            return predictions
        return np.hstack([predictions, passthrough_features(self.passthrough_, X)])
