"""feature_columns: ColumnTransformer that treats families of features differently."""

import re
from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler

from ..exceptions import ClipTypeError, UsageError
from .descriptors import FAMILIES
from .selection import family_of

# Skew and kurtosis of a row with few onsets or one click are heavy-tailed.
_HEAVY_TAILED = r".*_(skew|kurtosis)"

# About the number of handcrafted features, which are only scaled.
_BLOCK_WIDTH = 3000

PRESETS = {
    "linear": [(_HEAVY_TAILED, "log"), (".*", "scale")],
    "trees": [(".*", "passthrough")],
}

TREATMENTS = {
    "scale": StandardScaler,
    "robust": RobustScaler,
    "log": lambda: make_pipeline(
        FunctionTransformer(signed_log, feature_names_out="one-to-one"), StandardScaler()
    ),
    "block": lambda: make_pipeline(
        StandardScaler(), FunctionTransformer(weigh_block, feature_names_out="one-to-one")
    ),
    "pca": lambda: make_pipeline(StandardScaler(), PCA(0.99, svd_solver="full")),
    "passthrough": lambda: "passthrough",
    "drop": lambda: "drop",
}


def feature_columns(spec="linear", *, n_jobs=None):
    """Return a ColumnTransformer over the named columns of :class:`SpectralFeatures`.

    Parameters
    ----------
    spec : {"linear", "trees"} or list of (columns, treatment), default="linear"
        A preset, or the treatment of each group of columns. ``columns`` is the name of a family, a
        regular expression that matches whole column names, or a list of these; a column belongs to
        the first group that selects it, and is dropped if there is none. ``treatment`` is
        ``"scale"`` (zero mean, unit variance), ``"robust"`` (zero median, unit interquartile
        range), ``"log"`` (signed logarithm, then scale), ``"block"`` (scale, then weigh the group
        as if it had 3,000 columns, so that neither it nor others prevail by their number),
        ``"pca"`` (scale, then the components that explain 99 % of the variance),
        ``"passthrough"``, ``"drop"``, or a transformer.
    n_jobs : int, optional
        Number of groups that are fitted in parallel, as in joblib. None means 1.

    Returns
    -------
    ColumnTransformer
        Unfitted; its output is a DataFrame. Columns are selected when it is fitted, so the families
        before it may change, as in a search over ``spectral__families``.

    Raises
    ------
    UsageError
        ``spec`` has none of the values expected.

    See Also
    --------
    SpectralFeatures : Computes the columns.
    family_of : The family of each column.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from stemstack.features import SpectralFeatures, feature_columns
    >>> groups = [("logmel", "pca"), (".*_kurtosis", "drop"), (".*", "scale")]
    >>> spectral = SpectralFeatures(families=["logmel", "centroid"])
    >>> model = make_pipeline(spectral, feature_columns(groups), LogisticRegression())
    >>> clips = np.random.default_rng(0).normal(scale=[[0.001], [0.001], [1], [1]], size=(4, 9999))
    >>> model.fit(clips, ["soft", "soft", "loud", "loud"]).predict(clips[:1])
    array(['soft'], dtype='<U4')
    """
    groups = _check_spec(spec)
    claims = [_as_tuple(columns) for columns, _ in groups]
    transformers = [
        (
            f"group{number}",
            TREATMENTS[treatment]() if isinstance(treatment, str) else treatment,
            ColumnSelector(claim, tuple(claims[:number])),
        )
        for number, (claim, (_, treatment)) in enumerate(zip(claims, groups, strict=True))
    ]
    columns = ColumnTransformer(transformers, verbose_feature_names_out=_name_output, n_jobs=n_jobs)
    # A DataFrame, so that LightGBM's importances and coefficients have feature names.
    return columns.set_output(transform="pandas")


@dataclass(frozen=True)
class ColumnSelector:
    """Selector of the columns of a group, less those of the groups before it.

    Parameters
    ----------
    claim : tuple of str
        Names of families, or regular expressions that match whole column names.
    earlier : tuple of tuple of str, default=()
        The ``claim`` of each group before it.
    """

    claim: tuple
    earlier: tuple = ()

    def __call__(self, X):
        """Return the names of the selected columns of a DataFrame ``X``, as a list."""
        if not hasattr(X, "columns"):
            raise ClipTypeError(
                "feature_columns selects columns by name: it needs a DataFrame, such as "
                f"SpectralFeatures returns. Got {type(X).__name__} instead."
            )
        taken = _matching(X.columns, [item for claim in self.earlier for item in claim])
        selected = _matching(X.columns, self.claim) - taken
        return [name for name in X.columns if name in selected]


def signed_log(X):
    """Compress heavy tails on both sides of zero: sign(x) · log(1 + |x|)."""
    return np.sign(X) * np.log1p(np.abs(X))


def weigh_block(X):
    """Weigh standardised columns as if there were 3,000 of them."""
    return X * np.sqrt(_BLOCK_WIDTH / X.shape[1])


def _matching(columns, items):
    """Return the columns that any of the family names and regular expressions match, as a set."""
    patterns = [re.compile(item) for item in items if item not in FAMILIES]
    return {
        column
        for column, family in zip(columns, family_of(columns), strict=True)
        if family in items or any(pattern.fullmatch(column) for pattern in patterns)
    }


def _name_output(group, name):
    """Keep the name of a column; prefix that of a principal component by its group."""
    return f"{group}_{name}" if re.fullmatch(r"pca\d+", name) else name


def _check_spec(spec):
    if isinstance(spec, str):
        if spec not in PRESETS:
            raise UsageError(
                f"The 'spec' parameter must be one of {sorted(PRESETS)} or a list of "
                f"(columns, treatment). Got {spec!r} instead."
            )
        return PRESETS[spec]
    for group in spec:
        if not isinstance(group, tuple | list) or len(group) != 2:
            raise UsageError(f"A group must be a pair (columns, treatment). Got {group!r} instead.")
        _check_columns(group[0])
        _check_treatment(group[1])
    return list(spec)


def _check_columns(columns):
    for item in _as_tuple(columns):
        try:
            re.compile(item)
        except (TypeError, re.error) as error:
            raise UsageError(
                f"{item!r} is neither a family's name nor a regular expression: {error}"
            ) from error


def _check_treatment(treatment):
    is_transformer = hasattr(treatment, "fit") and hasattr(treatment, "transform")
    if not (treatment in TREATMENTS if isinstance(treatment, str) else is_transformer):
        raise UsageError(
            f"A treatment must be one of {tuple(TREATMENTS)} or a transformer. "
            f"Got {treatment!r} instead."
        )


def _as_tuple(columns):
    return (columns,) if isinstance(columns, str) else tuple(columns)
