"""A page of sections: it stands alone, is well formed, and escapes what it is given."""

import re
from html.parser import HTMLParser

import pytest

from stemstack.reports import render_report
from stemstack.reports.html.section import Section, paragraph

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


def test_it_asks_for_nothing_outside_itself_and_forbids_it(page_text, page):
    assert not re.search(r"https?:|src=|@import|<script|<link", page_text)
    assert all(name.startswith("#") for name in re.findall(r"url\(([^)]*)", page_text))
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)', page_text))
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none';")
    assert len(page_text.encode()) < 1e6


def test_it_is_well_formed_and_every_id_stands_once(page):
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


def test_figures_and_tables_speak(page):
    assert page.tags[0] == ("html", {"lang": "en"})
    assert len(page.named("svg")) == 6
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.named("svg"))
    assert all("scope" in th for th in page.named("th"))
    assert len(page.named("table")) == len(page.named("caption"))


def test_the_contents_lead_to_every_section(page):
    anchors = [section["id"] for section in page.named("section")]
    links = [a["href"] for a in page.named("a") if a.get("class") != "skip"]
    assert links == [f"#{anchor}" for anchor in anchors]


def test_a_section_of_elsewhere_fits_in():
    section = Section("gap", "Gap & more", paragraph("AUC < 1"))
    text = render_report(title="t", headline="", key_figures={}, sections=[section])
    assert '<a href="#gap">Gap &amp; more</a>' in text
    assert "<p>AUC &lt; 1</p>" in text
