"""Facets of a gap: what is found behind a trivial difference, and what is not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from stemstack.domain_shift.gap.facets import facets_of, partial_auc
from stemstack.domain_shift.gap.two_sample import domain_gap
from stemstack.features import FAMILIES

COLUMNS = ["peak_dbfs", "rms_dbfs", "tempo", "flatness_mean", "loudness_range", "centroid_mean"]
QUICK = {"n_permutations": 39, "n_resamples": 250}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def make_table(rng, n, **shifts):
    """Make features that vary together, as those of clips do, with some of them shifted."""
    common = rng.normal(size=(n, 1))
    table = pd.DataFrame(0.5 * common + rng.normal(size=(n, len(COLUMNS))), columns=COLUMNS)
    return table + pd.Series(shifts).reindex(COLUMNS, fill_value=0.0)


def find_facets(a, b):
    return {facet.name: facet for facet in domain_gap(a, b, **QUICK).facets}


def test_facet_behind_a_level_difference_is_found(rng):
    a, b = make_table(rng, 150), make_table(rng, 150, rms_dbfs=-12.0, tempo=-3.0)
    facets = find_facets(a, b)
    assert list(facets)[:2] == ["length and level", "tempo and pitch"]
    assert facets["length and level"].auc > 0.99
    tempo = facets["tempo and pitch"]
    assert tempo.corrected_auc > 0.8 and tempo.is_separable
    assert [found.name for found in tempo.differences] == ["tempo"]
    assert max(facets[name].corrected_auc for name in ("noise", "dynamics", "spectrum")) < 0.65


def test_difference_explained_by_another_is_not_found(rng):
    a, b = make_table(rng, 200), make_table(rng, 200, rms_dbfs=-2.0)
    for table in (a, b):
        table["centroid_mean"] = table["rms_dbfs"] + 0.5 * rng.normal(size=200)
    spectrum = find_facets(a, b)["spectrum"]
    assert spectrum.auc > 0.8
    # atol: the standard error of an AUC of 200 and 200 clips is 0.03.
    np.testing.assert_allclose(spectrum.corrected_auc, 0.5, rtol=0, atol=0.1)


def test_equal_sets_have_no_facet(rng):
    found = [
        facet.is_separable
        for _ in range(4)
        for facet in find_facets(make_table(rng, 90), make_table(rng, 90)).values()
    ]
    # One in 40 intervals of 95 % is above 0.5 by chance, and the first facet is the best of five.
    assert len(found) == 20 and sum(found) <= 3


def test_partial_auc_without_covariates_is_the_auc(rng):
    is_b, score = rng.random(99) < 0.4, rng.normal(size=99).round(1)
    one_fold, weights = np.zeros(99, int), rng.integers(0, 4, 99).astype(float)
    expected = roc_auc_score(is_b, score, sample_weight=weights)
    np.testing.assert_allclose(
        partial_auc(score, [], is_b, one_fold, weights), expected, rtol=1e-12
    )


def test_every_feature_has_a_facet():
    names = [
        row if family.scalar else f"{row}_min"
        for family in FAMILIES.values()
        for row in family.rows
    ]
    assert "other" not in facets_of([*names, "duration", "detuning", "decay_rate"])
    assert facets_of(["rms_mean", "levelfree_003_min", "mine"]).tolist() == [
        "length and level",
        "noise",
        "other",
    ]
