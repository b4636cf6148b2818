"""The data behind a run: folds, shares of the classes, and what was left out."""

import shlex

import numpy as np
import pandas as pd
import yaml
from scipy.stats import chi2_contingency

from ...runs.run import STACK
from ...stacking import fold_balance
from ..html.figures import MAIN, SECOND, THIRD, WIDTH, draw_svg, height, name_rows, put_legend
from ..html.section import (
    Section,
    apply_codec,
    bullets,
    figure,
    fold,
    heading,
    paragraph,
    percent,
    signed,
    table,
)

_MOST = 40
_LOOKS = {"training": (THIRD, "|", 11), "guess, out of fold": (MAIN, "o", 5)}


def shares_section(balance, shares, hint, left_out):
    """Show how classes are spread over folds, guesses and the test.

    Parameters
    ----------
    balance : DataFrame of shape (n_classes, n_folds)
        Training clips by class and the fold they are held out in.
    shares : DataFrame
        A row a class; columns ``training``, ``guess, out of fold`` and, where there is a test,
        ``guess, test``: shares of the clips, each summing to 1.
    hint : str
        What the shares say of the test, in words.
    left_out : list of str
        Test clips that could not be read.

    Returns
    -------
    Section
    """
    shown = shares.sort_values(shares.columns[-1], kind="stable").iloc[-_MOST:]
    svg = draw_svg(
        lambda axes: _draw(axes, shown),
        name="shares",
        alt=_alt(shares),
        size=(WIDTH, height(len(shown))),
    )
    body = paragraph(hint) + figure(
        svg, "How often each class occurs, and how often it is guessed."
    )
    body += fold("shares as a table", table(shares.rename_axis("class"), "Share of the clips"))
    body += heading("Folds")
    counted = balance.assign(all=balance.sum(axis=1)).rename_axis("class")
    body += table(counted, "Training clips by class and the fold they are held out in")
    if left_out:
        body += heading("Test clips left out")
        body += paragraph(
            f"{len(left_out)} test clips could not be read and are not in the submission:"
        )
        body += bullets(left_out)
    return Section("data", "Classes and folds", body)


def _alt(shares):
    last = shares.iloc[:, -1].sort_values(ascending=False, kind="stable")
    most, least = percent(last.iloc[0], 1), percent(last.iloc[-1], 1)
    return (
        f"Share of each class: {', '.join(shares.columns)}. {last.name}: {last.index[0]} most "
        f"({most}), {last.index[-1]} least ({least})."
    )


def _draw(axes, shares):
    rows = range(len(shares))
    for name in shares:
        colour, marker, size = _LOOKS.get(name, (SECOND, "D", 5))
        edge = {"markeredgewidth": 2} if marker == "|" else {}
        axes.plot(
            shares[name], rows, marker, color=colour, markersize=size, label=name, zorder=3, **edge
        )
    axes.set_xlim(0, shares.to_numpy().max() * 1.1)
    name_rows(axes, list(shares.index))
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    put_legend(axes)


def repeat_section(command, config, versions, files, *, more=""):
    """Say how to repeat a run, and what it left behind.

    Parameters
    ----------
    command : str
    config : str
        The configuration as YAML.
    versions : dict of str to str
        Of what computed, by package.
    files : DataFrame
        A row a file or folder; columns in words.
    more : str
        How to have what is not in this report.

    Returns
    -------
    Section
    """
    installed = pd.DataFrame({"version": versions}).rename_axis("package")
    body = paragraph(
        "With the file below as config.yaml, this command gives the same tables and models, byte "
        "for byte on a CPU, whatever the number of processes:"
    )
    body += apply_codec(command)
    body += fold("config.yaml", apply_codec(config))
    body += fold("versions", table(installed, "What computed this run"))
    body += fold("files", table(files, "What is in the run"))
    if more:
        body += heading("More") + paragraph(more)
    return Section("repeat", "To repeat it", body)


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
