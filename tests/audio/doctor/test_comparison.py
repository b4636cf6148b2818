"""The test clips against plain sums of stems, and loudness by genre and stem."""

import numpy as np
import pytest

from stemstack.audio.doctor import examine, loudness_table

SR = 22050
SONG = "genres_stems/blues/blues.00000"


def facts(data, check):
    return [f for f in examine(data, n_folds=2).findings if f.check == check]


def test_the_test_is_compared_with_plain_sums_of_stems(data, write, hiss):
    for k in range(2):
        clip = hiss(100 + k, seconds=3.0)
        write(data / f"mashups/song{k}.wav", clip / np.abs(clip).max(), sr=44100)
    rate, length, peak, rms = facts(data, "test vs training")
    assert "test 44100 Hz (100%); sums of stems 22050 Hz (100%)" in rate.found
    assert "test 1.5 s" in length.found and "sums of stems 1.0 s" in length.found
    assert "test 0.0 dBFS (100% reach full scale)" in peak.found
    # Noise clipped at three sigma: full scale over RMS is 3, 9.6 dB (less 0.04 for the tails).
    assert "9.6 dB below the peak; sums" in rms.found


def test_a_sum_is_the_sum_of_its_stems(data, read):
    files = examine(data, n_folds=2).files
    row = files[(files["role"] == "sum") & (files["song"] == "blues/blues.00000")].iloc[0]
    total = sum(read(data / SONG / f"{s}.wav") for s in ("drums", "vocals", "bass", "other"))
    # rtol: float32 sums against float64 ones.
    np.testing.assert_allclose(row["peak"], np.abs(total).max(), rtol=1e-6)
    np.testing.assert_allclose(row["rms"], np.sqrt(np.mean(total**2)), rtol=1e-6)


def test_loudness_is_tabulated_by_genre_and_stem(data, write):
    write(data / SONG / "vocals.wav", np.zeros(SR))
    (data / "genres_stems/blues/blues.00001/vocals.wav").unlink()
    examination = examine(data, n_folds=2)
    table = loudness_table(examination.files)
    assert table.index.tolist() == ["blues", "jazz"]
    assert table.columns.tolist() == ["drums", "vocals", "bass", "other", "sum"]
    files = examination.files
    of_cell = files[(files["genre"] == "jazz") & (files["stem"] == "bass")]["lufs"]
    assert table.loc["jazz", "bass"] == of_cell.median()
    assert np.isnan(table.loc["blues", "vocals"])


def test_genres_far_apart_in_loudness_are_told(data, write, read):
    for file in (data / "genres_stems/jazz").glob("*/*.wav"):
        write(file, 0.1 * read(file))
    (fact,) = facts(data, "loudness")
    apart = float(fact.found.partition(" LU apart")[0].rpartition(", ")[2])
    # abs: the noises of the two genres are not the same, and the figure has one decimal.
    assert apart == pytest.approx(20, abs=0.3)
    assert fact.found.startswith("jazz is the quietest") and "normalize" in fact.mend
