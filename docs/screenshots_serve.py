"""Take the screenshot of the page in docs/how-to/serve.md.

python docs/screenshots_serve.py RUN CLIP --data DATA

Needs Chromium, and the extras serve and test.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, COLOURS = 1180, 900, 256


@click.command()
@click.argument("run", type=click.Path(exists=True))
@click.argument("clip", type=click.Path(exists=True))
@click.option("--data", required=True, help="The run's training data.")
@click.option("--out", type=Path, default=ROOT / "docs/images/serve.png", show_default=True)
@click.option("--port", default=7998, show_default=True)
def main(run, clip, data, out, port):
    """Serve RUN, drop CLIP on the page, and save a screenshot."""
    command = [sys.executable, ROOT / "cli.py", "serve", run, "--data", data, "--port", port]
    command = [*map(str, command), "--no-browser", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            take_screenshot(server.stdout.readline().strip(), clip, out)
        finally:
            server.terminate()
    click.echo(f"{out}: {out.stat().st_size / 1000:.0f} kB")


def take_screenshot(address, clip, out):
    """Drop a clip on the page at an address, and save a screenshot as a small PNG."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--hide-scrollbars"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.locator("[role=tabpanel]:visible input[type=file]").set_input_files(clip)
        page.wait_for_selector(".verdict", timeout=180_000)
        # The waveform is drawn after the explanation.
        page.wait_for_timeout(1500)
        page.screenshot(path=out, full_page=True)
        browser.close()
    image = Image.open(out).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)


if __name__ == "__main__":
    main()
