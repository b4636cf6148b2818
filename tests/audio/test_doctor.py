"""The doctor finds every planted fault, names the file, and finds nothing where nothing is."""

import re
import shutil
import subprocess
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio.doctor import SEVERITIES, Finding, examine, loudness_table
from stemstack.audio.doctor import measurements as measurements_module
from stemstack.errors import DataError, UsageError

SR = 22050
SONG = "genres_stems/blues/blues.00000"


def write(path, samples, sr=SR, subtype="PCM_16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, sr, subtype=subtype)


def read(path):
    return soundfile.read(path)[0]


def noise(seed, seconds=1.0, level=0.1):
    return level * np.random.default_rng(seed).standard_normal(int(seconds * SR)).clip(-3, 3)


@pytest.fixture
def data(tmp_path):
    """A healthy data set: two genres of two songs, two test clips, two noises with their meta."""
    root, seed = tmp_path / "DATA", 0
    for genre in ("blues", "jazz"):
        for song in range(2):
            for stem in ("drums", "vocals", "bass", "other"):
                seed += 1
                write(root / f"genres_stems/{genre}/{genre}.{song:05d}/{stem}.wav", noise(seed))
    for k in range(2):
        write(root / f"mashups/song{k}.wav", noise(100 + k))
        write(root / f"ESC-50-master/audio/{k}.wav", noise(200 + k))
    (root / "test.csv").write_text("id,filename\n01,mashups/song0.wav\n02,mashups/song1.wav\n")
    (root / "sample_submission.csv").write_text("id,genre\n01,blues\n02,blues\n")
    meta = root / "ESC-50-master/meta/esc50.csv"
    meta.parent.mkdir()
    meta.write_text("filename,category,src_file\n0.wav,dog,10\n1.wav,rain,11\n")
    return root


def look(data, check=None, **options):
    """The findings that are no mere facts, perhaps of one check only."""
    findings = examine(data, **{"n_folds": 2, **options}).findings
    return [f for f in findings if f.severity != "info" and check in (None, f.check)]


def test_a_healthy_data_set_gives_facts_only(data):
    findings = examine(data, n_folds=2).findings
    assert {f.severity for f in findings} == {"info"}
    assert {f.check for f in findings} == {"classes", "contents", "loudness", "test vs training"}


def test_findings_are_sorted_plain_and_say_the_mend(data):
    (data / SONG / "bass.wav").unlink()
    write(data / SONG / "drums.wav", np.zeros(SR))
    findings = examine(data, n_folds=2).findings
    order = [SEVERITIES.index(f.severity) for f in findings]
    assert order == sorted(order) and set(order) == {0, 1, 2}
    assert all(f.mend and f.found and f.where for f in findings if f.severity != "info")
    assert Finding(**findings[0].to_dict() | {"files": tuple(findings[0].files)}) == findings[0]


# --- names ---------------------------------------------------------------------------------------


def test_a_misnamed_stem_is_an_error_with_the_mv_that_mends_it(data):
    for song in ("blues/blues.00000", "jazz/jazz.00001"):
        folder = data / "genres_stems" / song
        (folder / "other.wav").rename(folder / "others.wav")
    (finding,) = look(data)
    assert (finding.severity, finding.check) == ("error", "stem names")
    assert finding.files == (f"{SONG}/others.wav", "genres_stems/jazz/jazz.00001/others.wav")
    assert "mv others.wav other.wav" in finding.mend
    assert "2 of 4 songs have others.wav instead of other.wav" in finding.found


def test_the_renaming_command_mends_and_overwrites_nothing(tmp_path, data):
    odd = tmp_path / "it's a folder"
    shutil.move(data, odd)
    (odd / SONG / "other.wav").rename(odd / SONG / "Others.wav")
    kept = odd / "genres_stems/jazz/jazz.00000"
    shutil.copy(kept / "drums.wav", kept / "Others.wav")
    before = (kept / "other.wav").read_bytes()
    (finding,) = [f for f in look(odd) if f.severity == "error"]
    # mv -n tells by its exit code that it left the file alone.
    subprocess.run(["sh", "-c", finding.command], check=False, capture_output=True)
    assert (odd / SONG / "other.wav").exists()
    assert (kept / "other.wav").read_bytes() == before
    assert not [f for f in look(odd) if f.severity == "error"]


def test_missing_stems_are_named_all_of_them(data):
    for genre in ("blues", "jazz"):
        (data / f"genres_stems/{genre}/{genre}.00001/drums.wav").unlink()
    shutil.rmtree(data / SONG)
    (data / SONG).mkdir()
    (drums,) = [f for f in look(data, "missing stems") if "drums" in f.found]
    assert drums.severity == "error" and len(drums.files) == 3
    assert len(look(data, "missing stems")) == 4
    assert not look(data, "missing stems", stems=())


def test_strangers_and_strays_are_warnings(data):
    write(data / SONG / "karaoke.wav", noise(1))
    write(data / "genres_stems/blues/loose.wav", noise(1))
    found = {f.check: f for f in look(data)}
    assert found["stem names"].files == (f"{SONG}/karaoke.wav",)
    assert found["stray files"].files == ("genres_stems/blues/loose.wav",)
    assert {f.severity for f in found.values()} == {"warning"}


def test_stems_left_out_by_choice_are_no_strangers(data):
    assert look(data, stems=("drums", "bass")) == []


# --- files ---------------------------------------------------------------------------------------


def damage_empty(path):
    path.write_bytes(b"")


def damage_text(path):
    path.write_text("this is not audio")


def damage_headless(path):
    write(path, np.zeros(0))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (damage_empty, "empty \\(0 bytes\\)"),
        (damage_text, "not audio that can be read"),
        (damage_headless, "no samples"),
    ],
)
@pytest.mark.parametrize(
    "name", [f"{SONG}/vocals.wav", "mashups/song1.wav", "ESC-50-master/audio/1.wav"]
)
def test_unreadable_files_are_errors_wherever_they_are(data, damage, says, name):
    damage(data / name)
    (finding,) = look(data, "unreadable files")
    assert finding.severity == "error" and finding.files == (name,)
    assert re.search(says, finding.found)


