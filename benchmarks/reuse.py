"""Recall and precision of the search for training stems in mashups, by their settings.

Run ``python benchmarks/reuse.py demo-out/data --cache DIR`` after ``make demo``. Each row is of
mashups of known recipes with other settings; the threshold is chosen on those of one half of the
songs, and error rates are measured on those of the other half. The last two lines estimate reuse,
with the default settings, of the test clips of the data set, whose songs are in no training set,
and of new mashups of the training songs.
"""

import argparse
import json
from pathlib import Path

from stemstack.datasets import read_data
from stemstack.domain_shift.reuse.check import (
    build_library,
    calibrate_library,
    find_stems,
    sample_calibration,
)
from stemstack.domain_shift.reuse.estimate import estimate_reuse
from stemstack.mashups import Mashup
from stemstack.mashups.tempo_sync import PITCH_KEEPING_MODES
from stemstack.runs import ClipList
from stemstack.utils.resources import Resources

MODES = ("none", "interpolate", "resample", "stretch", "wsola")
NOISES = {
    "none": {"noise_probability": 0.0},
    "default": {},
    "loud": {"noise_probability": 1.0, "noise_law": "snr", "noise_snr": [-6.0, 0.0]}
    | {"noise_placement": "tile"},
}
# Of the mashups that take the place of test clips with training stems.
_OTHER_SEED = 1


def measure(data, options):
    """Calibrate for each tempo mode and noise: (mode, noise, Calibration), and libraries."""
    rows, libraries = [], {}
    resources = Resources(options.cache, options.jobs)
    for mode in options.modes:
        for noise, settings in NOISES.items():
            settings = settings | {"tempo": mode}
            sampled = sample_calibration(data, settings, options.n, resources, seed=0)
            moves = mode in PITCH_KEEPING_MODES
            if moves not in libraries:
                libraries[moves] = build_library(data, sampled.pool, resources)
            calibration = calibrate_library(libraries[moves], sampled, resources)
            rows.append((mode, noise, calibration))
            print(_row(*rows[-1]), flush=True)
    return rows, libraries


def estimate(data, library, calibration, options):
    """Estimate reuse of the test clips, and of mashups of the training songs."""
    resources = Resources(options.cache, options.jobs)
    sampled = sample_calibration(data, {}, options.n, resources, seed=_OTHER_SEED)
    source_store = sampled.pool.source_store
    cases = {
        "the test clips": ClipList.from_test_table(data).paths,
        "mashups of training songs": [
            Mashup.from_recipe(recipe, source_store) for recipe in sampled.recipes
        ],
    }
    return {
        name: estimate_reuse(find_stems(library, clips, resources, name=name), calibration)
        for name, clips in cases.items()
    }


def _row(mode, noise, rates):
    cells = [f"{mode:12} {noise:8} {rates.threshold:9.3f}"]
    for rate in (rates.recall, rates.precision, rates.stem_precision, *rates.stem_recall.values()):
        low, high = rate.interval
        cells.append(f"{rate.value:5.2f} [{low:.2f}, {high:.2f}]")
    return "  ".join(cells)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for converted stems")
    parser.add_argument("--n", type=int, default=200, help="mashups per row (200)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES, help="tempo modes")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    data = read_data(options.data)
    names = ("recall", "precision", "precision, stems", "recall, own speed", "recall, other")
    print("tempo        noise    threshold  " + "  ".join(f"{name:18}" for name in names))
    rows, libraries = measure(data, options)
    default = [rates for mode, noise, rates in rows if (mode, noise) == ("interpolate", "default")]
    estimates = estimate(data, libraries[False], default[0], options) if default else {}
    for name, reuse in estimates.items():
        low, high = reuse.interval
        print(
            f"{name}: a stem found in {reuse.flagged.count} of {reuse.flagged.total}; "
            f"reuse {reuse.rate:.0%} [{low:.0%}, {high:.0%}]"
        )
    if options.json:
        table = [{"tempo": t, "noise": n} | rates.to_dict() for t, n, rates in rows]
        estimates = {name: reuse.to_dict() for name, reuse in estimates.items()}
        document = {"table": table, "estimates": estimates}
        options.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
