"""``serve``: a finished run behind a local web page."""

from pathlib import Path

import click

from ..exceptions import DataError
from ._shared.options import cache_option, jobs_option, option, quiet_option, trust_option


@click.command("serve")
@click.argument("run", type=click.Path(path_type=Path))
@option("--data", default=None, help="Path or URL of the training data; as at the fit by default.")
@option("--host", default="127.0.0.1", help="Address to listen at; 0.0.0.0 for all.")
@option("--port", type=click.IntRange(1, 65535), default=None, help="The first free from 7860 on.")
@option("--share", is_flag=True, help="Open a tunnel through gradio's servers.")
@option("--no-browser", is_flag=True, help="Open no browser.")
@option(
    "--max-seconds", type=click.FloatRange(min=1), default=600, help="Longest clip that is taken."
)
@option("--max-mb", type=click.FloatRange(min=1), default=50, help="Largest file that is taken.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def serve_command(
    run, data, host, port, share, no_browser, max_seconds, max_mb, trust, jobs, cache, quiet
):
    """Show a web page where clips are dropped or recorded, and RUN says what they are and why.

    \b
    stemstack serve RUN

    Nothing leaves the machine unless --share or --host lets others in. The page's address is
    printed once it is there; Ctrl-C ends it.
    """
    from ..serving import ClipExplainer, Limits, serve_page
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    explainer = ClipExplainer(run, limits=Limits(max_seconds, max_mb), trust=trust)
    try:
        explainer.load_training_clips(data, cache=cache, n_jobs=jobs, progress=progress)
    except DataError as error:
        progress.log(f"no nearest clips will be shown: {error}")
    serve_page(
        explainer, host=host, port=port, share=share, browser=not no_browser, announce=click.echo
    )