def test_a_file_cut_short_is_an_error_in_any_container(data):
    wav, flac = data / SONG / "bass.wav", data / SONG / "drums.flac"
    wav.write_bytes(wav.read_bytes()[:-SR])
    (data / SONG / "drums.wav").unlink()
    write(flac, noise(7), subtype="PCM_16")
    flac.write_bytes(flac.read_bytes()[:20000])
    (finding,) = look(data, "cut short")
    assert finding.severity == "error"
    assert set(finding.files) == {f"{SONG}/bass.wav", f"{SONG}/drums.flac"}


def test_nan_is_an_error(data):
    broken = noise(3).astype(np.float32)
    broken[10:13] = np.nan, np.inf, -np.inf
    write(data / SONG / "bass.wav", broken, subtype="FLOAT")
    (finding,) = look(data, "NaN")
    assert finding.severity == "error" and finding.files == (f"{SONG}/bass.wav",)


def test_a_fault_in_many_files_is_one_finding_with_all_of_them(data):
    for stem in ("drums", "vocals", "bass", "other"):
        damage_empty(data / SONG / f"{stem}.wav")
    (finding,) = look(data, "unreadable files")
    assert len(finding.files) == 4 and finding.where.endswith("(4 in all)")


def test_rates_and_channels_that_differ_name_the_rarer_files(data):
    write(data / SONG / "bass.wav", noise(3), sr=16000)
    write(data / SONG / "drums.wav", np.column_stack([noise(4), noise(5)]))
    mixed, low = look(data, "sample rate")
    assert mixed.files == low.files == (f"{SONG}/bass.wav",)
    assert "22050 Hz × 15, 16000 Hz × 1" in mixed.found
    (channels,) = look(data, "channels")
    assert channels.files == (f"{SONG}/drums.wav",) and "mono × 15, stereo × 1" in channels.found


def test_channels_that_cancel_are_found(data):
    for song in (data / "genres_stems").glob("*/*"):
        for file in song.iterdir():
            left = read(file)
            right = -0.95 * left if file == data / SONG / "vocals.wav" else 0.5 * left
            write(file, np.column_stack([left, right]))
    (finding,) = look(data, "channels")
    assert finding.files == (f"{SONG}/vocals.wav",)
    assert "lose 20 dB" in finding.found


def test_lengths_that_stand_out_are_warnings(data):
    write(data / SONG / "bass.wav", noise(3, seconds=0.5))
    too_short, uneven = look(data, "length")
    assert too_short.files == (f"{SONG}/bass.wav",)
    assert uneven.files == ("blues/blues.00000",) and "up to 0.5 s" in uneven.found


