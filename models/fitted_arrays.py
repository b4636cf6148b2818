"""Checks of fitted arrays that compiled code of scikit-learn uses without checking them."""

import numpy as np
from sklearn.svm._base import BaseLibSVM
from sklearn.tree._tree import Tree

_MAX_DEPTH = 10_000


def check_fitted_arrays(part):
    """Raise ValueError if the arrays of a tree or a support vector machine do not fit together.

    Parameters
    ----------
    part : object
        Part of a loaded model; of other classes nothing is checked.
    """
    if isinstance(part, Tree):
        _check_tree(part)
    elif isinstance(part, BaseLibSVM) and hasattr(part, "support_vectors_"):
        _check_svm(part)


def _check_tree(tree):
    """Check that each child comes after its parent, and that features and values exist."""
    left, right, features = tree.children_left, tree.children_right, tree.feature
    n_nodes, nodes = tree.node_count, np.arange(tree.node_count)
    is_leaf = left == -1
    inner = ~is_leaf
    children = np.concatenate([left[inner], right[inner]])
    parents = np.concatenate([nodes[inner], nodes[inner]])
    is_tree = np.array_equal(np.sort(children), nodes[1:]) and (children > parents).all()
    if n_nodes < 1 or not is_tree or (right[is_leaf] != -1).any():
        raise ValueError("its nodes are not those of a tree")
    if ((features[inner] < 0) | (features[inner] >= tree.n_features)).any():
        raise ValueError(f"its features must be from 0 to {tree.n_features - 1}")
    if tree.value.shape[0] != n_nodes or not 0 <= tree.max_depth <= _MAX_DEPTH:
        raise ValueError("its values do not fit its nodes")


def _check_svm(svm):
    """Check the shapes that libsvm derives from the number of support vectors by class."""
    n_support = np.asarray(svm._n_support)
    n_vectors, n_classes = len(svm.support_), len(n_support)
    is_regression = svm._impl in ("epsilon_svr", "nu_svr", "one_class")
    n_pairs = 1 if is_regression else n_classes * (n_classes - 1) // 2
    probabilities = [np.asarray(getattr(svm, name)) for name in ("_probA", "_probB")]
    expected = [
        svm._sparse is False,
        svm._impl in ("c_svc", "nu_svc") or is_regression,
        n_support.ndim == 1 and n_classes >= 2 and (n_support >= 0).all(),
        int(n_support[:1].sum() if is_regression else n_support.sum()) == n_vectors,
        np.ndim(svm.support_vectors_) == 2,
        len(svm.support_vectors_) in (0, n_vectors),
        svm.kernel == "precomputed" or len(svm.support_vectors_) == n_vectors,
        svm.shape_fit_[1] == svm.n_features_in_,
        svm.kernel == "precomputed" or svm.support_vectors_.shape[1] == svm.n_features_in_,
        svm._dual_coef_.shape == (1 if is_regression else n_classes - 1, n_vectors),
        np.shape(svm._intercept_) == (n_pairs,),
        all(values.shape in ((0,), (n_pairs,)) for values in probabilities),
    ]
    if not all(expected):
        raise ValueError("the arrays of the support vector machine do not fit together")
