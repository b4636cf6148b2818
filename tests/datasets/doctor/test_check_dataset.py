"""All checks together: findings, stored measurements, progress."""

from contextlib import contextmanager

import numpy as np
import pandas as pd

from stemstack.datasets.doctor import SEVERITIES, Finding, check_dataset
from stemstack.datasets.doctor import measurements as measurements_module
from stemstack.utils.progress import NullProgress

SR = 22050
SONG = "genres_stems/blues/blues.00000"


def test_healthy_data_set_has_only_infos(data):
    findings = check_dataset(data, n_folds=2).findings
    assert {f.severity for f in findings} == {"info"}
    assert {f.check for f in findings} == {"classes", "contents", "loudness", "test vs training"}


def test_data_without_audio_is_checked(data, find_problems, tmp_path):
    for file in data.rglob("*.wav"):
        file.write_bytes(b"")
    assert {f.check for f in find_problems(data)} == {"unreadable files"}
    (tmp_path / "BARE/genres_stems/blues/blues.00000").mkdir(parents=True)
    assert {f.check for f in find_problems(tmp_path / "BARE")} == {
        "missing stems",
        "classes",
        "noise",
    }
    (tmp_path / "VOID/genres_stems").mkdir(parents=True)
    assert {f.check for f in find_problems(tmp_path / "VOID")} == {"classes", "noise"}


def test_findings_are_sorted_and_have_fixes(data, write):
    (data / SONG / "bass.wav").unlink()
    write(data / SONG / "drums.wav", np.zeros(SR))
    findings = check_dataset(data, n_folds=2).findings
    order = [SEVERITIES.index(f.severity) for f in findings]
    assert order == sorted(order) and set(order) == {0, 1, 2}
    assert all(f.fix and f.found and f.where for f in findings if f.severity != "info")
    assert Finding(**findings[0].to_dict() | {"files": tuple(findings[0].files)}) == findings[0]


def test_second_check_reads_no_audio(data, tmp_path, monkeypatch, write, find_problems):
    cache = tmp_path / "cache"
    first = check_dataset(data, n_folds=2, cache=cache)
    measured = []
    real = measurements_module.measure_together

    def watched(paths, with_sum):
        measured.extend(path.relative_to(data).as_posix() for path in paths)
        return real(paths, with_sum)

    monkeypatch.setattr(measurements_module, "measure_together", watched)
    again = check_dataset(data, n_folds=2, cache=cache)
    assert measured == []
    assert again.findings == first.findings
    pd.testing.assert_frame_equal(again.files, first.files)
    write(data / "mashups/song0.wav", np.zeros(2 * SR))
    assert len(find_problems(data, cache=cache)) == 1
    assert measured == ["mashups/song0.wav"]


def test_file_with_problem_is_measured_again(data, tmp_path, find_problems):
    path = data / "mashups/song0.wav"
    content = path.read_bytes()
    path.unlink()
    assert len(find_problems(data, cache=tmp_path / "cache")) == 1
    path.write_bytes(content)
    assert find_problems(data, cache=tmp_path / "cache") == []


def test_result_does_not_depend_on_jobs(data):
    one, two = check_dataset(data, n_folds=2, n_jobs=1), check_dataset(data, n_folds=2, n_jobs=2)
    assert one.findings == two.findings
    pd.testing.assert_frame_equal(one.files, two.files)


def test_progress_counts_every_file(data):
    seen = []

    class Recorder(NullProgress):
        @contextmanager
        def stage(self, name, total=None):
            seen.append(total)
            yield lambda done=1: seen.append(-done)

    check_dataset(data, n_folds=2, progress=Recorder())
    assert seen[0] == 20 and sum(seen) == 0
