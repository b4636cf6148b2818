"""How well training stems are found in mashups, by how these are made; and in the test clips.

Run ``python benchmarks/reuse.py demo-out/data --cache DIR`` after ``make demo``. Each row draws
mashups of known recipe by other settings, chooses the threshold on those of one half of the songs
and measures on those of the other. The last two rows ask, by the default settings, the data set's
own test clips, whose songs are in no training set, and mashups of the training songs that are new
to the check.
"""

import argparse
import json
from pathlib import Path

from stemstack.datasets import read_data
from stemstack.domain_shift.reuse.check import (
    build_library,
    calibrate_library,
    find_stems,
    sample_known,
)
from stemstack.domain_shift.reuse.estimate import estimate_reuse
from stemstack.mashups import Mashup
from stemstack.runs import ClipList
from stemstack.utils.progress import NullProgress

MODES = ("none", "interpolate", "resample", "stretch")
NOISES = {
    "none": {"noise_probability": 0.0},
    "default": {},
    "loud": {"noise_probability": 1.0, "noise_law": "snr", "noise_snr": [-6.0, 0.0]}
    | {"noise_placement": "tile"},
}
# Of the mashups that stand for test clips which do hold training stems.
_OTHER_SEED = 1


def measure(data, options):
    """Calibrate for every mode and noise: rows of (mode, noise, Calibration); library, last one."""
    rows, libraries = [], {}
    places = {"n_jobs": options.jobs, "progress": NullProgress()}
    for mode in options.modes:
        for noise, settings in NOISES.items():
            settings = settings | {"tempo": mode}
            draw = sample_known(data, settings, options.n, seed=0, cache=options.cache, **places)
            moves = mode == "stretch"
            if moves not in libraries:
                libraries[moves] = build_library(data, draw.pool, **places)
            rows.append((mode, noise, calibrate_library(libraries[moves], draw, **places)))
            print(_row(*rows[-1]), flush=True)
    return rows, libraries


def ask(data, library, calibration, options):
    """Estimate reuse of the test clips, and of mashups drawn from the training songs."""
    places = {"n_jobs": options.jobs, "progress": NullProgress()}
    draw = sample_known(data, {}, options.n, seed=_OTHER_SEED, cache=options.cache, **places)
    cases = {
        "the test clips": ClipList.from_test_table(data).paths,
        "mashups of training songs": [
            Mashup.from_recipe(r, draw.pool.source_store) for r in draw.recipes
        ],
    }
    found = {name: find_stems(library, clips, name=name, **places) for name, clips in cases.items()}
    return {name: estimate_reuse(findings, calibration) for name, findings in found.items()}


def _row(mode, noise, known):
    shares = [known.recall, known.precision, known.stem_precision, *known.stem_recall.values()]
    cells = [f"{mode:12} {noise:8} {known.threshold:9.3f}"]
    for share in shares:
        low, high = share.interval
        cells.append(f"{share.value:5.2f} [{low:.2f}, {high:.2f}]")
    return "  ".join(cells)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for converted stems")
    parser.add_argument("--n", type=int, default=200, help="known mashups of each row (200)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES, help="tempo modes")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    data = read_data(options.data)
    names = ("recall", "precision", "precision, stems", "recall, own speed", "recall, other")
    print("tempo        noise    threshold  " + "  ".join(f"{name:18}" for name in names))
    rows, libraries = measure(data, options)
    default = [known for mode, noise, known in rows if (mode, noise) == ("interpolate", "default")]
    asked = ask(data, libraries[False], default[0], options) if default else {}
    for name, reuse in asked.items():
        low, high = reuse.interval
        print(
            f"{name}: a stem found in {reuse.flagged.count} of {reuse.flagged.total}; "
            f"reuse {reuse.rate:.0%} [{low:.0%}, {high:.0%}]"
        )
    if options.json:
        table = [{"tempo": t, "noise": n} | known.to_dict() for t, n, known in rows]
        asked = {name: reuse.to_dict() for name, reuse in asked.items()}
        options.json.write_text(json.dumps({"table": table, "asked": asked}, indent=1) + "\n")


if __name__ == "__main__":
    main()
