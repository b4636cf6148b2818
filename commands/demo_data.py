"""``demo-data``: ten genres composed by rules, in the competition's layout."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ._shared.options import SettingsFile, jobs_option, option, quiet_option


@click.command("demo-data")
@click.argument("directory", type=click.Path(path_type=Path))
@option("--songs-per-genre", type=click.IntRange(min=2), default=12, help="Training songs.")
@option("--test-songs-per-genre", type=click.IntRange(min=1), default=6, help="Held-out songs.")
@option("--test-per-genre", type=click.IntRange(min=1), default=10, help="Test mashups.")
@option("--noise-per-category", type=click.IntRange(min=1), default=5, help="Noise clips.")
@option("--seconds", type=click.FloatRange(min=2), default=30.0, help="Length of a song.")
@option("--seed", type=int, default=0, help="Root of all randomness.")
@option("--sr", type=click.IntRange(min=8000), default=44100, help="Rate of the stems in Hz.")
@option("--mono", is_flag=True, help="Write mono stems.")
@option("--shifted", is_flag=True, help="Test songs of instruments and tempos not trained on.")
@option("--test-settings", type=SettingsFile(), default=None, help="YAML of the test mashups'.")
@jobs_option()
@quiet_option()
def demo_data_command(directory, jobs, quiet, **wanted):
    """Render the demo data set into DIRECTORY, and answers.csv beside it.

    \b
    stemstack demo-data demo/data --songs-per-genre 12 --seconds 15

    The songs of the test mashups are not in DIRECTORY; the noise clips are.
    """
    answers = directory.resolve().parent / "answers.csv"
    for path in (directory, answers):
        if path.exists():
            raise UsageError(f"{path}: is there already; remove it or give another DIRECTORY")
    from ._shared.demo_files import write_demo
    from ._shared.progress import make_progress

    write_demo(directory, answers, wanted, n_jobs=jobs, progress=make_progress(quiet))
    click.echo(f"{directory}\n{answers}")