def test_half_the_usual_length_is_a_warning(data):
    for file in (data / "genres_stems").glob("*/*/*.wav"):
        write(file, noise(crc32(str(file.relative_to(data)).encode()), seconds=2.5))
    for stem in ("drums", "vocals", "bass", "other"):
        write(data / SONG / f"{stem}.wav", noise(len(stem), seconds=1.2))
    (finding,) = look(data, "length")
    assert len(finding.files) == 4 and "half the usual 2.5 s" in finding.found


# --- sound ---------------------------------------------------------------------------------------


def test_digital_silence_faint_files_and_long_rests_are_told_apart(data):
    write(data / SONG / "vocals.wav", np.zeros(SR))
    write(data / SONG / "drums.wav", noise(4, level=1e-4))
    write(data / SONG / "bass.wav", np.concatenate([noise(5), np.zeros(6 * SR), noise(6)]))
    found = {f.check: f for f in look(data) if f.check != "length"}
    assert {name: f.files for name, f in found.items()} == {
        "digital silence": (f"{SONG}/vocals.wav",),
        "faint": (f"{SONG}/drums.wav",),
        "long silence": (f"{SONG}/bass.wav",),
    }
    assert {f.severity for f in found.values()} == {"warning"}


def test_silence_is_counted_by_stem_and_genre(data):
    for song in (data / "genres_stems/blues").iterdir():
        write(song / "vocals.wav", np.zeros(SR))
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.zeros(SR))
    (finding,) = look(data, "digital silence")
    assert "3 of 16 stems" in finding.found
    assert "(vocals 2, bass 1; blues 2, jazz 1)" in finding.found


def test_silent_files_are_no_duplicates(data):
    for song in (data / "genres_stems").glob("*/*"):
        write(song / "vocals.wav", np.zeros(SR))
    assert look(data, "duplicates") == []


def test_clipping_is_a_warning_for_music_and_a_fact_for_test_and_noise(data):
    names = (f"{SONG}/bass.wav", "mashups/song0.wav", "ESC-50-master/audio/0.wav")
    for name in names:
        write(data / name, np.clip(20 * read(data / name), -1, 1))
    clipping = [f for f in examine(data, n_folds=2).findings if f.check == "clipping"]
    assert [(f.severity, f.files) for f in clipping] == [
        ("warning", names[:1]),
        ("info", names[1:2]),
        ("info", names[2:]),
    ]


def test_a_normalised_file_is_not_clipped(data):
    tone = np.sin(2 * np.pi * 55 * np.arange(SR) / SR)
    write(data / SONG / "bass.wav", tone)
    assert look(data, "clipping") == []


def test_floats_on_another_scale_are_found(data):
    write(data / SONG / "bass.wav", 32768 * noise(3), subtype="FLOAT")
    (finding,) = look(data, "scale")
    assert finding.files == (f"{SONG}/bass.wav",)


def test_a_dc_offset_is_a_warning(data):
    write(data / SONG / "bass.wav", noise(3) + 0.05)
    (finding,) = look(data, "DC offset")
    assert finding.severity == "warning" and finding.files == (f"{SONG}/bass.wav",)


# --- duplicates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "severity", "says"),
    [
        (f"{SONG}/bass.wav", "genres_stems/jazz/jazz.00000/bass.wav", "error", "two genres"),
        (f"{SONG}/bass.wav", "genres_stems/blues/blues.00001/bass.wav", "warning", "two songs"),
        (f"{SONG}/bass.wav", f"{SONG}/drums.wav", "warning", "two names"),
        (f"{SONG}/bass.wav", "mashups/song0.wav", "warning", "training and test"),
        ("mashups/song0.wav", "mashups/song1.wav", "warning", "two names"),
        ("ESC-50-master/audio/0.wav", "ESC-50-master/audio/1.wav", "warning", "two names"),
    ],
)
def test_duplicates_are_told_apart(data, source, target, severity, says):
    shutil.copy(data / source, data / target)
    (finding,) = look(data, "duplicates")
    assert finding.severity == severity and says in finding.found
    assert set(finding.files) == {source, target}
    assert " = " in finding.where


def test_the_container_hides_no_duplicate(data):
    (data / SONG / "drums.wav").unlink()
    samples, sr = soundfile.read(data / SONG / "bass.wav", dtype="int16")
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.column_stack([samples, samples]), sr)
    write(data / SONG / "drums.flac", samples, sr)
    (finding,) = look(data, "duplicates")
    assert len(finding.files) == 3 and finding.severity == "error"


