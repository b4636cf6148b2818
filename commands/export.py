"""``export``: networks of a run as ONNX files."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ._shared.options import option, quiet_option


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--onnx", is_flag=True, help="Write ONNX files, the only format so far.")
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; RUN/onnx by default.",
)
@quiet_option()
def export_command(run, onnx, out, quiet):
    """Write the networks of RUN as files for programs without torch, and print their names.

    \b
    stemstack export RUN --onnx

    Writes one file per fold. Its inputs are crops of log-mel spectrograms, its outputs logits; its
    metadata hold the classes and the parameters of the crops. Models that are not networks are
    named on stderr.
    """
    from ..runs.derived.export import export_nets
    from ._shared.progress import make_progress

    if not onnx:
        raise UsageError("No format was chosen: use export RUN --onnx")
    progress = make_progress(quiet)
    files, others = export_nets(run, out, progress=progress)
    for name in others:
        progress.log(f"{name} is not a network: left out")
    if not files:
        raise UsageError(f"{run}: has no network to export; its models are {', '.join(others)}")
    for file in files:
        click.echo(file)
