"""Names of families and columns."""

import pytest

from stemstack.exceptions import UsageError
from stemstack.features import FAMILIES, feature_names
from stemstack.features.selection import resolve_families, resolve_statistics


def test_families_by_name_expression_and_group():
    assert resolve_families("mfcc.*") == ("mfcc", "mfcc_delta", "mfcc_delta2")
    assert resolve_families(["tempo", "rms", "rms"]) == ("rms", "tempo")
    assert resolve_families("all") == tuple(FAMILIES)
    assert set(resolve_families("standard")) <= set(FAMILIES)


def test_statistics_keep_the_house_order():
    assert resolve_statistics(["std", "m.*n"]) == ("mean", "std", "min", "median")


def test_names_are_unique_whatever_is_asked():
    names = feature_names("all")
    assert len(set(names)) == len(names)


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="matches no family"):
        feature_names("mel")
    with pytest.raises(UsageError, match="must be a name or a list"):
        feature_names(["mfcc", 3])
