"""Identifiers use the field's standard terms; see docs/reference/glossary.md."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Words that must not occur in an identifier, and the standard term.
DENIED = {
    "amid": "during",
    "anew": "again",
    "asked": "requested",
    "begun": "started",
    "beside": "next_to",
    "foretell": "estimate",
    "foretold": "estimated",
    "guess": "y_pred",
    "guessed": "predicted",
    "guesses": "y_pred",
    "kept": "stored, selected",
    "known": "labelled, allowed",
    "learnt": "fitted",
    "mend": "fix",
    "mends": "fixes",
    "ours": "the noun",
    "papers": "report, model_card",
    "pictures": "log_mels, figures",
    "said": "proba, predictions",
    "says": "text",
    "sides": "evaluations",
    "stands": "is",
    "strange": "unexpected",
    "stranger": "unexpected",
    "strangers": "unexpected",
    "sure": "confident",
    "tell": "log",
    "tells": "logs",
    "theirs": "the noun",
    "told": "message, label",
    "truth": "y_true",
    "wanted": "requested",
    "whence": "source",
}
FOLDERS = sorted(
    path.name
    for path in ROOT.iterdir()
    if path.is_dir() and not path.name.startswith((".", "_")) and any(path.rglob("*.py"))
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def identifiers(tree):
    """Yield each identifier that a module defines, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_identifiers_are_standard_terms(folder):
    denied = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for name, line in identifiers(ast.parse(path.read_text(encoding="utf-8"))):
            for word in WORD.findall(name):
                if word.lower() in DENIED:
                    where = f"{path.relative_to(ROOT)}:{line}"
                    denied[f"{where} {name}"] = DENIED[word.lower()]
    assert denied == {}


def test_test_names_have_at_most_eight_words():
    names = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if len(node.name.removeprefix("test_").split("_")) > 8
    }
    assert names == set()
