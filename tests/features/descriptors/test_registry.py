"""The registry of families, and what a new family needs."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from stemstack.features import FAMILIES, SpectralFeatures, descriptors, family_of, selection

DOCS = Path(__file__).resolve().parents[3] / "docs"
_ROW = re.compile(r"^\| `(\w+)` \| (\d+) \| (\S*) ?\| (.*?) \|", re.MULTILINE)


@pytest.fixture
def register(monkeypatch):
    """Make a module of the descriptors from its text, and add one of its families."""

    def add(name, code):
        full_name = f"{descriptors.__name__}.{name}"
        module = ModuleType(full_name)
        module.__package__ = descriptors.__name__
        monkeypatch.setitem(sys.modules, full_name, module)
        exec(compile(code, f"{name}.py", "exec"), vars(module))
        monkeypatch.setitem(FAMILIES, name, getattr(module, name))
        selection._family_by_column.cache_clear()

    yield add
    monkeypatch.undo()
    selection._family_by_column.cache_clear()


def test_module_of_the_page_is_a_family(register, clips):
    page = (DOCS / "how-to" / "own-features.md").read_text(encoding="utf-8")
    register("crest", re.search(r"```py\n(.*?)```", page, re.DOTALL)[1])
    table = SpectralFeatures(families=["crest", "rms"], n_jobs=2).fit_transform(clips * 10)
    assert table.columns[-1] == "crest"
    # A sine has a crest factor of 3.01 dB: the samples miss its peak by at most 0.1 dB.
    np.testing.assert_allclose(table["crest"][1], 3.01, atol=0.1)
    assert family_of(["crest"]) == ["crest"]
    assert SpectralFeatures(families="all").extractor_.names[-1] == "crest"


def test_every_family_has_its_own_explanation():
    explanations = [family.explanation for family in FAMILIES.values()]
    assert all(explanations) and len(set(explanations)) == len(FAMILIES)


def test_table_of_families_matches_the_registry():
    page = (DOCS / "reference" / "features.md").read_text(encoding="utf-8")
    described = [match.groups() for match in _ROW.finditer(page)]
    assert described == [
        (name, str(len(f.rows)), f.unit, f.__doc__.splitlines()[0].rstrip("."))
        for name, f in FAMILIES.items()
    ]
