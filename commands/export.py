"""``export``: the nets of a run in a form that other programs read."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ._shared.options import option, quiet_option


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--onnx", is_flag=True, help="Write ONNX files: the one form there is.")
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder to fill; RUN/onnx by default.",
)
@quiet_option()
def export_command(run, onnx, out, quiet):
    """Write the nets of RUN as files for programs without torch, and print their names.

    \b
    stemstack export RUN --onnx

    One file a fold: crops of log-mels in, logits out; its metadata say the classes and how a crop
    is made. Models that are no nets are named on stderr.
    """
    from ..runs.derived.export import export_nets
    from ._shared.progress import make_progress

    if not onnx:
        raise UsageError("Say what to write: export RUN --onnx")
    progress = make_progress(quiet)
    files, others = export_nets(run, out, progress=progress)
    for name in others:
        progress.log(f"{name} is no net: left out")
    if not files:
        raise UsageError(f"{run}: holds no net to export; its models are {', '.join(others)}")
    for file in files:
        click.echo(file)
