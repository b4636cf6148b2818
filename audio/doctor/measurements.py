"""Measure many files: in parallel, and each only once as long as it does not change.

Each job's facts lie in one JSON file, ``<cache>/doctor/``, named by path, size and time of its
files: a second examination reads no audio, and one that was stopped goes on where it was.
"""

import hashlib
import json
import os
from pathlib import Path

import joblib
import pandas as pd

from ...atomic import write_text
from .measuring import FACTS, measure_together

_FORMAT = "doctor-1"
_TEXTS = ("problem", "lack", "content")


def measure_all(root, files, *, cache, n_jobs, stage):
    """Measure every file of a table, and the plain sum of each song's stems.

    Parameters
    ----------
    root : Path
        The folder that paths are relative to.
    files : DataFrame
        Columns ``path, role, genre, song, stem``.
    cache : Path or None
    n_jobs : int or None
        Processes; the result is the same for any number.
    stage : callable
        ``stage(name, total)`` gives a context manager that yields a callable counting steps.

    Returns
    -------
    DataFrame
        ``files`` and a row of role ``"sum"`` for each song of stems, with a column for each fact.
    """
    jobs = _plan(files)
    names = [_entry_name(root, job) for job in jobs]
    found = [_load(cache, name) for name in names]
    todo = [i for i, facts in enumerate(found) if facts is None]
    if todo:
        with stage("measuring audio", sum(len(jobs[i]["paths"]) for i in todo)) as advance:
            for i, facts in zip(todo, _measure(root, [jobs[i] for i in todo], n_jobs), strict=True):
                found[i] = facts
                _store(cache, names[i], facts)
                advance(len(jobs[i]["paths"]))
    rows = [row for job in jobs for row in job["rows"]]
    facts = pd.DataFrame([row for facts in found for row in facts], columns=FACTS)
    numbers = [name for name in FACTS if name not in _TEXTS]
    facts[numbers] = facts[numbers].astype(float)
    return pd.concat([pd.DataFrame(rows, columns=files.columns), facts], axis=1)


def _plan(files):
    """Lay out the jobs: a song's stems together, with a row for their sum; all else alone."""
    jobs = []
    stems = files[files["role"] == "stem"]
    for song, part in stems.groupby("song", sort=False):
        rows = part.to_dict("records")
        total = rows[0] | {
            "path": os.path.dirname(rows[0]["path"]), "role": "sum", "song": song, "stem": None
        }  # fmt: skip
        jobs.append({"paths": part["path"].tolist(), "rows": [*rows, total], "with_sum": True})
    for row in files[files["role"] != "stem"].to_dict("records"):
        jobs.append({"paths": [row["path"]], "rows": [row], "with_sum": False})
    return jobs


def _measure(root, jobs, n_jobs):
    return joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(measure_together)(
            [root / path for path in job["paths"]], with_sum=job["with_sum"]
        )
        for job in jobs
    )


def _entry_name(root, job):
    """Name a job's entry by the identity of its files."""
    # Size and time stand for the content, as in the bank of converted stems.
    parts = [_FORMAT, str(job["with_sum"])]
    for path in job["paths"]:
        full = Path(root, path).resolve()
        try:
            stat = os.stat(full)
            parts.append(f"{full}|{stat.st_size}|{stat.st_mtime_ns}")
        except OSError:
            parts.append(f"{full}|absent")
    return hashlib.blake2b(os.fsencode("\n".join(parts)), digest_size=16).hexdigest()


def _load(cache, name):
    path = Path(cache, "doctor", f"{name}.json") if cache is not None else None
    return json.loads(path.read_text()) if path is not None and path.exists() else None


def _store(cache, name, facts):
    # A problem may pass without the file changing, as a permission does: it is looked at again.
    if cache is not None and not any(row["problem"] for row in facts):
        write_text(Path(cache, "doctor", f"{name}.json"), json.dumps(facts))
