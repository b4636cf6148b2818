"""``export``: networks of a run as ONNX files."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ._shared.grouped import option
from ._shared.options import quiet_option
from ._shared.terminal import echo_data
from ._shared.values import FilePath


@click.command("export")
@click.argument("run", type=FilePath(path_type=Path))
@click.option("--onnx", is_flag=True, help="Write ONNX files, the only format so far.")
@option(
    "--out",
    type=FilePath(file_okay=False, path_type=Path),
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
    from ..runs import Run
    from ._shared.progress import make_progress

    if not onnx:
        raise UsageError("No format was chosen: use export RUN --onnx")
    progress = make_progress(quiet)
    files, others = _export_networks(Run.open(run), out, progress)
    for name in others:
        progress.log(f"{name} is not a network: left out")
    if not files:
        raise UsageError(f"{run}: has no network to export; its models are {', '.join(others)}")
    for file in files:
        echo_data(file)


def _export_networks(run, out, progress):
    """Write the networks of all folds; return the files, and the names of the other models."""
    out = run.path / "onnx" if out is None else out
    folds = sorted(run.read_table("ledger/oof")["fold"].unique())
    files, others = [], []
    for name in run.model_names:
        # Other models need not be loaded: they may hold types that are not trusted.
        if not any(run.model_folder(name).rglob("weights.safetensors")):
            others.append(name)
            continue
        with progress.stage(f"exporting {name}", len(folds)) as advance:
            for fold in folds:
                files += _export_fold(run.load_model(name, fold), out, f"{name}-fold{fold}")
                advance(1)
    return files, others


def _export_fold(model, out, name):
    """Write the network of one fold, or each member of a seed ensemble."""
    from ..models import export_onnx
    from ..models.inspection import ensemble_networks

    networks = ensemble_networks(model)
    n = len(networks)
    files = [out / (f"{name}.onnx" if n == 1 else f"{name}-seed{i}.onnx") for i in range(n)]
    for network, file in zip(networks, files, strict=True):
        export_onnx(network, file)
    return files