# --- folds and tables ----------------------------------------------------------------------------


def test_classes_too_small_for_the_folds_are_errors(data):
    (finding,) = look(data, "classes", n_folds=3)
    assert finding.severity == "error" and finding.files == ("blues (2)", "jazz (2)")
    assert "--folds 2" in finding.mend
    assert look(data, "noise", n_folds=3)[0].severity == "error"
    with pytest.raises(UsageError, match="2 or more"):
        examine(data, n_folds=1)


def test_a_single_class_is_an_error(data):
    shutil.rmtree(data / "genres_stems/jazz")
    (finding,) = look(data, "classes")
    assert finding.severity == "error" and "only blues" in finding.found


def test_a_test_id_without_a_file_is_an_error(data):
    (data / "mashups/song1.wav").unlink()
    (finding,) = look(data)
    assert (finding.severity, finding.check) == ("error", "missing files")
    assert finding.files == ("mashups/song1.wav",)


def test_test_ids_and_files_are_compared(data):
    write(data / "mashups/extra.wav", noise(9))
    (data / "test.csv").write_text(
        "id,filename\n01,mashups/song0.wav\n01,mashups/song1.wav\n"
        "02,mashups/song1.wav\n,mashups/song0.wav\n"
    )
    found = {f.files: f.severity for f in look(data, "test ids")}
    assert found == {
        ("01",): "error",
        ("line 5",): "error",
        ("mashups/song1.wav",): "warning",
        ("mashups/extra.wav",): "warning",
    }


def test_a_test_table_that_is_none_is_an_error(data):
    (data / "test.csv").write_text("id,sound\n1,a.wav\n")
    (finding,) = look(data, "test ids")
    assert finding.severity == "error" and "lacks column filename" in finding.found


def test_the_sample_submission_is_compared_with_the_ids_as_text(data):
    (data / "sample_submission.csv").write_text("id,genre\n1,blues\n02,rock\n")
    found = {f.files: f.severity for f in look(data, "submission")}
    assert found == {("rock",): "warning", ("01",): "error", ("1",): "error"}
    (data / "sample_submission.csv").write_text("id,genre,score\n1,blues,0\n")
    (finding,) = look(data, "submission")
    assert finding.severity == "error" and "two columns" in finding.found


def test_a_sample_without_a_test_table_is_a_warning(data):
    (data / "test.csv").unlink()
    (finding,) = look(data)
    assert (finding.severity, finding.check) == ("warning", "submission")


def test_the_noise_folder_and_its_meta_are_compared(data):
    meta = data / "ESC-50-master/meta/esc50.csv"
    meta.write_text("filename,category,src_file\n0.wav,dog,10\n7.wav,cat,12\n")
    lost, unlisted = look(data, "noise")
    assert lost.files == ("7.wav",) and unlisted.files == ("1.wav",)
    meta.write_text("filename\n0.wav\n1.wav\n")
    (finding,) = look(data, "noise")
    assert finding.severity == "error" and "category" in finding.found
    meta.unlink()
    assert look(data, "noise")[0].severity == "warning"
    shutil.rmtree(data / "ESC-50-master")
    (finding,) = look(data)
    assert finding.severity == "warning" and "noise_probability: 0" in finding.mend


# --- the test against the sums, and loudness -----------------------------------------------------


def facts(data, check):
    return [f for f in examine(data, n_folds=2).findings if f.check == check]


def test_the_test_is_compared_with_plain_sums_of_stems(data):
    for k in range(2):
        clip = noise(100 + k, seconds=3.0)
        write(data / f"mashups/song{k}.wav", clip / np.abs(clip).max(), sr=44100)
    rate, length, peak, rms = facts(data, "test vs training")
    assert "test 44100 Hz (100%); sums of stems 22050 Hz (100%)" in rate.found
    assert "test 1.5 s" in length.found and "sums of stems 1.0 s" in length.found
    assert "test 0.0 dBFS (100% reach full scale)" in peak.found
    # Noise clipped at three sigma: full scale over RMS is 3, 9.6 dB (less 0.04 for the tails).
    assert "9.6 dB below the peak; sums" in rms.found


def test_a_sum_is_the_sum_of_its_stems(data):
    files = examine(data, n_folds=2).files
    row = files[(files["role"] == "sum") & (files["song"] == "blues/blues.00000")].iloc[0]
    total = sum(read(data / SONG / f"{s}.wav") for s in ("drums", "vocals", "bass", "other"))
    # rtol: float32 sums against float64 ones.
    np.testing.assert_allclose(row["peak"], np.abs(total).max(), rtol=1e-6)
    np.testing.assert_allclose(row["rms"], np.sqrt(np.mean(total**2)), rtol=1e-6)


