"""A page of sections is self-contained, well formed and escaped; one golden page holds it all.

Refresh the golden page after an intended change, and review its diff:
``STEMSTACK_UPDATE_GOLDEN=1 python -m pytest tests/reports/html/test_page.py``.
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden_report.html"
VOID = {"meta", "link", "br", "img", "hr", "path", "use", "rect"}


class Page(HTMLParser):
    """The tags of a page with their attributes, and those that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self._open, self.crossed = [], [], []
        self.feed(text)
        self.crossed += self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.crossed.append(tag)

    def named(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def page(page_text):
    return Page(page_text)


def test_page_loads_nothing_from_outside_and_forbids_it(page_text, page):
    assert not re.search(r"https?:|src=|@import|<script|<link", page_text)
    assert all(name.startswith("#") for name in re.findall(r"url\(([^)]*)", page_text))
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)', page_text))
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none';")
    assert len(page_text.encode()) < 1e6


def test_page_is_well_formed_with_unique_ids(page):
    assert page.crossed == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("href", "aria-labelledby"):
            if name in attributes:
                assert attributes[name].removeprefix("#") in ids


def test_names_are_escaped(page_text):
    assert "<d>" not in page_text and "<co>" not in page_text and "<stack>" not in page_text
    assert "&lt;d&gt; &amp; co" in page_text and "Best is &lt;stack&gt;." in page_text
    assert "macro F1 &amp; co" in page_text


def test_figures_and_tables_have_text_alternatives(page):
    assert page.tags[0] == ("html", {"lang": "en"})
    assert len(page.named("svg")) == 10
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.named("svg"))
    assert all("scope" in th for th in page.named("th"))
    assert len(page.named("table")) == len(page.named("caption"))


def test_contents_link_to_every_section(page):
    anchors = [section["id"] for section in page.named("section")]
    links = [a["href"] for a in page.named("a") if a.get("class") != "skip"]
    assert links[: len(anchors)] == [f"#{anchor}" for anchor in anchors]


def normalise(text):
    """Leave out style and the inside of figures, which depend on the version of matplotlib."""
    text = re.sub(r"<style>.*?</style>", "<style></style>", text, flags=re.DOTALL)
    text = re.sub(r" viewBox=.*?>", ">", text)
    return re.sub(r"(<svg[^>]*>).*?</svg>", r"\1</svg>", text, flags=re.DOTALL)


def test_page_equals_the_golden_page(page_text):
    text = normalise(page_text)
    if os.environ.get("STEMSTACK_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
