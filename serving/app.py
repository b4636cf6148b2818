"""Web page and its server; the page loads nothing from outside."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from ..exceptions import StemstackError, UsageError, import_optional
from ..runs import STACK
from .html import message, render_explanation, render_head, render_hint, render_predictions

_CSS = Path(__file__).parent / "page.css"


def serve_page(explainer, *, host=None, port=None, share=False, browser=False, announce=None):
    """Serve the page of a run until it is stopped.

    Parameters
    ----------
    explainer : ClipExplainer
    host : str, optional
        Address to listen on; ``GRADIO_SERVER_NAME`` or 127.0.0.1 by default.
    port : int, optional
        ``GRADIO_SERVER_PORT`` or the first free one from 7860 on by default.
    share : bool, default=False
        Whether to create a public address through gradio's servers.
    browser : bool, default=False
        Whether to open the page in a browser.
    announce : callable, optional
        Called with the address of the page when it is ready.

    Raises
    ------
    UsageError
        If the address or the port is not available.
    MissingExtraError
        If the ``serve`` extra is not installed.

    See Also
    --------
    build_page : The page itself.

    Examples
    --------
    >>> from stemstack.serving import ClipExplainer, serve_page
    >>> serve_page(ClipExplainer("RUN"), port=7860, announce=print)  # doctest: +SKIP
    http://127.0.0.1:7860/
    """
    gr = import_optional("gradio", "serve")
    page = build_page(explainer)
    nearest = explainer.nearest_clips
    try:
        _, local, public = page.queue(api_open=False).launch(
            server_name=host,
            server_port=port,
            share=share,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
            # Limits refuses files with a message; gradio does not store far larger ones.
            max_file_size=int(1.1e6 * explainer.limits.max_mb),
            allowed_paths=[str(nearest.folder)] if nearest else [],
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
    """Make a theme with system fonts: naming them loads nothing."""
    fonts = [gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")]
    mono = [gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")]
    return gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)


# Interval of the deletion of uploads, and their maximum age, in s.
_DELETE_CACHE = (600, 3600)
_TITLE = "stemstack"


def build_page(explainer):
    """Build the page of a run.

    Parameters
    ----------
    explainer : ClipExplainer

    Returns
    -------
    gradio.Blocks
        Uploads are deleted after an hour, and when the page is closed.

    Raises
    ------
    MissingExtraError
        If the ``serve`` extra is not installed.

    See Also
    --------
    serve_page : Launches it.

    Examples
    --------
    >>> from stemstack.serving import ClipExplainer, build_page
    >>> build_page(ClipExplainer("RUN")).launch()  # doctest: +SKIP
    """
    gr = import_optional("gradio", "serve")
    run = explainer.run
    score = run.metrics["out_of_fold"][STACK]["macro_f1"]
    with gr.Blocks(title=_TITLE, analytics_enabled=False, delete_cache=_DELETE_CACHE) as page:
        _html(gr, render_head(run.path.resolve().name, run.model_names, score))
        with gr.Tab("One clip"):
            _one_clip(gr, explainer)
        with gr.Tab("Several"):
            _several(gr, explainer)
    return page


def _one_clip(gr, explainer):
    clip = gr.Audio(
        label="Clip: drop a file, or record one",
        sources=["upload", "microphone"],
        type="filepath",
        buttons=[],
    )
    hint = render_hint(explainer.limits)
    output = _html(gr, hint)
    nearest = explainer.nearest_clips

    def explain(path):
        if path is None:
            return hint
        try:
            return render_explanation(explainer.explain(path), nearest and nearest.sound)
        except StemstackError as error:
            return message(str(error)) + hint

    _connect(clip.change, explain, clip, output)


def _several(gr, explainer):
    files = gr.File(label="Clips: drop several files", file_count="multiple", type="filepath")
    hint = render_hint(explainer.limits)
    output = _html(gr, hint)
    download = gr.File(label="Predictions as CSV", visible=False, interactive=False)
    # Deleted with the page; gradio copies the files it serves.
    folder = TemporaryDirectory(prefix="stemstack-")

    def predict(paths, progress=gr.Progress()):  # noqa: B008 (required by gradio)
        if not paths:
            return hint, gr.File(visible=False)
        names = [Path(path).name for path in paths]
        done = count(1)
        predictions = explainer.predict_many(
            paths, names, advance=lambda _: progress((next(done), len(paths)), unit="files")
        )
        table = Path(folder.name, "answers.csv")
        predictions.table.to_csv(table, index=False)
        return render_predictions(predictions), gr.File(str(table), visible=True)

    _connect(files.change, predict, files, [output, download])


def _connect(event, function, inputs, outputs):
    """Connect an event to a function; one request at a time, as models share memory."""
    event(
        function,
        inputs,
        outputs,
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="models",
    )


def _html(gr, text):
    return gr.HTML(text, apply_default_css=False, js_on_load=None)
