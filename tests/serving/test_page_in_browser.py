"""The page in a browser: clips are dropped and explained; nothing is loaded from outside.

All tests share one server and one browser; each test has its own page.
"""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]

CLI = Path(__file__).resolve().parents[2] / "cli.py"
# Console error of gradio's player for files that are not audio.
PLAYER = "Waveform load error"
# Position of gradio's player, in s.
PLAYED = "document.querySelector('#waveform > div').shadowRoot.querySelector('audio').currentTime"


@pytest.fixture(scope="module")
def address(served_run, stem_data, shared_cache):
    """Return the address of the page, served by the program in its own process."""
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
    """The page, opened; nothing is loaded from outside, and the console stays without errors."""
    page = browser.new_page()
    # The first prediction compiles or loads kernels, which may be slow.
    page.set_default_timeout(180_000)
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("input[type=file]", state="attached")
    yield page
    page.close()
    assert [url for url in requests if not url.startswith((address, "blob:", "data:"))] == []
    assert [error for error in errors if PLAYER not in error] == []


def drop(page, *paths):
    page.locator("[role=tabpanel]:visible input[type=file]").set_input_files([*map(str, paths)])


def test_clip_is_predicted_and_explained(page, song):
    drop(page, song)
    page.wait_for_selector(".verdict")
    assert page.inner_text(".verdict .label") == "blues"
    assert page.locator(".bar .name").first.inner_text() == "blues"
    assert "prefers blues to" in page.inner_text(".answer")
    assert page.locator(".answer svg[role=img]").count() == 1
    # The nearest training clip can be played: the browser reads its duration.
    seconds = page.locator(".near audio").first.evaluate(
        "audio => new Promise(done => { audio.onloadedmetadata = () => done(audio.duration);"
        "audio.onerror = () => done(0); audio.load(); audio.preload = 'metadata'; })"
    )
    assert seconds > 1


def test_windows_of_a_long_clip_move_the_player(page, song, tmp_path):
    samples, sr = soundfile.read(song)
    soundfile.write(tmp_path / "long.wav", np.tile(samples, 5), sr)
    drop(page, tmp_path / "long.wav")
    windows = page.locator(".timeline button")
    windows.nth(2).click()
    assert page.evaluate(PLAYED) == float(windows.nth(2).get_attribute("data-start"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate(PLAYED) == float(windows.nth(3).get_attribute("data-start"))
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_unreadable_file_gives_one_message(page, tmp_path):
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


def test_page_and_inputs_have_names(page):
    assert page.title() == "stemstack"
    unnamed = page.locator("input, button, audio").evaluate_all(
        "all => all.filter(e => !(e.ariaLabel || e.labels?.length || e.innerText.trim()))"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert unnamed == []
    assert page.locator("h1").count() == 1
