"""No text of a run becomes markup, a script or an invisible character of its report."""

import ast
import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.hostile import FORBIDDEN, NAMES
from sklearn.linear_model import LogisticRegression

import stemstack
from stemstack.reports import SECTIONS, write_model_card
from stemstack.reports.html.blocks import render_page

ROOT = Path(stemstack.__file__).parent
EVIL = "".join(NAMES[:-1]) + NAMES[-1][:300]
# Values that sections compare; they never come from outside.
_FIXED = {"severity"}
_OF_EVALUATIONS = ("classes", "confusion", "agreement", "calibration")


class Elements(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.names, self.handlers, self.urls = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.urls += [value for name, value in attributes if name in ("href", "src")]


def poison(value):
    """Append hostile text to every text of plain data."""
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, dict):
        return {key: one if key in _FIXED else poison(one) for key, one in value.items()}
    if isinstance(value, list):
        return [poison(one) for one in value]
    if isinstance(value, pd.DataFrame):
        rows = [poison(name) if isinstance(name, str) else name for name in value.index]
        text = value.map(lambda one: poison(one) if isinstance(one, str) else one)
        return text.set_axis(rows)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: poison(getattr(value, name)) for name in names})
    return value


def assert_inert(page):
    found = Elements(page)
    assert found.names.isdisjoint({"script", "iframe", "object", "embed", "link", "img", "form"})
    assert found.handlers == []
    assert all(url.startswith(("#", "data:audio/mpeg;base64,")) for url in found.urls)
    assert re.findall(FORBIDDEN, page) == []


@pytest.fixture(scope="module")
def hostile_data(make_evaluation, make_section_data):
    """Data of every section, with hostile classes, models and texts."""
    classes = tuple(f"{i}{EVIL}" for i in range(3))
    y_true = [i % 3 for i in range(60)]
    predicted = {"<b>" + EVIL: y_true[::-1], "<i>" + EVIL: y_true, "stack": y_true}
    evaluation = make_evaluation(predicted, y_true, classes=classes)
    data = make_section_data([evaluation, evaluation])
    return {name: one if name in _OF_EVALUATIONS else poison(one) for name, one in data.items()}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.anchor)
def test_sections_escape_all_text(section, hostile_data):
    assert_inert(str(section.render(hostile_data[section.anchor])))


def test_page_escapes_all_text():
    page = render_page(
        title=EVIL, headline=EVIL, key_figures={EVIL: EVIL}, sections=[("one", EVIL, EVIL)]
    )
    assert_inert(page)
    assert "&lt;img src=x" in page and "\\u202e" in page


def test_templates_trust_only_figures():
    templates = [*ROOT.glob("reports/html/templates/*"), *ROOT.glob("serving/templates/*")]
    texts = [path.read_text(encoding="utf-8") for path in templates]
    assert len(texts) >= 3
    assert re.findall(r"\w+\s*\|\s*safe", "".join(texts)) == ["svg | safe"]


def test_code_marks_no_text_as_safe():
    calls = {
        f"{path.name}: {ast.unparse(node)}"
        for folder in ("reports", "serving")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Markup")
    }
    assert calls == {"blocks.py: import_optional('markupsafe', 'report').Markup('')"}


def test_model_card_has_no_markup_from_names(make_run):
    labels = [f"{i}{name[:60]}" for i, name in enumerate(NAMES) for _ in range(2)]
    proba = {name: np.eye(len(NAMES)).repeat(2, axis=0) for name in ("lr", "stack")}
    run = make_run("<img src=x>", range(len(labels)), labels, proba)
    scores = {name: {"macro_f1": 0.5} for name in ("lr", "<img src=x>\n```\n<b>", "stack")}
    run.write_metrics({**run.metrics, "out_of_fold": scores})
    run.save_model(LogisticRegression().fit(proba["lr"], labels), "stack")
    card = write_model_card(run).read_text(encoding="utf-8")
    # Nothing outside code blocks is markup.
    prose = re.sub(r"^(`{3,})[^`\n]*\n.*?\n\1$", "", card, flags=re.DOTALL | re.MULTILINE)
    assert re.search(r"(?<!\\)[<`]", prose) is None
    assert "<img" in prose and re.findall(FORBIDDEN, card) == []
