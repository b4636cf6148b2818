"""Take the screenshots of reports: ``python docs/screenshots_report.py RUN COMPARISON``.

RUN has a ``report.html``; COMPARISON is the page of several runs. Writes ``report.png``, light,
``report-phone.png``, dark, and ``comparison.png``, light, to ``docs/images``. Needs Chromium on the
PATH.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
# Width and height in CSS pixels, and pixels per CSS pixel.
DESK, PHONE = (1200, 1000, 1.5), (390, 844, 2)
# Enough for flat pages, and the file is a third as large.
COLOURS = 128


def main(run, comparison):
    """Take both screenshots of the report of a run, and one of a comparison."""
    page = Path(run, "report.html").resolve().as_uri()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, page, IMAGES / "report.png", DESK, "light")
        take(browser, page, IMAGES / "report-phone.png", PHONE, "dark")
        take(browser, Path(comparison).resolve().as_uri(), IMAGES / "comparison.png", DESK, "light")
        browser.close()


def take(browser, page, path, screen, scheme):
    """Take one screenshot of the top of the page."""
    width, height, scale = screen
    size = {"width": width, "height": height}
    tab = browser.new_page(viewport=size, device_scale_factor=scale, color_scheme=scheme)
    tab.goto(page)
    image = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLOURS).save(path, optimize=True)
    tab.close()
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
