"""Measure files: every fact that the checks need, from one decoding.

Conventions: levels are linear, 1 being full scale, and belong to the mono mix that stemstack
trains on; ``clipped`` and ``channel_rms`` belong to the channels as stored. A fact that cannot be
measured is None.
"""

import json
import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ...audio.ffmpeg import log_use_of_ffmpeg
from ...audio.levels import BLOCK_SECONDS, INT16_MAX, INT16_PEAK, INT16_SCALE, integrated_loudness
from ...audio.reading import mix_down, read_channels
from ...exceptions import AudioError
from ...utils.atomic_write import write_text
from ...utils.cache import read_entry
from ...utils.hashing import file_version, hash_bytes
from ...utils.parallel import parallel_map

FACTS = (
    "problem",
    "missing",
    "sr",
    "channels",
    "frames",
    "seconds",
    "nan",
    "clipped",
    "channel_rms",
    "peak",
    "rms",
    "dc",
    "lufs",
    "silence",
    "content",
)
_TEXTS = ("problem", "missing", "content")
_CACHE_FORMAT = "doctor-3"

# -60 dBFS: separation and 16-bit dither leave less than that where an instrument rests.
SILENCE_PEAK = 1e-3
# In seconds: short enough to time a rest, longer than a cycle of the lowest bass.
SILENCE_BLOCK = 0.1
# A sine of full scale reaches it with a sample or two per cycle; clipped tops are longer.
CLIPPED_RUN = 3
# In Hz: the shelf of BS.1770's weighting is at 1.7 kHz, lower rates would cut it off.
LOUDNESS_MIN_SR = 8000


def measure_files(root, files, *, cache, n_jobs, progress):
    """Measure every file of a table, and the plain sum of each song's stems.

    Parameters
    ----------
    root : Path
        The folder that paths are relative to.
    files : DataFrame
        Columns ``path, role, genre, song, stem``.
    cache : str, os.PathLike or None
        Folder of stored measurements; None measures all files.
    n_jobs : int or None
        Number of processes; the result does not depend on it.
    progress : NullProgress

    Returns
    -------
    DataFrame
        ``files`` and one row of role ``"sum"`` per song in stems, with a column for each fact.
    """
    log_use_of_ffmpeg(files["path"])
    tasks = _make_tasks(files)
    names = [_cache_name(root, task) for task in tasks]
    results = [
        _load(cache, name, len(task["rows"])) for name, task in zip(names, tasks, strict=True)
    ]
    todo = [i for i, facts in enumerate(results) if facts is None]
    if todo:
        paths = [[root / path for path in tasks[i]["paths"]] for i in todo]
        with_sum = [tasks[i]["with_sum"] for i in todo]
        with progress.stage("measuring audio", sum(map(len, paths))) as advance:
            measured = parallel_map(measure_together, paths, with_sum, n_jobs=n_jobs)
            for i, facts in zip(todo, measured, strict=True):
                results[i] = facts
                _store(cache, names[i], facts)
                advance(len(tasks[i]["paths"]))
    rows = [row for task in tasks for row in task["rows"]]
    facts = pd.DataFrame([row for facts in results for row in facts], columns=FACTS)
    numbers = [name for name in FACTS if name not in _TEXTS]
    facts[numbers] = facts[numbers].astype(float)
    return pd.concat([pd.DataFrame(rows, columns=files.columns), facts], axis=1)


def measure_together(paths, with_sum):
    """Measure files of one song, each decoded once, and optionally their sum.

    Parameters
    ----------
    paths : sequence of Path
    with_sum : bool
        Whether to add the plain sum of the files, cut to the shortest: a mashup without tempo,
        gains and noise. Its facts are None when a file is unusable or sample rates differ.

    Returns
    -------
    list of dict
        The :data:`FACTS` of each path and then of the sum; plain numbers and text.
    """
    measured = [measure_file(path) for path in paths]
    facts = [facts for facts, _ in measured]
    if with_sum:
        facts.append(_measure_sum(facts, [mono for _, mono in measured]))
    return facts


def measure_file(path):
    """Measure one file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    facts : dict
        The :data:`FACTS`; of an unusable file all but ``problem`` are None.
    mono : ndarray of shape (n_frames,), float32, or None
        None when the file is unusable or has NaN.
    """
    facts = dict.fromkeys(FACTS)
    try:
        samples, sr, missing = read_channels(path)
    except AudioError as error:
        return facts | {"problem": error.problem}, None
    facts |= _measure_shape(samples, sr) | {"missing": missing, "nan": _count_nan(samples)}
    if facts["nan"]:
        return facts, None
    mono = mix_down(samples)
    facts |= _measure_mono(mono, sr)
    facts["clipped"] = measure_clipping(samples)
    facts["channel_rms"] = _loudest_channel(samples) if samples.shape[1] > 1 else facts["rms"]
    facts["content"] = hash_bytes(np.ascontiguousarray(mono))
    return facts, mono


