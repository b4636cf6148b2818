"""A page of sections: it stands alone, is well formed, and escapes what it is given."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from stemstack.reports import render_report
from stemstack.reports.section import Section, paragraph
from stemstack.reports.sections import (
    agreement_section,
    calibration_section,
    classes_section,
    confusion_section,
    ladder_section,
    repeat_section,
    shares_section,
    weights_section,
)

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
def text(make_side):
    """A page with every section, of classes with odd names."""
    truth = [i % 3 for i in range(60)]
    said = {name: [(i + (i % k < 1)) % 3 for i in range(60)] for name, k in (("lr", 3), ("$m_", 4))}
    sides = [make_side({**said, "stack": truth}, truth, name=name) for name in ("oof", "answers")]
    scores = pd.DataFrame({"macro_f1": 0.5, "low": 0.4, "high": 0.6}, ["lr", "$m_", "stack"])
    shares = pd.DataFrame({"training": 0.3, "guess, test": 0.4}, sides[0].classes)
    files = pd.DataFrame({"what": "scores"}, ["metrics.json"])
    return render_report(
        title="RUN & <co>",
        lead="Best is <stack>.",
        facts={"macro F1 & co": "0.808"},
        sections=[
            ladder_section({"oof": scores, "answers": scores}),
            classes_section(sides),
            confusion_section(sides),
            agreement_section(sides[0]),
            weights_section(pd.Series({"lr": 0.5, "$m_": 0.5}), "How."),
            calibration_section(sides),
            shares_section(shares.astype(int), shares, "Hint.", []),
            repeat_section("stemstack fit", "folds: 5\n", {"numpy": "2"}, files),
        ],
    )


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_asks_for_nothing_outside_itself_and_forbids_it(text, page):
    assert not re.search(r"https?:|src=|@import|<script|<link", text)
    assert all(name.startswith("#") for name in re.findall(r"url\(([^)]*)", text))
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)', text))
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none';")
    assert len(text.encode()) < 1e6


def test_it_is_well_formed_and_every_id_stands_once(page):
    assert page.crossed == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("href", "aria-labelledby"):
            if name in attributes:
                assert attributes[name].removeprefix("#") in ids


def test_names_are_escaped(text):
    assert "<d>" not in text and "<co>" not in text and "<stack>" not in text
    assert "&lt;d&gt; &amp; co" in text and "Best is &lt;stack&gt;." in text
    assert "macro F1 &amp; co" in text


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
    text = render_report(title="t", lead="", facts={}, sections=[section])
    assert '<a href="#gap">Gap &amp; more</a>' in text
    assert "<p>AUC &lt; 1</p>" in text
