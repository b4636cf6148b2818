"""Web page and its server; the page loads nothing from outside."""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pandas as pd

from ..exceptions import StemstackError, UsageError, import_optional
from ..reports.html.timeline import TIMELINE_CSS
from ..runs import STACK
from ..utils.environment import environment_variable
from ..utils.formatting import spreadsheet_safe
from .explanations import Predictions
from .guard import Guard, IdleConnections, Rules
from .html import message, render_explanation, render_head, render_hint, render_predictions

_CSS = (Path(__file__).parent / "page.css", TIMELINE_CSS)
_TIMELINE_JS = Path(__file__).parent / "timeline.js"
# Files of one upload are together at most this many times as large as the largest file.
_FILES_PER_UPLOAD = 10
# Requests that wait while a clip is predicted; further ones are refused.
_MAX_WAITING, _N_THREADS = 200, 40


def serve_page(
    explainer,
    *,
    host=None,
    port=None,
    share=False,
    browser=False,
    announce=None,
    allowed_hosts=(),
):
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
    allowed_hosts : sequence of str, default=()
        Names by which the page may be requested, such as that of a proxy, besides ``host``,
        ``localhost``, IP addresses, and the machine's own name where other machines can connect.

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
    host, idle = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1", IdleConnections()
    host = host.strip("[]")
    _check_address(host, port)
    rules = Rules(
        _host_names(host, share, allowed_hosts),
        int(1e6 * _FILES_PER_UPLOAD * explainer.limits.max_mb),
    )
    with _upload_folder():
        gr = import_optional("gradio", "serve")
        page = build_page(explainer)
        try:
            _, local, public = page.queue(api_open=False, max_size=_MAX_WAITING).launch(
                # Gradio makes a URL of it.
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                share=share,
                inbrowser=browser,
                prevent_thread_lock=True,
                app_kwargs={"middleware": [_middleware(Guard, rules)], "lifespan": idle.lifespan},
                allowed_paths=_served_folders(explainer),
                **_launch_options(gr, explainer.limits),
            )
        except OSError as error:
            raise UsageError(f"{host}:{port or 'any port'}: {error}") from error
        idle.server = page.server
        try:
            if announce:
                announce(public or local)
            _wait(page)
        finally:
            page.close(verbose=False)


def _check_address(host, port):
    """Raise an error for an address that cannot be listened on, before Gradio tries 100 ports."""
    try:
        family = socket.getaddrinfo(host, port or 0)[0][0]
        socket.create_server((host, port or 0), family=family).close()
    except OSError as error:
        where, reason = f"{host}:{port or 'any port'}", error.strerror.lower().partition(" (")[0]
        raise UsageError(f"{where}: {reason}; choose another --host or --port") from error


def _wait(page):
    """Wait until Ctrl-C, or until the page is closed elsewhere."""
    with suppress(KeyboardInterrupt):
        while page.is_running:
            time.sleep(0.2)


def _launch_options(gr, limits):
    return {
        "quiet": True,
        # Limits refuses files with a message; gradio does not store far larger ones.
        "max_file_size": int(1.1e6 * limits.max_mb),
        "max_threads": _N_THREADS,
        "theme": _make_theme(gr),
        "css_paths": list(_CSS),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
    }


def _served_folders(explainer):
    nearest = explainer.nearest_clips
    return [str(nearest.folder)] if nearest else []


def _host_names(host, share, allowed_hosts):
    """Return the names that a request may give the server."""
    names = {host, *allowed_hosts, os.environ.get("SPACE_HOST", "")}
    if not is_loopback(host):
        names |= {socket.gethostname(), f"{socket.gethostname()}.local", socket.getfqdn()}
    if share:
        names.add(".gradio.live")
    return frozenset(name.lower() for name in names if name)


def is_loopback(host):
    """Return whether only this machine can connect to an address to listen on."""
    return host == "localhost" or host.startswith("127.") or host.strip("[]") == "::1"


