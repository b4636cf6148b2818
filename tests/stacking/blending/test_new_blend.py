"""The page on new blends: its class and its registry line are all that a blend needs."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from stemstack.stacking import BLENDS, compare_blends, make_blend
from stemstack.stacking.blending.comparison import blend_types

PAGE = Path(__file__).parents[3] / "docs" / "contributing" / "new-blend.md"


@pytest.fixture
def registered(monkeypatch):
    """Register the blend of the page as the page says, and return its name."""
    text = PAGE.read_text(encoding="utf-8")
    source = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]
    name, module, cls = re.search(r'^    "(\w+)": "\.(\w+):(\w+)",$', text, re.MULTILINE).groups()
    full_name = f"stemstack.stacking.blending.{module}"
    code = ModuleType(full_name)
    monkeypatch.setitem(sys.modules, full_name, code)
    exec(compile(source, PAGE, "exec"), code.__dict__)
    monkeypatch.setitem(BLENDS, name, f".{module}:{cls}")
    return name


def test_registered_blend_is_made_and_compared(registered):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    good, bad = 0.4 * np.eye(3)[y] + 0.2, rng.dirichlet([1, 1, 1], size=90)
    X = np.hstack([good, bad])
    blend = make_blend(registered).fit(X, y)
    assert blend.weights_["model0"] > 0.8
    assert (blend.predict(X) == y).all()
    table = compare_blends(X, y, np.arange(90) % 3, list(BLENDS))
    assert registered in table.index


def test_registered_blend_is_trusted_when_loaded(registered):
    assert "stemstack.stacking.blending.accuracy.AccuracyBlend" in blend_types()
