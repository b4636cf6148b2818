"""Group-aware stacking with a stored out-of-fold table and nested scores."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names_in,
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    indexable,
)

from ..exceptions import DataError, UsageError
from ..utils.containers import as_sequence
from ..utils.threads import one_blas_thread
from .base_models import SharedTransformers, check_estimators, fit_models
from .folds import make_splits
from .groups import resolve_groups, warn_of_shared_recordings
from .labelwise import multilabel_final_estimator, score_labels
from .meta_model import (
    add_passthrough,
    check_final_estimator,
    fit_passthrough,
    nested_predictions,
    passthrough_names,
    score_table,
)
from .metrics import macro_f1
from .multilabel import check_targets, label_names, label_sets, one_column_per_label, to_indicator
from .out_of_fold import is_regressor, predict_with, resolve_method, to_labels
from .routing import FINAL, check_fit_params, make_router, route_fit, route_predict


def _final_has(method):
    def check(self):
        final = getattr(self, "final_estimator_", self.final_estimator)
        return final is None or bool(getattr(final, method))

    return check


class OutOfFoldStacker(StackingClassifier):
    """Stacking classifier with group-aware out-of-fold predictions.

    A ``StackingClassifier`` that keeps its folds, its out-of-fold predictions and their scores.
    Every estimator is fitted once per fold and predicts the held-out rows; the final estimator is
    fitted on these predictions alone. New clips are predicted by the mean of all fold models
    (``refit=False``), or by models refitted on all rows, as scikit-learn does (``refit=True``).
    Stateless steps at the start of pipelines, such as spectral features, are computed once per
    clip, not once per model and fold.

    Parameters
    ----------
    estimators : list of (str, estimator)
        Named classifiers over clips or plain features, ``"drop"`` in the place of one that is left
        out, or regressors, which are fitted on the positions of the classes. A ``FrozenEstimator``
        is not fitted; its predictions count as out-of-fold, so it must have been fitted on other
        songs.
    final_estimator : classifier, optional
        The meta-model over the out-of-fold predictions, such as a blend; logistic regression by
        default. With several labels for a row, one that takes a single label is fitted for each:
        see :class:`LabelwiseClassifier`.
    cv : int, splitter, iterable of (train, held_out) or "prefit", default=5
        A number makes folds stratified by label and disjoint by ``groups``, shuffled by
        ``random_state``. Other splits must hold out each row once, or once per repeat. With
        ``"prefit"`` all estimators are fitted already, as if each were a ``FrozenEstimator``.
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
    classes_ : ndarray of shape (n_classes,), or list of ndarray
        A list of the classes 0 and 1 of each label, where ``y`` has several labels for a row.
    estimators_ : list of estimator, or list of list of estimator
        The refitted or prefit models; without these, for each model the list of its fold models,
        repeat after repeat.
    named_estimators_ : Bunch
        The same by name, with ``"drop"`` where an estimator was left out.
    n_features_in_ : int
        That of the first model, if it has one.
    feature_names_in_ : ndarray of str
        If a model has them.
    final_estimator_ : classifier
    fold_tables_ : ndarray of shape (n_repeats, n), int
        The fold in which each row was held out.
    folds_ : ndarray of shape (n,), int
        The first of these tables, by which the meta-model is scored.
    oof_ : DataFrame of shape (n, n_outputs)
        Out-of-fold predictions, columns ``<name>__<class>``, or ``<name>__<label>``.
    scores_ : DataFrame
        Out-of-fold macro F1 of each model, and nested macro F1 of the stack: each fold is predicted
        by a final estimator that was fitted on the others. Columns ``macro_f1``, and ``low`` and
        ``high`` of the 95 % interval (bootstrap over groups); with several labels also the mean
        ``average_precision`` and ``roc_auc``.
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

    @property
    def n_features_in_(self):
        """Number of columns of ``X``, of the first model."""
        if not hasattr(self, "estimators_"):
            raise AttributeError(f"{type(self).__name__} object has no attribute n_features_in_")
        return _fold_models(self.estimators_[0])[0].n_features_in_

    def get_metadata_routing(self):
        """Return the router of parameters to the estimators and the final estimator."""
        return make_router(self, self.estimators, self._final())

    @one_blas_thread()
    def fit(self, X, y, groups=None, **fit_params):
        """Fit every estimator by fold, then the final estimator on their predictions.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)
        y : array-like of shape (n,), or of shape (n, n_labels)
            Classes; or of rows with any number of labels an indicator matrix of zeros and ones.
            The columns of a DataFrame name the labels.
        groups : array-like of shape (n,), optional
            Rows of one group (a song) are on one side of every split. By default mashups that share
            songs or noise clips, directly or through others, are a group, and other rows are each
            their own. Estimators whose ``fit`` takes groups get them, such as a nested stacker or a
            network with early stopping; with scikit-learn's metadata routing enabled, those that
            request them.
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

        Warns
        -----
        DataWarning
            Files without groups seem to be of one recording, and are in different folds.
        """
        fit_params = check_fit_params(fit_params)
        named = self._named()
        named_y, (X, y) = y, self._validate(X, y)
        labels, kinds = None, y
        if y.ndim == 2:
            labels = label_names(named_y)
            kinds = label_sets(y)
        groups = resolve_groups(X, kinds, groups)
        params = route_fit(self, named, self._final(), fit_params, groups, n=len(y))
        self.classes_ = np.unique(y) if labels is None else [np.array([0, 1])] * len(labels)
        cv = 5 if self._is_prefit() else self.cv
        splits, self.fold_tables_ = make_splits(
            cv, y, groups, n_repeats=self.n_repeats, random_state=self.random_state
        )
        self.folds_ = self.fold_tables_[0]
        if groups is None:
            warn_of_shared_recordings(X, kinds, self.folds_)
        predictions = self._fit_base_models(named, X, y, splits, labels, params)
        features = self._fit_final_estimator(X, y, params[FINAL])
        self._score(predictions, features, y, groups, params[FINAL])
        return self

    @one_blas_thread()
    def transform(self, X):
        """Return the input of the final estimator for new clips.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n, n_outputs + n_passed)
            The predictions of the base models, with the columns of ``oof_``, then the features of
            ``passthrough``. Sparse if these are, in their format.
        """
        check_is_fitted(self, "final_estimator_")
        X = as_sequence(X)
        shared = SharedTransformers(X)
        predict = partial(predict_with, multilabel=self._is_multilabel)
        predictions = [
            np.mean([predict(*shared.apply(m), method) for m in _fold_models(models)], axis=0)
            for models, method in zip(self.estimators_, self.stack_method_, strict=True)
        ]
        return add_passthrough(np.hstack(predictions), self.passthrough_, X)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the outputs of ``transform``.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the columns of ``X``, for ``passthrough`` of columns.

        Returns
        -------
        ndarray of str
            The columns of ``oof_``, then those of ``passthrough``.
        """
        check_is_fitted(self, "oof_")
        passed = passthrough_names(
            self.passthrough_, lambda: _check_feature_names_in(self, input_features)
        )
        return np.array([*self.oof_.columns, *passed], dtype=object)

    @one_blas_thread()
    def predict(self, X, **predict_params):
        """Predict the class of each clip.

        Parameters
        ----------
        X : sequence of clips or array-like of shape (n, n_features)
        **predict_params
            Passed to the final estimator; with scikit-learn's metadata routing enabled, those that
            it requests.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._predict_final("predict", X, **route_predict(self, predict_params))

    @available_if(_final_has("predict_proba"))
    @one_blas_thread()
    def predict_proba(self, X):
        """Predict class probabilities, as an array of shape (n, n_classes).

        Of several labels the probability of each, as an array of shape (n, n_labels).
        """
        proba = self._predict_final("predict_proba", X)
        if self._is_multilabel:
            return one_column_per_label(self.final_estimator_, proba)
        return proba

    @available_if(_final_has("decision_function"))
    @one_blas_thread()
    def decision_function(self, X):
        """Return the decision values of the final estimator."""
        return self._predict_final("decision_function", X)

    @property
    def _is_multilabel(self):
        return isinstance(self.classes_, list)

    def _predict_final(self, method, X, **params):
        features = self.transform(X)
        return getattr(self.final_estimator_, method)(features, **params)

    def _is_prefit(self):
        return isinstance(self.cv, str) and self.cv == "prefit"

    def _named(self):
        """Return the named estimators that take part, frozen if they are prefit."""
        named = check_estimators(self.estimators)
        self._validate_names([name for name, _ in self.estimators])
        if "stack" in dict(named):
            raise UsageError(
                "'stack' is reserved for the ensemble's row in scores_; rename the estimator"
            )
        freeze = FrozenEstimator if self._is_prefit() else lambda estimator: estimator
        return [(name, freeze(estimator)) for name, estimator in named]

    def _validate(self, X, y):
        X, y = as_sequence(X), check_targets(y)
        if y.dtype.kind == "f":
            assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        check_consistent_length(X, y)
        if len(np.unique(y)) < 2:
            raise DataError(f"y holds {len(np.unique(y))} classes; stacking needs two or more")
        return indexable(X)[0], y

    def _final(self):
        return check_final_estimator(self.final_estimator)

    def _final_for(self, y):
        final = self._final()
        return final if y.ndim == 1 else multilabel_final_estimator(final, self.passthrough)

    def _resolve_methods(self, named):
        methods = [resolve_method(estimator, self.stack_method, name) for name, estimator in named]
        is_mean = not self._is_prefit() and (not self.refit or len(self.fold_tables_) > 1)
        for (name, estimator), method in zip(named, methods, strict=True):
            if is_mean and method == "predict" and not is_regressor(estimator):
                raise UsageError(
                    f"{name}: the classes of stack_method 'predict' cannot be averaged over "
                    "models; use refit=True without repeats, or an estimator with predict_proba"
                )
        return methods

    def _fit_base_models(self, named, X, y, splits, labels, params):
        self.stack_method_ = self._resolve_methods(named)
        options = {"labels": labels, "params": params, "refit": self.refit, "n_jobs": self.n_jobs}
        models = fit_models(named, self.stack_method_, X, y, splits, **options)
        self.estimators_ = [model.fitted for model in models]
        if self._is_prefit():
            self.estimators_ = [frozen.estimator for _, frozen in named]
        fitted = dict(zip(dict(named), self.estimators_, strict=True))
        self.named_estimators_ = Bunch(**{n: fitted.get(n, "drop") for n, _ in self.estimators})
        vars(self).pop("feature_names_in_", None)
        for one in map(_fold_models, self.estimators_):
            if hasattr(one[0], "feature_names_in_"):
                self.feature_names_in_ = one[0].feature_names_in_
        self.oof_ = pd.concat([model.oof for model in models], axis=1)
        if hasattr(X, "iloc"):
            self.oof_.index = X.index
        convert = partial(to_labels, classes=self.classes_) if labels is None else to_indicator
        return {
            name: convert(model.oof.to_numpy(), method=method)
            for (name, _), model, method in zip(named, models, self.stack_method_, strict=True)
        }

    def _fit_final_estimator(self, X, y, params):
        self.passthrough_ = fit_passthrough(self.passthrough, X)
        (features,) = indexable(add_passthrough(self.oof_.to_numpy(), self.passthrough_, X))
        self.final_estimator_ = clone(self._final_for(y))
        self.final_estimator_.fit(features, y, **params)
        return features

    def _score(self, predictions, features, y, groups, params):
        nested = partial(
            nested_predictions, self._final_for(y), features, y, self.folds_, fit_params=params
        )
        predictions = {**predictions, "stack": nested()}
        if y.ndim == 1:
            self.scores_ = score_table(y, predictions, groups)
        else:
            self.scores_ = self._score_labels(predictions, nested, y, groups)
        in_sample = macro_f1(y, self.final_estimator_.predict(features))
        self.optimism_ = in_sample - self.scores_.loc["stack", "macro_f1"]

    def _score_labels(self, predictions, nested, y, groups):
        """Score several labels; the base models and the stack by their probabilities, too."""
        n_labels, ranks = y.shape[1], {}
        for i, (name, method) in enumerate(
            zip(list(predictions)[:-1], self.stack_method_, strict=True)
        ):
            if method != "predict":
                ranks[name] = self.oof_.iloc[:, i * n_labels : (i + 1) * n_labels].to_numpy()
        if hasattr(self.final_estimator_, "predict_proba"):
            ranks["stack"] = nested(method="predict_proba")
        return pd.DataFrame.from_dict(
            {
                name: score_labels(y, y_pred, ranks.get(name), groups)
                for name, y_pred in predictions.items()
            },
            orient="index",
        )


def _fold_models(models):
    """Return the fold models of one model, or the single refitted or prefit one in a list."""
    return models if isinstance(models, list) else [models]
