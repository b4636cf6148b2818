"""Validation of LightGBM's model text, before the library reads it.

LightGBM checks neither the child nodes nor the features of a tree, and an error in one of its
threads ends the process. A text is accepted only if it has the structure that LightGBM writes and
every number is in its bounds.
"""

import re

# LightGBM's own maximum; trees of more leaves than _MAX_DEPTH must not be deeper than that, since
# SHAP values are computed recursively.
_MAX_LEAVES, _MAX_DEPTH = 131_072, 1000
_MAX_FEATURES, _MAX_CLASSES = 1_000_000, 10_000
_HEADER = {
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
    "average_output", "feature_names", "monotone_constraints", "feature_infos", "tree_sizes",
}  # fmt: skip
_INT = re.compile(r"-?\d{1,10}")
# Python takes underscores and more names than LightGBM does.
_OF_INTS, _OF_FLOATS = frozenset("0123456789- "), frozenset("0123456789.e+- infa")
_MAX_INT = 2**31 - 1
_OBJECTIVE = re.compile(
    r"(?:binary|multiclass|multiclassova|cross_entropy|cross_entropy_lambda|regression)"
    r"(?: num_class:(?P<num_class>\d{1,5})| sigmoid:\d{1,3}(?:\.\d{1,9})?| sqrt)*"
)
_MAX_DECISION = 15


def check_lightgbm_text(text):
    """Raise an error unless LightGBM can read a model without leaving its arrays.

    Parameters
    ----------
    text : str
        As of ``Booster.model_to_string``.

    Raises
    ------
    ValueError
        The text has another structure, or a number is out of bounds; the message names it.
    """
    if "\0" in text or "\r" in text:
        raise ValueError("the LightGBM text has control characters")
    head, start, rest = text.partition("\nTree=0\n")
    trees, end, _ = (start[1:] + rest).partition("end of trees\n")
    header = _read_pairs(head.removeprefix("tree\n"), _HEADER)
    if not end or not head.startswith("tree\n"):
        raise ValueError("the LightGBM text has no beginning or no end of the trees")
    n_features = _check_header(header)
    sizes = _read_ints(header, "tree_sizes")
    if sum(sizes) != len(trees.encode()) or min(sizes, default=0) < 0:
        raise ValueError("tree_sizes of the LightGBM text differ from its trees")
    if len(sizes) % int(header["num_tree_per_iteration"]):
        raise ValueError("the LightGBM text has an incomplete iteration")
    position, content = 0, trees.encode()
    for number, size in enumerate(sizes):
        block = content[position : position + size].decode()
        if not block.startswith(f"Tree={number}\n") or not block.endswith("\n"):
            raise ValueError(f"tree {number} of the LightGBM text is not where it should be")
        try:
            _check_tree(_read_pairs(block.partition("\n")[2], _TREE), n_features)
        except (ValueError, KeyError) as error:
            raise ValueError(f"tree {number} of the LightGBM text: {error}") from error
        position += size


def _read_pairs(block, allowed):
    """Read lines ``name=value``; a name without a value has an empty one."""
    pairs = {}
    for line in block.split("\n"):
        if not line.strip():
            continue
        name, _, value = line.partition("=")
        if name not in allowed or name in pairs:
            raise ValueError(f"unexpected entry {name[:40]!r}")
        pairs[name] = value
    return pairs


def _read_int(pairs, name, low, high):
    value = pairs[name]
    if not _INT.fullmatch(value) or not low <= int(value) <= high:
        raise ValueError(f"{name} must be from {low} to {high}. Got {value[:20]!r}")
    return int(value)


def _read_ints(pairs, name, n=None):
    return _read_list(pairs, name, int, _OF_INTS, n)


def _read_floats(pairs, name, n=None):
    return _read_list(pairs, name, float, _OF_FLOATS, n)


def _read_list(pairs, name, convert, characters, n):
    """Return the numbers of a list, after checking their form and count."""
    value = pairs[name]
    if not characters.issuperset(value):
        raise ValueError(f"{name} holds something other than numbers")
    numbers = list(map(convert, value.split()))
    if n is not None and len(numbers) != n:
        raise ValueError(f"{name} has {len(numbers)} numbers instead of {n}")
    if convert is int and numbers and max(max(numbers), -min(numbers)) > _MAX_INT:
        raise ValueError(f"{name} has a number out of range")
    return numbers


def _check_header(header):
    """Check the entries before the trees, and return the number of features."""
    try:
        n_classes = _read_int(header, "num_class", 1, _MAX_CLASSES)
        per_iteration = _read_int(header, "num_tree_per_iteration", 1, _MAX_CLASSES)
        n_features = _read_int(header, "max_feature_idx", 0, _MAX_FEATURES) + 1
        _read_int(header, "label_index", 0, 0)
        names = {name: len(header[name].split()) for name in ("feature_names", "feature_infos")}
    except KeyError as error:
        raise ValueError(f"the LightGBM text lacks {error}") from error
    if per_iteration != n_classes:
        raise ValueError("num_tree_per_iteration of the LightGBM text differs from num_class")
    for name, count in names.items():
        if count != n_features:
            raise ValueError(f"the LightGBM text has {count} {name} for {n_features} features")
    if "monotone_constraints" in header:
        _read_ints(header, "monotone_constraints", n_features)
    objective = _OBJECTIVE.fullmatch(header.get("objective", "regression"))
    if objective is None or int(objective["num_class"] or n_classes) != n_classes:
        raise ValueError("the LightGBM text has an unknown objective or another number of classes")
    return n_features


