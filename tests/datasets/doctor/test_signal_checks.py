"""Silence, clipping, offsets, loudness, and test clips against sums of stems."""

import numpy as np
import pytest

from stemstack.datasets.doctor import check_dataset, loudness_table

SR = 22050
SONG = "genres_stems/blues/blues.00000"


def facts(data, check):
    return [f for f in check_dataset(data, n_folds=2).findings if f.check == check]


def test_test_clips_are_compared_with_sums(data, write, hiss):
    for k in range(2):
        clip = hiss(100 + k, seconds=3.0)
        write(data / f"mashups/song{k}.wav", clip / np.abs(clip).max(), sr=44100)
    rate, length, peak, rms = facts(data, "test vs training")
    assert "test 44100 Hz (100%); sums of stems 22050 Hz (100%)" in rate.found
    assert "test 1.5 s" in length.found and "sums of stems 1.0 s" in length.found
    assert "test 0.0 dBFS (100% reach full scale)" in peak.found
    # Noise clipped at three sigma: full scale over RMS is 3, 9.6 dB (less 0.04 for the tails).
    assert "9.6 dB below the peak; sums" in rms.found


def test_sum_row_measures_sum_of_stems(data, read):
    files = check_dataset(data, n_folds=2).files
    row = files[(files["role"] == "sum") & (files["song"] == "blues/blues.00000")].iloc[0]
    total = sum(read(data / SONG / f"{s}.wav") for s in ("drums", "vocals", "bass", "other"))
    # rtol: float32 sums against float64 ones.
    np.testing.assert_allclose(row["peak"], np.abs(total).max(), rtol=1e-6)
    np.testing.assert_allclose(row["rms"], np.sqrt(np.mean(total**2)), rtol=1e-6)


def test_loudness_table_by_genre_and_stem(data, write):
    write(data / SONG / "vocals.wav", np.zeros(SR))
    (data / "genres_stems/blues/blues.00001/vocals.wav").unlink()
    report = check_dataset(data, n_folds=2)
    table = loudness_table(report.files)
    assert table.index.tolist() == ["blues", "jazz"]
    assert table.columns.tolist() == ["drums", "vocals", "bass", "other", "sum"]
    files = report.files
    of_cell = files[(files["genre"] == "jazz") & (files["stem"] == "bass")]["lufs"]
    assert table.loc["jazz", "bass"] == of_cell.median()
    assert np.isnan(table.loc["blues", "vocals"])


def test_loudness_difference_of_genres_is_reported(data, write, read):
    for file in (data / "genres_stems/jazz").glob("*/*.wav"):
        write(file, 0.1 * read(file))
    (fact,) = facts(data, "loudness")
    apart = float(fact.found.partition(" LU apart")[0].rpartition(", ")[2])
    # abs: the noises of the two genres are not the same, and the figure has one decimal.
    assert apart == pytest.approx(20, abs=0.3)
    assert fact.found.startswith("jazz is the quietest") and "normalize" in fact.fix


def test_silent_faint_and_resting_files_are_distinguished(data, write, hiss, find_problems):
    write(data / SONG / "vocals.wav", np.zeros(SR))
    write(data / SONG / "drums.wav", hiss(4, level=1e-4))
    write(
        data / SONG / "bass.wav",
        np.concatenate([hiss(5), np.zeros(6 * SR), hiss(6)]),
    )
    found = {f.check: f for f in find_problems(data) if f.check != "length"}
    assert {name: f.files for name, f in found.items()} == {
        "digital silence": (f"{SONG}/vocals.wav",),
        "faint": (f"{SONG}/drums.wav",),
        "long silence": (f"{SONG}/bass.wav",),
    }
    assert {f.severity for f in found.values()} == {"warning"}


def test_silence_is_counted_by_stem_and_genre(data, write, find_problems):
    for song in (data / "genres_stems/blues").iterdir():
        write(song / "vocals.wav", np.zeros(SR))
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.zeros(SR))
    (finding,) = find_problems(data, "digital silence")
    assert "3 of 16 stems" in finding.found
    assert "(vocals 2, bass 1; blues 2, jazz 1)" in finding.found


def test_silent_files_are_not_duplicates(data, write, find_problems):
    for song in (data / "genres_stems").glob("*/*"):
        write(song / "vocals.wav", np.zeros(SR))
    assert find_problems(data, "duplicates") == []


def test_clipping_of_test_and_noise_is_info(data, write, read):
    names = (f"{SONG}/bass.wav", "mashups/song0.wav", "ESC-50-master/audio/0.wav")
    for name in names:
        write(data / name, np.clip(20 * read(data / name), -1, 1))
    clipping = [f for f in check_dataset(data, n_folds=2).findings if f.check == "clipping"]
    assert [(f.severity, f.files) for f in clipping] == [
        ("warning", names[:1]),
        ("info", names[1:2]),
        ("info", names[2:]),
    ]


def test_normalised_file_is_not_clipped(data, write, find_problems):
    tone = np.sin(2 * np.pi * 55 * np.arange(SR) / SR)
    write(data / SONG / "bass.wav", tone)
    assert find_problems(data, "clipping") == []


def test_floats_beyond_full_scale_are_found(data, write, hiss, find_problems):
    write(data / SONG / "bass.wav", 32768 * hiss(3), subtype="FLOAT")
    (finding,) = find_problems(data, "scale")
    assert finding.files == (f"{SONG}/bass.wav",)


def test_dc_offset_is_a_warning(data, write, hiss, find_problems):
    write(data / SONG / "bass.wav", hiss(3) + 0.05)
    (finding,) = find_problems(data, "DC offset")
    assert finding.severity == "warning" and finding.files == (f"{SONG}/bass.wav",)