@contextmanager
def _upload_folder():
    """Let gradio store uploads in a folder that is swept every minute, and removed at the end."""
    stop = threading.Event()
    with (
        TemporaryDirectory(prefix="stemstack-serve-") as folder,
        environment_variable("GRADIO_TEMP_DIR", folder),
    ):
        thread = threading.Thread(target=_sweep, args=(folder, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _sweep(folder, stop):
    """Remove files older than an hour, also those that gradio lost track of."""
    while not stop.wait(60):
        remove_old_files(folder, _DELETE_CACHE[1])


def remove_old_files(folder, seconds):
    """Remove the files below a folder that were last changed before some seconds."""
    before = time.time() - seconds
    for path in Path(folder).rglob("*"):
        # gradio removes files too.
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()


def _middleware(cls, *arguments):
    return import_optional("starlette.middleware", "serve").Middleware(cls, *arguments)


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
    # Models and figures are not thread-safe. One thread takes clip after clip in the order of
    # arrival, so that a client with many files does not make the others wait for all of them.
    turns = ThreadPoolExecutor(1, thread_name_prefix="models")
    with gr.Blocks(title=_TITLE, analytics_enabled=False, delete_cache=_DELETE_CACHE) as page:
        _html(gr, render_head(run.path.resolve().name, run.model_names, score))
        with gr.Tab("One clip"):
            _one_clip(gr, explainer, turns)
        with gr.Tab("Several"):
            _several(gr, explainer, turns)
    return page


def _one_clip(gr, explainer, turns):
    clip = gr.Audio(
        label="Clip: drop a file, or record one",
        sources=["upload", "microphone"],
        type="filepath",
        buttons=[],
    )
    hint = render_hint(explainer.limits)
    output = _html(gr, hint, _TIMELINE_JS.read_text(encoding="utf-8"))
    nearest = explainer.nearest_clips

    def explain(path):
        if path is None:
            return hint
        try:
            return turns.submit(render, path).result()
        except StemstackError as error:
            return message(str(error)) + hint

    def render(path):
        return render_explanation(explainer.explain(path), nearest and nearest.sound)

    _connect(clip.change, explain, clip, output)


def _several(gr, explainer, turns):
    files = gr.File(label="Clips: drop several files", file_count="multiple", type="filepath")
    hint = render_hint(explainer.limits)
    output = _html(gr, hint)
    download = gr.File(label="Predictions as CSV", visible=False, interactive=False)

    def predict(paths, progress=gr.Progress()):  # noqa: B008 (required by gradio)
        if not paths:
            return hint, gr.File(visible=False)
        parts = []
        for path in paths:
            name = Path(path).name
            parts.append(turns.submit(explainer.predict_many, [path], [name]).result())
            progress((len(parts), len(paths)), unit="files")
        predictions = _join(parts)
        table = _new_file(files.GRADIO_CACHE, "answers.csv")
        spreadsheet_safe(predictions.table).to_csv(table, index=False)
        return render_predictions(predictions), gr.File(str(table), visible=True)

    _connect(files.change, predict, files, [output, download])


def _new_file(cache, name):
    """Return the path of a file of one request in gradio's folder, where it is removed later."""
    os.makedirs(cache, exist_ok=True)
    return Path(mkdtemp(dir=cache), name)


def _join(parts):
    return Predictions(
        pd.concat([part.table for part in parts], ignore_index=True),
        tuple(problem for part in parts for problem in part.problems),
        tuple(warning for part in parts for warning in part.warnings),
    )


def _connect(event, function, inputs, outputs):
    """Connect an event to a function; requests wait for their turn in a thread each."""
    event(
        function,
        inputs,
        outputs,
        api_visibility="private",
        concurrency_limit=_N_THREADS,
        concurrency_id="models",
    )


def _html(gr, text, script=None):
    return gr.HTML(text, apply_default_css=False, js_on_load=script)
