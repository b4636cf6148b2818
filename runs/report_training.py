"""How the nets of a run learnt, gathered for the report from what is saved with them."""

import pandas as pd

from ..models import nets_in
from ..reports.sections.training import training_section as lay_out


def training_section(run):
    """Write of how the nets of a run learnt.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Section or None
        None for a run without nets.
    """
    histories = {name: _read(run, name) for name in run.model_names}
    histories = {name: history for name, history in histories.items() if not history.empty}
    return lay_out(histories) if histories else None


def _read(run, name):
    """Put the histories of a model's folds, and of the members of its bag, under one another."""
    if not any(run.model_folder(name).rglob("weights.safetensors")):
        return pd.DataFrame()
    parts = []
    for fold in run.model_folds(name):
        nets = nets_in(run.load_model(name, fold), fitted=True)
        names = [str(fold)] if len(nets) == 1 else [f"{fold}, seed {i}" for i in range(len(nets))]
        parts += [
            pd.DataFrame(net.history_).assign(fold=told)
            for net, told in zip(nets, names, strict=True)
        ]
    return pd.concat(parts, ignore_index=True)
