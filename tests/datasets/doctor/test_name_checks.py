"""Songs whose stems are missing or misnamed, and files that are not stems."""

import shutil
import subprocess

import pandas as pd

from stemstack.datasets.doctor import check_dataset
from stemstack.datasets.doctor.name_checks import describe_few_songs

SONG = "genres_stems/blues/blues.00000"


def test_misnamed_stem_suggests_mv(data, find_problems):
    for song in ("blues/blues.00000", "jazz/jazz.00001"):
        folder = data / "genres_stems" / song
        (folder / "other.wav").rename(folder / "others.wav")
    (finding,) = find_problems(data)
    assert (finding.severity, finding.check) == ("error", "stem names")
    assert finding.files == (f"{SONG}/others.wav", "genres_stems/jazz/jazz.00001/others.wav")
    assert "mv others.wav other.wav" in finding.fix
    assert "2 of 4 songs have others.wav instead of other.wav" in finding.found


def test_rename_command_overwrites_nothing(tmp_path, data, find_problems):
    renamed = tmp_path / "it's a folder"
    shutil.move(data, renamed)
    (renamed / SONG / "other.wav").rename(renamed / SONG / "Others.wav")
    other_song = renamed / "genres_stems/jazz/jazz.00000"
    shutil.copy(other_song / "drums.wav", other_song / "Others.wav")
    before = (other_song / "other.wav").read_bytes()
    (finding,) = [f for f in find_problems(renamed) if f.severity == "error"]
    # mv -n exits with an error where it does not overwrite a file.
    subprocess.run(["sh", "-c", finding.command], check=False, capture_output=True)
    assert (renamed / SONG / "other.wav").exists()
    assert (other_song / "other.wav").read_bytes() == before
    assert not [f for f in find_problems(renamed) if f.severity == "error"]


def test_all_missing_stems_are_listed(data, find_problems):
    for genre in ("blues", "jazz"):
        (data / f"genres_stems/{genre}/{genre}.00001/drums.wav").unlink()
    shutil.rmtree(data / SONG)
    (data / SONG).mkdir()
    (drums,) = [f for f in find_problems(data, "missing stems") if "drums" in f.found]
    assert drums.severity == "error" and len(drums.files) == 3
    assert len(find_problems(data, "missing stems")) == 4
    assert not find_problems(data, "missing stems", stems=())


def test_unexpected_and_untracked_files_are_warnings(data, write, hiss, find_problems):
    write(data / SONG / "karaoke.wav", hiss(1))
    write(data / "genres_stems/blues/loose.wav", hiss(1))
    found = {f.check: f for f in find_problems(data)}
    assert found["stem names"].files == (f"{SONG}/karaoke.wav",)
    assert found["stray files"].files == ("genres_stems/blues/loose.wav",)
    assert {f.severity for f in found.values()} == {"warning"}


def test_stems_not_requested_are_not_unexpected(data, find_problems):
    assert find_problems(data, stems=("drums", "bass")) == []


def test_folds_of_few_songs_are_noted(data):
    findings = check_dataset(data, n_folds=2).findings
    (note,) = [f for f in findings if "repeat songs" in f.found]
    assert (note.severity, note.check, note.fix) == ("info", "classes", "add songs")
    assert note.found == "a fold has 1 song of blues, and mashups of 4 stems repeat songs"


def test_folds_with_a_song_per_stem_are_suggested():
    counts = pd.Series({"blues": 17, "jazz": 19})
    assert not list(describe_few_songs(counts, 4, 4))
    ((problem, fix),) = describe_few_songs(counts, 5, 4)
    assert problem.startswith("a fold has 3 songs of blues")
    assert fix == "use --folds 4, or add songs"
