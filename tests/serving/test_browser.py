"""The page in a real browser: the program serves it, clips are dropped, nothing outside is asked.

One server and one browser for all tests here; each test has a page of its own.
"""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

CLI = Path(__file__).resolve().parents[2] / "cli.py"
# gradio's player, which cannot play what is no audio, says so; the page's message says it better.
PLAYER = "Waveform load error"


@pytest.fixture(scope="module")
def address(served_run, stem_data, shared_cache):
    """The address of the page, served by the program as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, CLI, "serve", served_run, "--data", stem_data, "--port", port]
    command += ["--cache", shared_cache, "--no-browser", "--quiet", "--max-seconds", 30]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip()
        try:
            assert address == f"http://127.0.0.1:{port}/"
            yield address
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """The page, opened; in the end nothing outside was asked for and the console has no error."""
    page = browser.new_page()
    # The first answer compiles or loads kernels; a busy machine may take its time.
    page.set_default_timeout(180_000)
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("input[type=file]", state="attached")
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []
    assert [error for error in errors if PLAYER not in error] == []


def drop(page, *paths):
    page.locator("[role=tabpanel]:visible input[type=file]").set_input_files([*map(str, paths)])


def test_a_clip_is_named_and_explained(page, song):
    drop(page, song)
    page.wait_for_selector(".verdict")
    assert page.inner_text(".verdict .label") == "blues"
    assert page.locator(".bar .name").first.inner_text() == "blues"
    assert "prefers blues to" in page.inner_text(".answer")
    assert page.locator(".answer svg[role=img]").count() == 1
    # A near training clip can be played: the browser itself reads how long it is.
    seconds = page.locator(".near audio").first.evaluate(
        "audio => new Promise(done => { audio.onloadedmetadata = () => done(audio.duration);"
        "audio.onerror = () => done(0); audio.load(); audio.preload = 'metadata'; })"
    )
    assert seconds > 1


def test_a_bad_file_gets_one_message(page, tmp_path):
    (tmp_path / "bad.wav").write_text("not a sound")
    drop(page, tmp_path / "bad.wav")
    page.wait_for_selector(".message")
    assert page.inner_text(".message").startswith("bad.wav: is not audio that can be read")
    assert page.locator(".verdict").count() == 0
    assert "Traceback" not in page.inner_text("body")


def test_several_clips_give_a_table(page, song, tmp_path):
    (tmp_path / "bad.wav").write_text("not a sound")
    page.get_by_role("tab", name="Several").click()
    drop(page, song, tmp_path / "bad.wav")
    page.wait_for_selector(".answer table")
    assert "bad.wav: is not audio" in page.inner_text(".message")
    with page.expect_download() as download:
        page.locator("a[download='answers.csv']").click()
    table = pd.read_csv(download.value.path())
    assert table[["path", "label"]].to_numpy().tolist() == [[song.name, "blues"]]
    assert len(table.columns) == 5


def test_inputs_have_names_and_the_page_a_title(page):
    assert page.title() == "stemstack"
    nameless = page.locator("input, button, audio").evaluate_all(
        "all => all.filter(e => !(e.ariaLabel || e.labels?.length || e.innerText.trim()))"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert nameless == []
    assert page.locator("h1").count() == 1