# Readers of the lists of one number per split and per leaf.
_PER_SPLIT = {
    "split_feature": _read_ints, "split_gain": _read_floats, "threshold": _read_floats,
    "decision_type": _read_ints, "left_child": _read_ints, "right_child": _read_ints,
    "internal_value": _read_floats, "internal_weight": _read_floats, "internal_count": _read_ints,
}  # fmt: skip
_PER_LEAF = {"leaf_value": _read_floats, "leaf_weight": _read_floats, "leaf_count": _read_ints}
_OPTIONAL = (
    *("split_gain", "leaf_weight", "leaf_count"),
    *("internal_value", "internal_weight", "internal_count"),
)
_TREE = {
    *_PER_SPLIT, *_PER_LEAF, "num_leaves", "num_cat", "cat_boundaries", "cat_threshold",
    "is_linear", "leaf_const", "num_features", "leaf_features", "leaf_coeff", "shrinkage",
}  # fmt: skip


def _check_tree(tree, n_features):
    n_leaves = _read_int(tree, "num_leaves", 1, _MAX_LEAVES)
    lists = {
        name: read(tree, name, n)
        for readers, n in ((_PER_SPLIT, n_leaves - 1), (_PER_LEAF, n_leaves))
        for name, read in readers.items()
        # A constant tree has a value only.
        if tree.get(name) or not (name in _OPTIONAL or n_leaves == 1)
    }
    _read_floats(tree, "leaf_value", n_leaves)
    _read_floats({"shrinkage": "1"} | tree, "shrinkage", 1)
    n_categorical = _check_categories(tree)
    if n_leaves > 1:
        _check_splits(lists["left_child"], lists["right_child"])
        features = lists["split_feature"]
        if min(features) < 0 or max(features) >= n_features:
            raise ValueError(f"split_feature must be from 0 to {n_features - 1}")
        _check_decisions(lists["decision_type"], lists["threshold"], n_categorical)
    if _read_int({"is_linear": "0"} | tree, "is_linear", 0, 1):
        _check_linear(tree, n_leaves, n_features)


def _check_splits(left, right):
    """Check that splits form a tree: each child after its parent, each leaf once."""
    n_splits, children = len(left), sorted([*left, *right])
    expected = [*range(-n_splits - 1, 0), *range(1, n_splits)]
    in_order = (c < 0 or c > parent for side in (left, right) for parent, c in enumerate(side))
    if children != expected or not all(in_order):
        raise ValueError("left_child and right_child are not those of a tree")
    if n_splits > _MAX_DEPTH:
        depth = [0] * n_splits
        for parent, pair in enumerate(zip(left, right, strict=True)):
            for child in pair:
                if child > 0:
                    depth[child] = depth[parent] + 1
        if max(depth) > _MAX_DEPTH:
            raise ValueError(f"it is deeper than {_MAX_DEPTH} splits")


def _check_decisions(types, thresholds, n_categorical):
    if min(types) < 0 or max(types) > _MAX_DECISION:
        raise ValueError(f"decision_type must be from 0 to {_MAX_DECISION}")
    for kind, threshold in zip(types, thresholds, strict=True):
        # The threshold of a categorical split is the position of its categories.
        if kind & 1 and not (threshold % 1 == 0 and 0 <= threshold < n_categorical):
            raise ValueError("the threshold of a categorical split is out of range")


def _check_categories(tree):
    """Check the categories of categorical splits, and return how many splits have some."""
    count = _read_int(tree, "num_cat", 0, _MAX_LEAVES)
    if count:
        boundaries = _read_ints(tree, "cat_boundaries", count + 1)
        # Words of 32 bits: their range is wider than that of other whole numbers.
        words = [int(word) for word in tree["cat_threshold"].split()]
        if boundaries[0] != 0 or boundaries[-1] != len(words) or boundaries != sorted(boundaries):
            raise ValueError("cat_boundaries do not fit cat_threshold")
        if words and not 0 <= min(words) <= max(words) < 2**32:
            raise ValueError("cat_threshold is out of range")
    return count


def _check_linear(tree, n_leaves, n_features):
    """Check the linear models in the leaves."""
    counts = _read_ints(tree, "num_features", n_leaves)
    features, coefficients = _read_ints(tree, "leaf_features"), _read_floats(tree, "leaf_coeff")
    _read_floats(tree, "leaf_const", n_leaves)
    if min(counts) < 0 or not sum(counts) == len(features) == len(coefficients):
        raise ValueError("num_features do not fit leaf_features and leaf_coeff")
    if features and not 0 <= min(features) <= max(features) < n_features:
        raise ValueError(f"leaf_features must be from 0 to {n_features - 1}")
