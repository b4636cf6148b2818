"""The nets of a run as ONNX files."""

from ...models import export_onnx
from ...models.inspection import ensemble_networks
from ..run import Run


def export_nets(path, out=None, *, progress):
    """Write every net of a run, one file a fold (and a seed, where there are several).

    Parameters
    ----------
    path : str or os.PathLike
        A finished run.
    out : Path, optional
        Folder; ``onnx`` in the run by default.
    progress : NullProgress
        Hears how far it is.

    Returns
    -------
    files : list of Path
    others : list of str
        The run's models that are no nets.
    """
    run = Run.open(path)
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
    """Write the net of one fold, or each of a bag."""
    nets = ensemble_networks(model)
    names = [name] if len(nets) == 1 else [f"{name}-seed{i}" for i in range(len(nets))]
    files = [out / f"{name}.onnx" for name in names]
    for net, file in zip(nets, files, strict=True):
        export_onnx(net, file)
    return files
