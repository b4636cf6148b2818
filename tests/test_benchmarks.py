"""The benchmarks, of which most take too long to be run here."""

import ast
import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
MODULES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.py")}


def defined_names(module):
    """Names that a module defines or imports at its top level."""
    names = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def names_of_others(module):
    """Pairs of another benchmark and a name that a module takes from it."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from [(node.value.id, node.attr)] * (node.value.id in imported_modules(module))


def imported_modules(module):
    found = [node for node in ast.walk(module) if isinstance(node, ast.Import)]
    return MODULES.keys() & {alias.name for node in found for alias in node.names}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_names_of_other_benchmarks_exist(name):
    taken = set(names_of_others(MODULES[name]))
    missing = {pair for pair in taken if pair[1] not in defined_names(MODULES[pair[0]])}
    assert missing == set()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_names_of_stemstack_exist(name):
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "stemstack":
            module = importlib.import_module(node.module)
            missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
            assert missing == [], node.module
