"""Checks of the parts of a skops file before anything is built from them.

skops checks the types of the parts, not how they are built nor what they hold. A saved model is
accepted if it consists of the classes of stemstack's models and of those scikit-learn classes whose
compiled code does not rely on fitted arrays, each restored from its attributes; no constructor is
called.
"""

import json
import sys

from .lightgbm_text import check_lightgbm_text

# Packages of scikit-learn whose classes predict by numpy and scipy. The compiled code of trees,
# nearest neighbours and others indexes memory by the numbers of the fitted model.
_SKLEARN = (
    *(
        "_loss",
        "base",
        "calibration",
        "compose",
        "covariance",
        "decomposition",
        "discriminant_analysis",
    ),
    *("dummy", "feature_selection", "frozen", "gaussian_process", "impute", "kernel_approximation"),
    *("linear_model", "metrics", "model_selection", "multiclass", "multioutput", "naive_bayes"),
    *("neural_network", "pipeline", "preprocessing", "random_projection", "utils"),
    *("ensemble._bagging", "ensemble._base", "ensemble._stacking", "ensemble._voting"),
    # Their arrays are checked in fitted_arrays.py.
    *("ensemble._forest", "ensemble._weight_boosting", "svm", "tree"),
)
_COMPILED = {"sklearn.tree._tree.Tree"}
_LOADERS = {
    *("BytesNode", "DTypeNode", "DefaultDictNode", "DictNode", "FunctionNode", "JsonNode"),
    *("ListNode", "LossNode", "MaskedArrayNode", "MethodNode", "NdArrayNode", "ObjectNode"),
    *("PartialNode", "RandomGeneratorNode", "RandomStateNode", "SetNode", "SliceNode"),
    *("SparseMatrixNode", "TreeNode", "TupleNode", "TypeNode"),
}
# Older protocols are read by older, weaker checks.
_MIN_PROTOCOL = 2
_MAX_BYTES, _MAX_FILES = 2 * 2**30, 100_000
_BOOSTER = "lightgbm.basic.Booster"
# Attributes of a booster; it has no others, such as functions or open connections.
_BOOSTER_STATE = {
    *("_handle", "_network", "_train_data_name", "best_iteration", "best_score"),
    *("name_valid_sets", "pandas_categorical", "params", "train_set_version", "train_set"),
    *("_Booster__need_reload_eval_info", "_Booster__set_objective_to_none"),
    *("_Booster__num_dataset", "_Booster__init_predictor", "_Booster__num_class"),
    *("_Booster__inner_predict_buffer", "_Booster__is_predicted_cur_iter"),
    *("_Booster__num_inner_eval", "_Booster__name_inner_eval"),
    "_Booster__higher_better_inner_eval",
}


def check_size(archive):
    """Raise ValueError if an archive would take too much memory when it is read.

    Parameters
    ----------
    archive : zipfile.ZipFile
    """
    files = archive.infolist()
    total = sum(file.file_size for file in files)
    if total > _MAX_BYTES or len(files) > _MAX_FILES:
        raise ValueError(f"{len(files)} files of {total / 2**20:.0f} MB after decompression")


def check_schema(schema, trusted=()):
    """Check how the parts of a model are built, and return the names of their classes.

    Parameters
    ----------
    schema : dict
        ``schema.json`` of a skops file.
    trusted : tuple of str
        What the full names of the user's own classes start with.

    Returns
    -------
    names : set of str
        Full names of all classes and functions.
    refused : set of str
        Those of scikit-learn's classes whose compiled code relies on fitted arrays.

    Raises
    ------
    ValueError
        A part is built in a way that stemstack does not write, or a LightGBM model is invalid.
    """
    protocol = schema.get("protocol")
    if not isinstance(protocol, int) or protocol < _MIN_PROTOCOL:
        raise ValueError(f"protocol {protocol!r} instead of {_MIN_PROTOCOL}")
    names, refused, stack = set(), set(), [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            stack += node.values()
            if "__loader__" in node:
                name = f"{node['__module__']}.{node['__class__']}"
                names.add(name)
                if _is_refused(name, node, trusted):
                    refused.add(name)
        elif isinstance(node, list):
            stack += node
    return names, refused


def _is_refused(name, node, trusted):
    """Check one part; return whether its class is not to be trusted."""
    if trusted and name.startswith(trusted):
        return False
    if node["__loader__"] not in _LOADERS:
        raise ValueError(f"{name} would be built by {node['__loader__']}")
    if name == _BOOSTER:
        _check_booster(node)
    # skops has its own lists of functions and loss functions.
    by_skops = node["__loader__"] in ("FunctionNode", "LossNode")
    return name.startswith("sklearn.") and not by_skops and not is_sklearn_class(name)


def is_sklearn_class(name):
    """Return whether a full name is that of a class of scikit-learn that may be in a model.

    skops trusts public estimators by itself; fitted ones hold objects of private classes too.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
        False for functions, and for classes outside the packages that predict by numpy.
    """
    module, _, attribute = name.rpartition(".")
    # Importing skops has imported every module of scikit-learn: nothing is imported by name here.
    found = getattr(sys.modules.get(module), attribute, None)
    if not isinstance(found, type) or not found.__module__.startswith("sklearn."):
        return False
    is_python = sys.modules[found.__module__].__file__.endswith(".py")
    in_packages = any(f"{module}.".startswith(f"sklearn.{package}.") for package in _SKLEARN)
    return in_packages and (is_python or name in _COMPILED)


def _check_booster(node):
    state = node.get("content", {})
    if node["__loader__"] != "ObjectNode" or state.get("__loader__") != "DictNode":
        raise ValueError(f"{_BOOSTER} would be built by {node['__loader__']}")
    unknown = sorted(set(state["content"]) - _BOOSTER_STATE)
    handle = state["content"].get("_handle", {})
    text = json.loads(handle["content"]) if handle.get("__loader__") == "JsonNode" else None
    if unknown or not isinstance(text, str):
        raise ValueError(f"a LightGBM model with {', '.join(unknown) or 'no text'}")
    check_lightgbm_text(text)