def test_loudness_is_tabulated_by_genre_and_stem(data):
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


def test_genres_far_apart_in_loudness_are_told(data):
    for file in (data / "genres_stems/jazz").glob("*/*.wav"):
        write(file, 0.1 * read(file))
    (fact,) = facts(data, "loudness")
    apart = float(fact.found.partition(" LU apart")[0].rpartition(", ")[2])
    # abs: the noises of the two genres are not the same, and the figure has one decimal.
    assert apart == pytest.approx(20, abs=0.3)
    assert fact.found.startswith("jazz is the quietest") and "normalize" in fact.mend


# --- the other two layouts -----------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path):
    root = tmp_path / "FOLDERS"
    for g, genre in enumerate(("blues", "jazz")):
        for k in range(2):
            write(root / f"{genre}/{k}.wav", noise(10 * g + k))
    return root


def test_a_folder_per_class_is_examined(folders):
    assert look(folders) == []
    shutil.copy(folders / "blues/0.wav", folders / "jazz/0.wav")
    damage_empty(folders / "jazz/1.wav")
    assert {(f.severity, f.check, f.files) for f in look(folders)} == {
        ("error", "unreadable files", ("jazz/1.wav",)),
        ("error", "duplicates", ("blues/0.wav", "jazz/0.wav")),
    }
    assert look(folders, "classes", n_folds=3)[0].files == ("blues (2)", "jazz (2)")
    table = loudness_table(examine(folders, n_folds=2).files)
    assert table.columns.tolist() == ["clip"]


def test_a_manifest_is_examined_to_its_end(folders):
    manifest = folders / "manifest.csv"
    rows = [
        ("blues/0.wav", "blues", "a", 0),
        ("blues/1.wav", "blues", "a", 1),
        ("blues/1.wav", "blues", "b", 1),
        ("jazz/0.wav", "jazz", "c", "x"),
        ("jazz/1.wav", "", "d", 1),
        ("jazz/gone.wav", "jazz", "e", 1),
    ]
    pd.DataFrame(rows, columns=["path", "label", "group", "fold"]).to_csv(manifest, index=False)
    found = {f.files: (f.severity, f.check) for f in look(manifest)}
    assert found == {
        ("a",): ("error", "manifest"),
        ("blues/1.wav",): ("error", "manifest"),
        ("line 5",): ("error", "manifest"),
        ("line 6",): ("error", "manifest"),
        ("jazz/gone.wav",): ("error", "missing files"),
    }


def test_what_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        examine(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds neither"):
        examine(tmp_path)


# --- the cache -----------------------------------------------------------------------------------


def test_a_second_examination_reads_no_audio(data, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    first = examine(data, n_folds=2, cache=cache)
    measured = []
    real = measurements_module.measure_together

    def watched(paths, **options):
        measured.extend(path.relative_to(data).as_posix() for path in paths)
        return real(paths, **options)

    monkeypatch.setattr(measurements_module, "measure_together", watched)
    again = examine(data, n_folds=2, cache=cache)
    assert measured == []
    assert again.findings == first.findings
    pd.testing.assert_frame_equal(again.files, first.files)
    write(data / "mashups/song0.wav", np.zeros(2 * SR))
    assert len(look(data, cache=cache)) == 1
    assert measured == ["mashups/song0.wav"]


def test_a_file_with_a_problem_is_looked_at_again(data, tmp_path):
    gone = data / "mashups/song0.wav"
    kept = gone.read_bytes()
    gone.unlink()
    assert len(look(data, cache=tmp_path / "cache")) == 1
    gone.write_bytes(kept)
    assert look(data, cache=tmp_path / "cache") == []


def test_jobs_change_nothing(data):
    one, two = examine(data, n_folds=2, n_jobs=1), examine(data, n_folds=2, n_jobs=2)
    assert one.findings == two.findings
    pd.testing.assert_frame_equal(one.files, two.files)


def test_progress_counts_every_file(data):
    seen = []

    @contextmanager
    def stage(name, total):
        seen.append(total)
        yield lambda done=1: seen.append(-done)

    examine(data, n_folds=2, stage=stage)
    assert seen[0] == 20 and sum(seen) == 0
