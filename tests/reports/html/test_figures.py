"""SVG figures: labels, text alternatives, CSS colours, equal bytes."""

import re

import pytest

from stemstack.reports.html.figures import FAINT, MAIN, draw_svg, figure_height, label_rows, shorten

matplotlib = pytest.importorskip("matplotlib.figure")


def test_rows_are_labelled_from_the_bottom():
    axes = matplotlib.Figure().subplots()
    label_rows(axes, ["lr", "effnet-backbone-resnet50-epochs-8"])
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "lr",
        "effnet-backbone-resne…",
    ]
    assert list(axes.get_yticks()) == [0, 1]


def test_height_grows_with_the_rows():
    # atol: roundings of a float.
    assert figure_height(5) - figure_height(3) == pytest.approx(0.5, abs=1e-12)


def bars(axes):
    axes.barh(["a", "b"], [1, 2], color=MAIN, edgecolor=FAINT)


@pytest.fixture(scope="module")
def svg():
    return draw_svg(bars, name="bars", alt='two "bars" & no <more>', width=5, height=1)


def test_figure_has_text_alternative_and_width(svg):
    opening = svg[: svg.index(">") + 1]
    assert opening.startswith('<svg role="img" aria-label="two &quot;bars&quot; &amp; no &lt;more')
    assert 'style="--w:360"' in opening and "width=" not in opening


def test_colours_and_fonts_come_from_the_page(svg):
    assert "var(--main)" in svg and "var(--line)" in svg
    assert not re.search("font-family|#0[0-9a-f]{5}|<style|http", svg)


def test_equal_figures_give_equal_bytes(svg):
    assert draw_svg(bars, name="bars", alt='two "bars" & no <more>', width=5, height=1) == svg
    ids = re.findall(r' id="([^"]*)"', svg)
    others = re.findall(r' id="([^"]*)"', draw_svg(bars, name="other", alt="", width=5, height=1))
    assert len(set(ids + others)) == 2 * len(ids)
    assert set(re.findall(r'(?:url\(|href=")#([^)"]*)', svg)) <= set(ids)


@pytest.mark.parametrize("label", ["$a$b$", "a_{", "日本 🎵", "<d> & co"])
def test_any_text_can_be_drawn(label):
    svg = draw_svg(lambda axes: axes.set_title(label), name="t", alt="", width=3, height=1)
    assert label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in svg


def test_long_names_are_truncated():
    assert shorten("effnet") == "effnet"
    assert shorten("abcdef", 4) == "abc…"
