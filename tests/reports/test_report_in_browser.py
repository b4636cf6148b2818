"""The report in a browser: complete and readable in light, dark, on a phone and in print.

All tests share one browser. axe-core checks accessibility, including the contrast of text.
"""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]

# Width, height and smallest font size of every figure, in pixels.
FIGURES = """figures => figures.map(figure => {
    const box = figure.getBoundingClientRect();
    const letters = [...figure.querySelectorAll('text')];
    const scale = figure.getScreenCTM().a;
    const sizes = letters.map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
    return [box.width, box.height, Math.min(...sizes)];
})"""
# Visible height of every details element below its summary, in pixels.
UNFOLDED = """all => all.map(one => one.getBoundingClientRect().bottom
    - one.firstElementChild.getBoundingClientRect().bottom)"""


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
    """The report, opened; at the end, no other request was made and the console has no error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(file)
    yield page
    assert requests == [file]
    assert errors == []
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_page_is_accessible(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    found = axe.Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_figures_are_drawn_with_readable_letters(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    figures = page.eval_on_selector_all("figure > svg", FIGURES)
    assert len(figures) == 10
    for wide, high, letters in figures:
        assert min(wide, high) > 50
        assert letters > 7.5


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_page_does_not_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_is_dark_and_print_is_light(page):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(17, 20, 26)"
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"


def test_details_are_open_in_print(page):
    closed = "details:not([open])"
    assert max(page.eval_on_selector_all(closed, UNFOLDED)) < 2
    page.emulate_media(media="print")
    assert min(page.eval_on_selector_all(closed, UNFOLDED)) > 30
    # Width and height between the margins of A4, in pixels.
    page.set_viewport_size({"width": 673, "height": 950})
    assert page.evaluate("document.documentElement.scrollWidth") <= 673


def test_keyboard_reaches_content_and_sections(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#scores"


def test_policy_forbids_requests(browser, file):
    """The policy of the page blocks a resource from outside."""
    page, messages = browser.new_page(), []
    page.on("console", lambda line: messages.append(line.text))
    page.goto(file)
    page.evaluate("new Image().src = 'https://example.org/x.png'")
    page.wait_for_timeout(200)
    assert "violates the following Content Security Policy directive" in messages[0]
    page.close()
