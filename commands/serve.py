"""``serve``: local web page of a finished run."""

import sys
from contextlib import redirect_stderr
from pathlib import Path

import click

from ..exceptions import DataError
from ._shared.grouped import option
from ._shared.options import (
    cache_option,
    embedding_option,
    jobs_option,
    quiet_option,
    run_noise_option,
    trust_option,
)
from ._shared.terminal import PlainStream, echo, echo_line
from ._shared.values import FilePath


@click.command("serve")
@click.argument("run", type=FilePath(path_type=Path))
@option("--data", help="Path or URL of the training data, to show similar clips.")
@run_noise_option()
@embedding_option("Find similar clips by musicnn, for example, and name its tags.")
@option("--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 for all interfaces.")
@option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Further name by which the page may be requested, such as that of a proxy.",
)
@option("--port", type=click.IntRange(1, 65535), help="Port; by default 7860 or above.")
@option("--share", is_flag=True, help="Create a public address through gradio's servers.")
@option("--no-browser", is_flag=True, help="Do not open a browser.")
@option("--max-seconds", type=click.FloatRange(min=1), default=600, help="Longest clip, in s.")
@option("--max-mb", type=click.FloatRange(min=1), default=50, help="Largest file, in MB.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def serve_command(
    run, data, noise, embedding, max_seconds, max_mb, trust, jobs, cache, quiet, **address
):
    """Serve a web page that classifies dropped or recorded clips by RUN, and explains why.

    \b
    stemstack serve RUN --data DATA

    Nothing leaves the machine unless --share or --host lets others in. Prints the address of the
    page when it is ready; Ctrl-C stops it.
    """
    from ..runs.stored_clips import describe_missing_data
    from ..serving import ClipExplainer, Limits
    from ._shared.progress import make_resources

    resources = make_resources(cache, jobs, quiet)
    limits = Limits(max_seconds, max_mb)
    explainer = ClipExplainer(run, limits=limits, trust=trust, embedding=embedding)
    if data is None:
        resources.progress.log(describe_missing_data(explainer.run, "nearest training clips"))
    else:
        try:
            explainer.load_training_clips(data, noise=noise, resources=resources)
        except DataError as error:
            resources.progress.log(f"nearest training clips are not shown: {error}")
    _serve(explainer, **address)


def _serve(explainer, host, allow_host, port, share, no_browser):
    from ..serving import serve_page
    from ..serving.app import is_loopback

    if share or not is_loopback(host):
        where = "anyone with its address" if share else f"everyone who can reach {host}"
        echo_line(f"WARNING: the page has no password; {where} can use it")
    # gradio prints errors with texts that clients sent.
    with redirect_stderr(PlainStream(sys.stderr)):
        serve_page(
            explainer,
            host=host,
            port=port,
            share=share,
            browser=not no_browser,
            announce=echo,
            allowed_hosts=allow_host,
        )
