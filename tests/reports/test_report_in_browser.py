"""The report in a real browser: whole, readable in light, dark and on a phone, alone in the world.

One browser for all tests here. What is seen is checked by axe-core, text contrast among it.
"""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

# Of every figure: how wide and high it is drawn, and the size of its smallest letters, in pixels.
FIGURES = """figures => figures.map(figure => {
    const box = figure.getBoundingClientRect();
    const letters = [...figure.querySelectorAll('text')];
    const scale = figure.getScreenCTM().a;
    const sizes = letters.map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
    return [box.width, box.height, Math.min(...sizes)];
})"""
# Of every fold: what is seen of it below its summary, in pixels.
UNFOLDED = """folds => folds.map(fold => fold.getBoundingClientRect().bottom
    - fold.firstElementChild.getBoundingClientRect().bottom)"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(page_text, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_text, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser, file):
    """The report, opened; in the end nothing else was asked for and the console has no error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(file)
    yield page
    assert asked == [file]
    assert errors == []
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everyone_can_read_it(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.eval_on_selector_all("details", "folds => folds.forEach(fold => fold.open = true)")
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_figures_are_drawn_and_their_letters_large_enough(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    figures = page.eval_on_selector_all("figure > svg", FIGURES)
    assert len(figures) == 6
    for wide, high, letters in figures:
        assert min(wide, high) > 50
        assert letters > 7.5


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_nothing_makes_the_whole_page_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.eval_on_selector_all("details", "folds => folds.forEach(fold => fold.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_is_dark_and_print_is_light(page):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(17, 20, 26)"
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"


def test_on_paper_everything_is_folded_out(page):
    closed = "details:not([open])"
    assert max(page.eval_on_selector_all(closed, UNFOLDED)) < 2
    page.emulate_media(media="print")
    assert min(page.eval_on_selector_all(closed, UNFOLDED)) > 30
    # What lies between the margins of A4, in pixels.
    page.set_viewport_size({"width": 673, "height": 950})
    assert page.evaluate("document.documentElement.scrollWidth") <= 673


def test_the_keyboard_reaches_content_and_sections(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#scores"


def test_it_may_not_ask_for_anything(browser, file):
    """Were something of elsewhere put into the page, its own policy would refuse it."""
    page, said = browser.new_page(), []
    page.on("console", lambda line: said.append(line.text))
    page.goto(file)
    page.evaluate("new Image().src = 'https://example.org/x.png'")
    page.wait_for_timeout(200)
    assert "violates the following Content Security Policy directive" in said[0]
    page.close()
