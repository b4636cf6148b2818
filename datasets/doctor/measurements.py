"""Measure one file: everything the checks want to know, from one decoding.

Conventions: levels are linear, 1 being full scale, and belong to the mono mix that stemstack
trains on; ``clipped`` and ``channel_rms`` belong to the channels as stored. A fact that cannot be
had is None.
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from ...audio.levels import INT16_MAX, INT16_PEAK, INT16_SCALE
from ...audio.loudness import BLOCK_SECONDS, integrated_loudness
from ...audio.reading import mix_down, read_channels
from ...exceptions import AudioError
from ...utils.atomic_write import write_text
from ...utils.hashing import hash_bytes
from ...utils.parallel import parallel_map

FACTS = (
    "problem",
    "lack",
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

# Below -60 dBFS lies what separation and 16-bit dither leave where an instrument rests.
SILENCE_PEAK = 1e-3
# In seconds: fine enough to time a rest, longer than a cycle of the lowest bass.
SILENCE_BLOCK = 0.1
# A sine of full scale touches it with a sample or two a cycle; flat tops are longer.
CLIPPED_RUN = 3
# In Hz: the shelf of BS.1770's weighting is at 1.7 kHz, lower rates would cut it off.
LOUDNESS_SR = 8000


def measure_together(paths, with_sum):
    """Measure files that belong together, each decoded once, and perhaps their sum.

    Parameters
    ----------
    paths : sequence of Path
    with_sum : bool
        Add the plain sum of the files, cut to the shortest: what a mashup without tempo, gains and
        noise would be. It is unknown when a file is unusable or their rates differ.

    Returns
    -------
    list of dict
        Of :data:`FACTS`, for each path and then the sum; plain numbers and text.
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
        Of :data:`FACTS`; of an unusable file only ``problem`` is known.
    mono : ndarray of shape (n_frames,), float32, or None
        None when the file is unusable or holds NaN.
    """
    facts = dict.fromkeys(FACTS)
    try:
        samples, sr, lack = read_channels(path)
    except AudioError as error:
        return facts | {"problem": error.problem}, None
    facts |= _describe_shape(samples, sr) | {"lack": lack, "nan": _count_nan(samples)}
    if facts["nan"]:
        return facts, None
    mono = mix_down(samples)
    facts |= _describe_sound(mono, sr)
    facts["clipped"] = measure_clipping(samples)
    facts["channel_rms"] = _loudest_channel(samples) if samples.shape[1] > 1 else facts["rms"]
    facts["content"] = hash_bytes(np.ascontiguousarray(mono))
    return facts, mono


def measure_clipping(samples):
    """Measure which share of the samples lies in runs of three or more at full scale.

    Parameters
    ----------
    samples : ndarray of shape (n_frames, n_channels), int16 or float32

    Returns
    -------
    float
        In [0, 1].
    """
    ceiling = INT16_MAX if samples.dtype == np.int16 else INT16_PEAK
    at = (samples >= ceiling) | (samples <= -ceiling)
    if np.count_nonzero(at) < CLIPPED_RUN:
        return 0.0
    last = len(at) - CLIPPED_RUN + 1
    starts = np.logical_and.reduce([at[k : k + last] for k in range(CLIPPED_RUN)])
    inside = np.zeros_like(at)
    for k in range(CLIPPED_RUN):
        inside[k : k + last] |= starts
    return float(inside.mean())


def measure_loudness(mono, sr):
    """Measure integrated loudness by ITU-R BS.1770-4.

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
    if len(mono) < BLOCK_SECONDS * sr or sr < LOUDNESS_SR:
        return None
    loudness = integrated_loudness(mono, sr)
    return loudness if np.isfinite(loudness) else None


def measure_silence(mono, sr):
    """Measure the longest stretch, in seconds, whose blocks of 0.1 s stay below -60 dBFS."""
    size = max(1, round(SILENCE_BLOCK * sr))
    blocks = np.abs(mono[: len(mono) // size * size]).reshape(-1, size)
    sounding = np.flatnonzero(blocks.max(axis=1) >= SILENCE_PEAK)
    gaps = np.diff(sounding, prepend=-1, append=len(blocks)) - 1
    return float(gaps.max() * size / sr)


def _measure_sum(facts, waves):
    rates = {one["sr"] for one in facts}
    if len(rates) > 1 or any(mono is None for mono in waves):
        return dict.fromkeys(FACTS)
    (sr,), length = rates, min(map(len, waves))
    total = np.sum([mono[:length] for mono in waves], axis=0)
    stacked = total[:, np.newaxis]
    return (
        dict.fromkeys(FACTS)
        | _describe_shape(stacked, sr)
        | _describe_sound(total, sr)
        | {"clipped": measure_clipping(stacked)}
    )


def _describe_shape(samples, sr):
    frames, channels = samples.shape
    return {"sr": sr, "channels": channels, "frames": frames, "seconds": frames / sr}


def _describe_sound(mono, sr):
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
    """The RMS of the loudest channel."""
    full = (INT16_SCALE if samples.dtype == np.int16 else 1) * np.sqrt(len(samples))
    return float(max(np.linalg.norm(channel.astype(np.float32)) for channel in samples.T) / full)


_FORMAT = "doctor-1"
_TEXTS = ("problem", "lack", "content")


def measure_all(root, files, *, cache, n_jobs, progress):
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
    progress : NullProgress

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
        with progress.stage("measuring audio", sum(len(jobs[i]["paths"]) for i in todo)) as advance:
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
    paths = ([root / path for path in job["paths"]] for job in jobs)
    with_sum = (job["with_sum"] for job in jobs)
    return parallel_map(measure_together, paths, with_sum, n_jobs=n_jobs)


def _entry_name(root, job):
    """Name a job's entry by the identity of its files."""
    # Size and time stand for the content, as in the store of converted stems.
    parts = [_FORMAT, str(job["with_sum"])]
    for path in job["paths"]:
        full = Path(root, path).resolve()
        try:
            stat = os.stat(full)
            parts.append(f"{full}|{stat.st_size}|{stat.st_mtime_ns}")
        except OSError:
            parts.append(f"{full}|absent")
    return hash_bytes(os.fsencode("\n".join(parts)))


def _load(cache, name):
    path = Path(cache, "doctor", f"{name}.json") if cache is not None else None
    return json.loads(path.read_text()) if path is not None and path.exists() else None


def _store(cache, name, facts):
    # A problem may pass without the file changing, as a permission does: it is looked at again.
    if cache is not None and not any(row["problem"] for row in facts):
        write_text(Path(cache, "doctor", f"{name}.json"), json.dumps(facts))
