"""The page on a port, asking for nothing outside: system fonts, no analytics, no far scripts."""

from pathlib import Path

from ..errors import UsageError, require
from .page import build_page

_CSS = Path(__file__).parent / "page.css"


def serve_page(
    explainer,
    *,
    host=None,
    port=None,
    share=False,
    browser=False,
    announce=None,
):
    """Show the page of a run until it is stopped.

    Parameters
    ----------
    explainer : ClipExplainer
    host : str, optional
        The address listened at: ``GRADIO_SERVER_NAME``, or 127.0.0.1, by default.
    port : int, optional
        ``GRADIO_SERVER_PORT``, or the first free one from 7860 on, by default.
    share : bool, default=False
        Let gradio open a tunnel, so that others reach the page through its servers.
    browser : bool, default=False
        Open the page in a browser.
    announce : callable, optional
        Called with the page's address once it is there.

    Raises
    ------
    UsageError
        Nothing can be listened for there.
    MissingExtraError
        The ``serve`` extra is not installed.
    """
    gr = require("gradio", "serve")
    page = build_page(explainer)
    near = explainer.neighbourhood
    try:
        _, local, public = page.queue(api_open=False).launch(
            server_name=host,
            server_port=port,
            share=share,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
            # Ours says it in words first; this keeps what is far too large from being stored.
            max_file_size=int(1.1e6 * explainer.limits.max_mb),
            allowed_paths=[str(near.folder)] if near else [],
            theme=_make_theme(gr),
            css_paths=_CSS,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
        )
    except OSError as error:
        raise UsageError(f"{host or 'localhost'}:{port or 'any port'}: {error}") from error
    if announce:
        announce(public or local)
    page.block_thread()


def _make_theme(gr):
    """Calm colours, and fonts that are there already: a font's name alone loads nothing."""
    fonts = [gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")]
    mono = [gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")]
    return gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)
