"""The data of a run for the report: folds, shares of classes, and how to have it all again."""

import shlex

import numpy as np
import pandas as pd
import yaml
from scipy.stats import chi2_contingency

from ..reports.section import signed
from ..reports.sections import repeat_section, shares_section
from ..stacking import fold_balance
from .run import STACK

_MORE = (
    "This report is made of the run’s tables alone. stemstack report RUN adds what needs the data "
    "set: mistakes to listen to, what models lean on, the gap to the test clips, and the doctor."
)
_FILES = {
    "config.yaml": "options, what auto stood for, versions",
    "folds.parquet": "the fold of every song and noise clip",
    "recipes.parquet": "every training mashup, replayable",
    "ledger": "every prediction, out of fold and on the test",
    "models": "fold models and the second level; loading them runs no code",
    "metrics.json": "scores",
    "costs.json": "time by stage, and memory",
    "audit.json": "what the leak guard found",
    "submission.csv": "the answers to the test",
    "model_card.md": "what the models are, in a page",
    "song_shared": "the same with songs shared between folds: optimistic",
}


def data_section(run, side):
    """Write of the classes, the folds and what was left out.

    Parameters
    ----------
    run : Run
    side : Side
        Out of fold.

    Returns
    -------
    Section
    """
    oof = run.read_table("ledger/oof")
    columns = {"training": side.truth, "guess, out of fold": side.guesses[side.stack]}
    test = run.path / "ledger/test.parquet"
    if test.exists():
        said = run.read_table("ledger/test")[[f"{side.stack}__{label}" for label in side.classes]]
        columns["guess, test"] = np.asarray(side.classes, dtype=object)[
            said.to_numpy().argmax(axis=1)
        ]
    counts = pd.DataFrame(
        {name: pd.Series(labels).value_counts() for name, labels in columns.items()}, side.classes
    ).fillna(0)
    balance = fold_balance(oof["label"], oof["fold"])
    hint = shift_hint(counts)
    return shares_section(balance, counts / counts.sum(), hint, run.metrics["left_out"])


def shift_hint(counts):
    """Say whether classes seem to be as frequent on the test as in training.

    Parameters
    ----------
    counts : DataFrame
        A row a class; clips ``guess, out of fold``, and ``guess, test`` where there is
        one.

    Returns
    -------
    str
    """
    if "guess, test" not in counts:
        return "The data have no test clips: classes can be compared with training only."
    pair = counts[["guess, out of fold", "guess, test"]]
    pair = pair[pair.sum(axis=1) > 0]
    chance = chi2_contingency(pair).pvalue if len(pair) > 1 else 1.0
    shares = pair / pair.sum()
    moved = (shares.iloc[:, 1] - shares.iloc[:, 0]).sort_values(key=np.abs, ascending=False)
    points = (
        f"{label} {'+' * bool(by > 0)}{signed(100 * by, 0)}" for label, by in moved.iloc[:3].items()
    )
    named = ", ".join(points) + " points"
    if chance >= 0.01:
        return (
            "On the test the stack guesses the classes about as often as out of fold "
            f"(χ² test, clips taken as independent: p = {chance:.2f}): no hint of a label shift."
        )
    return (
        "On the test the stack guesses other classes than out of fold, by share of the clips "
        f"{named} (χ² test, clips taken as independent: p = {chance:.1g}). Either the test holds "
        "other shares of the classes, for which stemstack predict --decode corrects, or its clips "
        "are unlike the training clips and pull towards some classes."
    )


def how_section(run, *, complete):
    """Write of how to repeat a run.

    Parameters
    ----------
    run : Run
    complete : bool
        Whether the report has what needs the data set; if not, it says how to have it.

    Returns
    -------
    Section
    """
    text = run.config_path.read_text(encoding="utf-8")
    versions = yaml.safe_load(text)["versions"]
    return repeat_section(
        _command(run), text, versions, _list_files(run), more="" if complete else _MORE
    )


def _command(run):
    learnt, stacked = run.resolved.get("pseudo-label"), run.resolved.get(STACK)
    if learnt is not None:
        (source,) = learnt["run"]
        return (
            f"stemstack pseudo-label {shlex.quote(source)} --models {','.join(run.model_names)} "
            f"--rounds {learnt['rounds']} --confidence {learnt['confidence']} --out RUN"
        )
    if stacked is None:
        return "stemstack fit --config config.yaml --out RUN"
    runs = " ".join(map(shlex.quote, stacked["runs"]))
    return f"stemstack stack {runs} --blend {stacked['blend']} --out RUN"


def _list_files(run):
    """List what is in a run, folders summed up."""
    rows = {}
    for name, about in _FILES.items():
        path = run.path / name
        if path.exists():
            files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
            size = sum(p.stat().st_size for p in files)
            rows[name] = {"what": about, "files": len(files), "kB": round(size / 1e3)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