def measure_clipping(samples):
    """Compute the share of samples in runs of three or more at full scale.

    Parameters
    ----------
    samples : ndarray of shape (n_frames, n_channels), int16 or float32

    Returns
    -------
    float
        In [0, 1].
    """
    ceiling = INT16_MAX if samples.dtype == np.int16 else INT16_PEAK
    at_ceiling = (samples >= ceiling) | (samples <= -ceiling)
    if np.count_nonzero(at_ceiling) < CLIPPED_RUN:
        return 0.0
    n_starts = len(at_ceiling) - CLIPPED_RUN + 1
    starts = np.logical_and.reduce([at_ceiling[k : k + n_starts] for k in range(CLIPPED_RUN)])
    in_run = np.zeros_like(at_ceiling)
    for k in range(CLIPPED_RUN):
        in_run[k : k + n_starts] |= starts
    return float(in_run.mean())


def measure_loudness(mono, sr):
    """Compute integrated loudness by ITU-R BS.1770-4, where it is defined.

    Parameters
    ----------
    mono : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float or None
        In LUFS; None below the standard's gate of -70 LUFS, for clips shorter than its block of
        0.4 s, and for rates below 8 kHz.
    """
    if len(mono) < BLOCK_SECONDS * sr or sr < LOUDNESS_MIN_SR:
        return None
    loudness = integrated_loudness(mono, sr)
    return loudness if np.isfinite(loudness) else None


def measure_silence(mono, sr):
    """Compute the longest stretch, in s, whose blocks of 0.1 s stay below -60 dBFS.

    Parameters
    ----------
    mono : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
    """
    size = max(1, round(SILENCE_BLOCK * sr))
    blocks = np.abs(mono[: len(mono) // size * size]).reshape(-1, size)
    audible = np.flatnonzero(blocks.max(axis=1) >= SILENCE_PEAK)
    gaps = np.diff(audible, prepend=-1, append=len(blocks)) - 1
    return float(gaps.max() * size / sr)


def _measure_sum(facts, waves):
    rates = {one["sr"] for one in facts}
    if len(rates) > 1 or any(mono is None for mono in waves):
        return dict.fromkeys(FACTS)
    (sr,), length = rates, min(map(len, waves))
    total = np.sum([mono[:length] for mono in waves], axis=0)
    samples = total[:, np.newaxis]
    return (
        dict.fromkeys(FACTS)
        | _measure_shape(samples, sr)
        | _measure_mono(total, sr)
        | {"clipped": measure_clipping(samples)}
    )


def _measure_shape(samples, sr):
    frames, channels = samples.shape
    return {"sr": sr, "channels": channels, "frames": frames, "seconds": frames / sr}


def _measure_mono(mono, sr):
    return {
        "peak": float(np.abs(mono).max()),
        "rms": float(np.sqrt(np.mean(np.square(mono, dtype=np.float64)))),
        "dc": float(mono.mean(dtype=np.float64)),
        "lufs": measure_loudness(mono, sr),
        "silence": measure_silence(mono, sr),
    }


def _count_nan(samples):
    """Count NaN and infinite samples; integers have none."""
    if samples.dtype == np.int16:
        return 0
    return int(np.count_nonzero(~np.isfinite(samples)))


def _loudest_channel(samples):
    """Compute the RMS of the loudest channel."""
    scale = (INT16_SCALE if samples.dtype == np.int16 else 1) * np.sqrt(len(samples))
    return float(max(np.linalg.norm(channel.astype(np.float32)) for channel in samples.T) / scale)


def _make_tasks(files):
    """Group files into tasks: a song's stems with a row for their sum, other files alone."""
    tasks = []
    stems = files[files["role"] == "stem"]
    for song, group in stems.groupby("song", sort=False):
        rows = group.to_dict("records")
        folder = os.path.dirname(rows[0]["path"])
        total = rows[0] | {"path": folder, "role": "sum", "song": song, "stem": None}
        tasks.append({"paths": group["path"].tolist(), "rows": [*rows, total], "with_sum": True})
    for row in files[files["role"] != "stem"].to_dict("records"):
        tasks.append({"paths": [row["path"]], "rows": [row], "with_sum": False})
    return tasks


def _cache_name(root, task):
    """Return the cache entry of a task; size and times of its files are taken for their content."""
    parts = [_CACHE_FORMAT, str(task["with_sum"])]
    for path in task["paths"]:
        full = Path(root, path).resolve()
        try:
            parts.append(f"{full}|{file_version(full)}")
        except OSError:
            parts.append(f"{full}|absent")
    return hash_bytes(os.fsencode("\n".join(parts)))


def _load(cache, name, count):
    if cache is None:
        return None
    return read_entry(Path(cache, "doctor", f"{name}.json"), partial(_read_facts, count))


def _read_facts(count, path):
    facts = json.loads(path.read_text(encoding="utf-8"))
    if len(facts) != count or not all(row.keys() == set(FACTS) for row in facts):
        raise ValueError("expected the facts of each file")
    return facts


def _store(cache, name, facts):
    # A problem, such as a missing permission, may disappear without a change of the file.
    if cache is not None and not any(row["problem"] for row in facts):
        write_text(Path(cache, "doctor", f"{name}.json"), json.dumps(facts))
