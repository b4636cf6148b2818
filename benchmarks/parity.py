"""Parity with librosa: the largest difference by family and signal.

Run ``python benchmarks/parity.py`` for the tables; tests compare the same numbers with
``TOLERANCES``.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from reference import librosa_rows
from signals import parity_signals

from stemstack.features import FAMILIES, ClipDescriptors

# The largest difference allowed, in the unit of each family. librosa computes these in float32,
# whose rounding is 1e-7 of the values: the levels of dB families reach 100, their cosine transform
# 1000, frequencies 24,000 Hz.
TOLERANCES = {
    "mfcc": 1e-3,
    "mfcc_delta": 3e-4,
    "mfcc_delta2": 3e-4,
    "chroma": 1e-5,
    "contrast": 1e-4,
    "centroid": 2e-3,
    "bandwidth": 2e-3,
    "rolloff": 1e-6,
    "flatness": 1e-5,
    "zcr": 1e-9,
    "rms": 1e-6,
    "tonnetz": 1e-5,
    "onset_strength": 1e-4,
    "logmel": 1e-4,
    "tempo": 1e-9,
}

# A spectrum that is flat up to rounding has no tuning to estimate: each library returns another.
UNDEFINED = {("clicks", "chroma"), ("clicks", "tonnetz")}
UNDEFINED |= {("one sample", "chroma"), ("one sample", "tonnetz")}


def differences(samples, sr, precision="librosa"):
    """Return the largest absolute difference from librosa by family, as a dict."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_fft=|Trying to estimate tuning")
        expected = librosa_rows(samples, sr)
    clip = ClipDescriptors(samples, sr, precision)
    return {
        name: float(np.abs(clip.compute(FAMILIES[name]) - rows).max())
        for name, rows in expected.items()
    }


def main():
    """Print the tables for both precisions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sr", type=int, default=22050, help="sample rate in Hz (22050)")
    sr = parser.parse_args().sr
    pd.set_option("display.width", 200, "display.float_format", "{:.1e}".format)
    for precision in ("librosa", "fast"):
        table = pd.DataFrame(
            {
                name: differences(signal, sr, precision)
                for name, signal in parity_signals(sr).items()
            }
        )
        for signal, family in UNDEFINED:
            table.loc[family, signal] = np.nan
        worst = pd.DataFrame(
            {
                "max error": table.max(axis=1),
                "on": table.idxmax(axis=1),
                "median error": table.median(axis=1),
            }
        )
        if precision == "librosa":
            worst["tolerance"] = pd.Series(TOLERANCES)
        print(f"precision={precision!r}, {sr} Hz, {table.shape[1]} signals\n{worst}\n")


if __name__ == "__main__":
    main()
