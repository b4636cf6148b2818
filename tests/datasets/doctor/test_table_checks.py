"""Classes against folds, and tables against files."""

import shutil

import pytest

from stemstack.datasets.doctor import check_dataset
from stemstack.exceptions import UsageError


def test_classes_smaller_than_folds_are_errors(data, find_problems):
    (finding,) = find_problems(data, "classes", n_folds=3)
    assert finding.severity == "error" and finding.files == ("blues (2)", "jazz (2)")
    assert "--folds 2" in finding.fix
    assert find_problems(data, "noise", n_folds=3)[0].severity == "error"
    with pytest.raises(UsageError, match="2 or more"):
        check_dataset(data, n_folds=1)


def test_single_class_is_an_error(data, find_problems):
    shutil.rmtree(data / "genres_stems/jazz")
    (finding,) = find_problems(data, "classes")
    assert finding.severity == "error" and "only blues" in finding.found


def test_test_id_without_file_is_an_error(data, find_problems):
    (data / "mashups/song1.wav").unlink()
    (finding,) = find_problems(data)
    assert (finding.severity, finding.check) == ("error", "missing files")
    assert finding.files == ("mashups/song1.wav",)


def test_test_ids_and_files_are_compared(data, write, hiss, find_problems):
    write(data / "mashups/extra.wav", hiss(9))
    (data / "test.csv").write_text(
        "id,filename\n01,mashups/song0.wav\n01,mashups/song1.wav\n"
        "02,mashups/song1.wav\n,mashups/song0.wav\n"
    )
    found = {f.files: f.severity for f in find_problems(data, "test ids")}
    assert found == {
        ("01",): "error",
        ("line 5",): "error",
        ("mashups/song1.wav",): "warning",
        ("mashups/extra.wav",): "warning",
    }


def test_unreadable_test_table_is_an_error(data, find_problems):
    (data / "test.csv").write_text("id,sound\n1,a.wav\n")
    (finding,) = find_problems(data, "test ids")
    assert finding.severity == "error" and "lacks column filename" in finding.found


def test_sample_submission_is_compared_as_text(data, find_problems):
    (data / "sample_submission.csv").write_text("id,genre\n1,blues\n02,rock\n")
    found = {f.files: f.severity for f in find_problems(data, "submission")}
    assert found == {("rock",): "warning", ("01",): "error", ("1",): "error"}
    (data / "sample_submission.csv").write_text("id,genre,score\n1,blues,0\n")
    (finding,) = find_problems(data, "submission")
    assert finding.severity == "error" and "two columns" in finding.found


def test_sample_without_test_table_is_a_warning(data, find_problems):
    (data / "test.csv").unlink()
    (finding,) = find_problems(data)
    assert (finding.severity, finding.check) == ("warning", "submission")


def test_noise_folder_and_table_are_compared(data, find_problems):
    meta = data / "ESC-50-master/meta/esc50.csv"
    meta.write_text("filename,category,src_file\n0.wav,dog,10\n7.wav,cat,12\n")
    lost, unlisted = find_problems(data, "noise")
    assert lost.files == ("7.wav",) and unlisted.files == ("1.wav",)
    meta.write_text("filename\n0.wav\n1.wav\n")
    (finding,) = find_problems(data, "noise")
    assert finding.severity == "error" and "category" in finding.found
    meta.unlink()
    assert find_problems(data, "noise")[0].severity == "warning"
    shutil.rmtree(data / "ESC-50-master")
    (finding,) = find_problems(data)
    assert finding.severity == "error" and "noise_probability: 0" in finding.fix
