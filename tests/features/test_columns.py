"""feature_columns in pipelines and searches."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, minmax_scale, robust_scale, scale
from sklearn.utils import estimator_html_repr

from stemstack.exceptions import ClipTypeError, UsageError
from stemstack.features import Extractor, SpectralFeatures, feature_columns
from stemstack.features.columns import signed_log


@pytest.fixture
def labelled():
    """Twelve clips of a quarter second: noise against tones."""
    rng = np.random.default_rng(1)
    time = np.arange(5512) / 22050
    noise = [0.1 * rng.standard_normal(len(time)) for _ in range(6)]
    tones = [0.5 * np.sin(2 * np.pi * f * time) for f in range(300, 900, 100)]
    return np.array(noise + tones), np.array(["noise"] * 6 + ["tone"] * 6)


@pytest.fixture
def table(labelled):
    return SpectralFeatures(families=["mfcc", "centroid", "tempo"]).fit_transform(labelled[0])


def test_linear_preset_scales_every_column(table):
    columns = feature_columns()
    scaled = columns.fit_transform(table)
    assert set(scaled.columns) == set(table.columns)
    # Float32 columns, so means are zero to about 1e-6 of a unit variance; some columns constant.
    np.testing.assert_allclose(scaled.mean(), 0, atol=1e-5)
    assert (scaled.std(ddof=0) < 1 + 1e-4).all()


def test_trees_preset_passes_columns_through(table):
    columns = feature_columns("trees")
    pd.testing.assert_frame_equal(columns.fit_transform(table), table)


def test_column_belongs_to_first_matching_group(table):
    groups = [("centroid", "drop"), (".*_kurtosis", "passthrough"), (["mfcc", "tempo"], "scale")]
    columns = feature_columns(groups)
    names = columns.fit_transform(table).columns
    assert not any(name.startswith("centroid") for name in names)
    assert len(names) == 20 * 7 + 1
    assert names[0] == "mfcc_00_kurtosis"


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("scale", scale),
        ("robust", robust_scale),
        ("log", lambda X: scale(signed_log(X))),
        (MinMaxScaler(), minmax_scale),
    ],
)
def test_treatments_equal_functions_of_scikit_learn(table, treatment, expected):
    table = table.astype(float)
    mfcc = table.filter(regex="^mfcc")
    treated = feature_columns([("mfcc", treatment)]).fit(table)
    values = treated.transform(table)
    assert values.columns.tolist() == treated.get_feature_names_out().tolist() == [*mfcc]
    # atol: rounding, of values of order 1.
    np.testing.assert_allclose(values, expected(mfcc.to_numpy()), rtol=0, atol=1e-9)


def test_signed_log_is_odd_and_logarithmic():
    found = signed_log(np.array([-np.expm1(2.0), 0.0, np.expm1(3.0)]))
    # rtol: rounding.
    np.testing.assert_allclose(found, [-2.0, 0.0, 3.0], rtol=1e-12)


def test_pca_explains_99_percent_of_variance(table):
    table = table.astype(float)
    treated = feature_columns([("mfcc", "pca"), ("centroid", "pca")]).fit(table)
    values = treated.transform(table)
    assert values.columns.tolist() == treated.get_feature_names_out().tolist()
    assert values.columns.is_unique
    components = values.filter(regex="^group0_")
    # Columns that vary have variance 1 each once scaled; the components are uncorrelated.
    n_varying = (table.filter(regex="^mfcc").std() > 1e-6).sum()
    explained = np.cumsum(components.var(ddof=0)) / n_varying
    assert explained.iloc[-2] < 0.99 <= explained.iloc[-1] < 1 + 1e-9
    covariance = np.cov(components.T)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), rtol=0, atol=1e-9)


def test_search_over_families_in_a_pipeline(labelled):
    pipeline = Pipeline(
        [
            ("spectral", SpectralFeatures(statistics=["mean", "std"])),
            ("columns", feature_columns()),
            ("lr", LogisticRegression()),
        ]
    )
    search = GridSearchCV(pipeline, {"spectral__families": ["mfcc", ["centroid", "tonnetz"]]}, cv=2)
    search.fit(*labelled)
    assert search.best_score_ > 0.8
    assert clone(pipeline).get_params()["spectral__statistics"] == ["mean", "std"]
    assert "SpectralFeatures" in estimator_html_repr(pipeline)


def test_search_describes_each_clip_once(labelled, tmp_path, monkeypatch):
    calls = []
    describe = Extractor.__call__
    monkeypatch.setattr(Extractor, "__call__", lambda self, y: calls.append(1) or describe(self, y))
    spectral = SpectralFeatures(families="mfcc", cache=tmp_path)
    pipeline = Pipeline(
        [("spectral", spectral), ("columns", feature_columns()), ("lr", LogisticRegression())]
    )
    GridSearchCV(pipeline, {"lr__C": [0.1, 1, 10]}, cv=3).fit(*labelled)
    assert len(calls) == 12


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("forest", "'spec' parameter must be one of"),
        ([("mfcc", "scale", 1)], "A group must be a pair"),
        ([("(", "scale")], "neither a family's name nor a regular expression"),
        ([("mfcc", "squash")], "A treatment must be one of"),
        ([("mfcc", 3)], "A treatment must be one of"),
    ],
)
def test_invalid_specs_raise(spec, message):
    with pytest.raises(UsageError, match=message):
        feature_columns(spec)


def test_arrays_without_column_names_raise(table):
    with pytest.raises(ClipTypeError, match="needs a DataFrame"):
        feature_columns().fit(table.to_numpy())
