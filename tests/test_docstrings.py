"""Docstrings of public names are complete, and their examples run."""

import ast
import configparser
import doctest
import importlib
import inspect
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def public_names():
    """Yield each public class and function: (package, name, object)."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    seen = set()
    for package in config["options"]["packages"].split():
        if package.startswith(("stemstack.commands", "stemstack.utils")):
            continue
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing not in seen:
                seen.add(thing)
                yield package, name, thing


PUBLIC = sorted(public_names(), key=lambda row: row[:2])
MODULES = sorted(
    "stemstack." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[0]
    not in ("tests", "benchmarks", "examples", "docs", "build", ".venv", ".venv-lowest")
    and ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("package", "name", "thing"), PUBLIC, ids=[f"{row[0]}.{row[1]}" for row in PUBLIC]
)
def test_public_docstring_is_complete(package, name, thing):
    lines = (inspect.getdoc(thing) or "").splitlines()
    assert lines and lines[0].endswith("."), "the first line is a sentence"
    headings = {above for above, below in pairwise(lines) if set(below) == {"-"}}
    assert {"Examples", "See Also"} <= headings


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name.removesuffix(".__init__"))
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testmod(module, extraglobs={"np": np}, optionflags=flags)
    assert found.attempted > 0
    assert found.failed == 0


def test_docstrings_do_not_refer_to_other_docstrings():
    vague = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] in ("features", "mashups", "models", "stacking", "runs")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if "As of :" in (ast.get_docstring(node) or "")
    ]
    assert vague == []
