"""Selection of families and statistics by name, and the names of columns."""

import pytest

from stemstack.exceptions import UsageError
from stemstack.features import FAMILIES, family_of, feature_names
from stemstack.features.selection import resolve_families, resolve_statistics


def _names(families):
    return [family.name for family in resolve_families(families)]


def test_families_by_name_and_regular_expression():
    assert _names("mfcc.*") == ["mfcc", "mfcc_delta", "mfcc_delta2"]
    assert _names(["tempo", "rms", "rms"]) == ["rms", "tempo"]
    assert _names("(?:rms|zcr)") == ["zcr", "rms"]


def test_families_by_group():
    assert _names("all") == list(FAMILIES)
    standard = _names("standard")
    assert standard[0] == "mfcc" and standard[-1] == "tempo" and len(standard) == 15
    assert _names(["standard", "flux"]) == [*standard, "flux"]


def test_resolved_families_resolve_to_themselves():
    resolved = resolve_families(["flux", "mfcc"])
    assert resolve_families(resolved) == resolved


def test_statistics_are_in_registry_order():
    assert resolve_statistics(["std", "m.*n"]) == ("mean", "std", "min", "median")


def test_all_feature_names_are_unique():
    names = feature_names("all")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("family", FAMILIES)
def test_family_of_inverts_feature_names(family):
    assert set(family_of(feature_names(family))) == {family}


def test_family_of_unknown_columns_is_none():
    assert family_of(["pca0", "tempo"]) == [None, "tempo"]


@pytest.mark.parametrize(
    ("families", "message"),
    [
        ("mel", "families='mel' matches no family"),
        (["mfcc", 3], "must be a name or a list"),
        ([], "must be a name or a list"),
        ("(", "not a regular expression"),
    ],
)
def test_unknown_families_raise(families, message):
    with pytest.raises(UsageError, match=message):
        resolve_families(families)


def test_unknown_statistics_raise():
    with pytest.raises(UsageError, match="statistics='avg' matches no statistic"):
        resolve_statistics(["mean", "avg"])
