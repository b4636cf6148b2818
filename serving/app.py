"""The page on a port, asking for nothing outside: system fonts, no analytics, no far scripts."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from ..exceptions import StemstackError, UsageError, import_optional
from ..runs import STACK
from .answer_html import message, render_answer, render_answers, render_head, render_hint

_CSS = Path(__file__).parent / "page.css"


def serve_page(explainer, *, host=None, port=None, share=False, browser=False, announce=None):
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
    gr = import_optional("gradio", "serve")
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


# In s: how often uploads are looked through, and how old they may become.
_SWEEP = (600, 3600)
_TITLE = "stemstack"


def build_page(explainer):
    """Build the page of a run.

    Parameters
    ----------
    explainer : ClipExplainer

    Returns
    -------
    gradio.Blocks
        To be launched by :func:`~stemstack.serving.serve_page`. Uploads are deleted after an hour,
        and when it stops.

    Raises
    ------
    MissingExtraError
        The ``serve`` extra is not installed.
    """
    gr = import_optional("gradio", "serve")
    with gr.Blocks(title=_TITLE, analytics_enabled=False, delete_cache=_SWEEP) as page:
        _html(gr, _describe_run(explainer))
        with gr.Tab("One clip"):
            _one_clip(gr, explainer)
        with gr.Tab("Several"):
            _several(gr, explainer)
    return page


def _one_clip(gr, explainer):
    clip = gr.Audio(
        label="A clip: drop a file, or record one",
        sources=["upload", "microphone"],
        type="filepath",
        buttons=[],
    )
    answer = _html(gr, render_hint(explainer.limits))
    near = explainer.neighbourhood

    def explain(path):
        if path is None:
            return render_hint(explainer.limits)
        try:
            return render_answer(explainer.explain(path), near and near.sound)
        except StemstackError as error:
            return message(str(error)) + render_hint(explainer.limits)

    _connect(clip.change, explain, clip, answer)


def _several(gr, explainer):
    files = gr.File(label="Clips: drop several files", file_count="multiple", type="filepath")
    answer = _html(gr, render_hint(explainer.limits))
    download = gr.File(label="Answers as CSV", visible=False, interactive=False)
    # Emptied when the page is gone; gradio copies what it gives out.
    folder = TemporaryDirectory(prefix="stemstack-")

    def predict(paths, progress=gr.Progress()):  # noqa: B008 (how gradio asks for it)
        if not paths:
            return render_hint(explainer.limits), gr.File(visible=False)
        names = [Path(path).name for path in paths]
        done = count(1)
        answers = explainer.predict_many(
            paths, names, progress=lambda: progress((next(done), len(paths)), unit="files")
        )
        table = Path(folder.name, "answers.csv")
        answers.table.to_csv(table, index=False)
        return render_answers(answers), gr.File(str(table), visible=True)

    _connect(files.change, predict, files, [answer, download])


def _connect(event, function, inputs, outputs):
    """Answer one request after the other: models share what they compute with."""
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


def _describe_run(explainer):
    """The page's head: which run answers, and how good it is."""
    score = explainer.run.metrics["out_of_fold"][STACK]["macro_f1"]
    return render_head(explainer.run.path.resolve().name, explainer.run.model_names, score)
