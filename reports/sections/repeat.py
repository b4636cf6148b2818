"""Command, configuration, package versions and files of a run."""

import shlex

import pandas as pd

from ...datasets import is_url
from ...runs.config import read_document
from ...runs.run import STACK
from ..html.blocks import details, heading, paragraph, preformatted, table
from ..section import Section

_QUICK = (
    "This report is made from the tables of the run only. stemstack report RUN --data DATA adds "
    "the sections that need the data set: mistakes to listen to, feature importance, the gap to "
    "the test clips, and the checks of the data set."
)
_FILES = {
    "config.yaml": "options, resolved 'auto' values, versions",
    "folds.parquet": "the fold of every song and noise clip",
    "recipes.parquet": "every training mashup, replayable",
    "ledger": "every prediction, out of fold and on the test clips",
    "models": "fold models and the meta-model; loading them runs no code",
    "metrics.json": "scores",
    "costs.json": "time by stage, and memory",
    "audit.json": "results of the leakage checks",
    "submission.csv": "predicted labels of the test clips",
    "model_card.md": "summary of the models",
    "song_shared": "the same with songs shared between folds: optimistic",
}


def collect(inputs):
    """Collect what is needed to repeat the run."""
    run = inputs.run
    versions = read_document(run.config_path).get("versions", {})
    return {
        "command": _command(run),
        "config": run.config_path.read_text(encoding="utf-8"),
        "versions": versions if isinstance(versions, dict) else {},
        "files": _list_files(run),
        "quick": inputs.data is None,
    }


def _command(run):
    pseudo_label, stack = run.resolved.get("pseudo-label"), run.resolved.get(STACK)
    data = shlex.quote(run.config.data)
    if pseudo_label is not None:
        sources = " ".join(map(shlex.quote, pseudo_label.get("run", {})))
        return (
            f"stemstack pseudo-label {sources} --data {data} --models {','.join(run.model_names)} "
            f"--rounds {pseudo_label.get('rounds')} --confidence {pseudo_label.get('confidence')} "
            "--out RUN"
        )
    if stack is None:
        repeated = f" --data {data}" if is_url(run.config.data) else ""
        return f"stemstack fit --config config.yaml{repeated} --out RUN"
    runs = " ".join(map(shlex.quote, stack.get("runs", {})))
    return f"stemstack stack {runs} --blend {shlex.quote(str(stack.get('blend')))} --out RUN"


def _list_files(run):
    """List files and folders of a run with their sizes."""
    rows = {}
    for name, description in _FILES.items():
        path = run.path / name
        if path.exists():
            files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
            size = sum(p.stat().st_size for p in files)
            rows[name] = {"content": description, "files": len(files), "kB": round(size / 1e3)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")


def render(data):
    """Render the command, with configuration, versions and files below it."""
    versions = pd.DataFrame({"version": data["versions"]}).rename_axis("package")
    body = paragraph(
        "With the file below as config.yaml, this command gives the same tables and models, byte "
        "for byte on a CPU, for any number of processes:"
    )
    body += preformatted(data["command"])
    body += details("config.yaml", preformatted(data["config"]))
    body += details("Versions", table(versions, "Packages that computed this run"))
    body += details("Files", table(data["files"], "Content of the run directory"))
    if data["quick"]:
        body += heading("More") + paragraph(_QUICK)
    return body


REPEAT = Section("How to repeat it", "repeat", collect, render)
