"""``demo-data``: synthetic songs of ten genres, in the competition's layout."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ._shared.grouped import option
from ._shared.options import jobs_option, quiet_option
from ._shared.terminal import echo_data
from ._shared.values import MANY, SEED, FilePath, SettingsFile


@click.command("demo-data")
@click.argument("directory", type=FilePath(path_type=Path))
@option("--songs-per-genre", type=click.IntRange(2, MANY), default=12, help="Songs per genre.")
@option(
    "--test-songs-per-genre", type=click.IntRange(1, MANY), default=6, help="Songs of test mashups."
)
@option("--test-per-genre", type=click.IntRange(1, MANY), default=10, help="Test clips per genre.")
@option("--noise-per-category", type=click.IntRange(1, MANY), default=5, help="Noise per category.")
@option("--seconds", type=click.FloatRange(2, 3600), default=30.0, help="Length of a song in s.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@option("--sr", type=click.IntRange(8000, 192_000), default=44100, help="Sample rate in Hz.")
@option("--mono", is_flag=True, help="Write mono stems.")
@option("--shifted", is_flag=True, help="Use other instruments and tempos for the test songs.")
@option("--test-settings", type=SettingsFile(), help="YAML file for test mashups.")
@jobs_option()
@quiet_option()
def demo_data_command(directory, jobs, quiet, **options):
    """Render the demo data set into DIRECTORY, and answers.csv next to it.

    \b
    stemstack demo-data demo/data --songs-per-genre 12 --seconds 15

    The test mashups are made from songs that are not in DIRECTORY, and from its noise clips.
    answers.csv holds their labels.
    """
    answers = directory.resolve().parent / "answers.csv"
    for path in (directory, answers):
        if path.exists():
            raise UsageError(f"{path}: already exists; remove it or choose another DIRECTORY")
    from ._shared.demo_files import write_demo
    from ._shared.progress import make_resources

    write_demo(directory, answers, options, make_resources(None, jobs, quiet))
    echo_data(f"{directory}\n{answers}")
