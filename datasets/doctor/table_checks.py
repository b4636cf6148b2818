"""Checks of tables against files: test.csv, sample_submission.csv, ESC-50's meta, a manifest."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..files import is_audio
from ..layouts.manifest import read_csv_text
from ..layouts.stems import NOISE_AUDIO, NOISE_TABLE
from ..layouts.test_table import SAMPLE_TABLE, TEST_TABLE, read_submission_header
from .finding import Finding, find, find_error


def check_test_ids(survey):
    """Find ids that stand twice or are blank, files under two ids, and files without an id.

    Yields
    ------
    Finding
        A test id whose file is missing is found with the files.
    """
    test = survey.test
    if test is None:
        return
    yield from _each(
        "error",
        test["id"][test["id"].duplicated()],
        "ids that stand twice",
        "give each line its own id",
    )
    blank = (test["id"].str.strip() == "") | (test["path"].str.strip() == "")
    yield from _each(
        "error",
        [f"line {i + 2}" for i in test.index[blank]],
        "lines without an id or a file name",
        "complete or remove them",
    )
    named = test["path"][~blank]
    yield from _each(
        "warning",
        named[named.duplicated()],
        "files that stand under two ids",
        "check the file names: one of the ids probably means another file",
    )
    folders = {Path(survey.root, path).parent for path in named}
    present = {
        file.relative_to(survey.root).as_posix()
        for folder in folders
        if folder.is_dir()
        for file in folder.iterdir()
        if is_audio(file)
    }
    yield from _each(
        "warning",
        sorted(present - {Path(path).as_posix() for path in named}),
        f"audio files beside the test clips that no line of {TEST_TABLE} names",
        "add their lines, or they will not be predicted",
    )


def check_sample(survey):
    """Find where sample_submission.csv and test.csv disagree.

    Yields
    ------
    Finding
    """
    path = Path(survey.root, SAMPLE_TABLE)
    if survey.form == "manifest" or not path.exists():
        return
    try:
        id_name, label_name = read_submission_header(survey.root)
        sample = read_csv_text(path, [])
    except DataError as error:
        yield find_error("submission", SAMPLE_TABLE, error)
        return
    strange = sorted(set(sample[label_name]) - set(survey.songs["genre"]))
    if strange:
        yield find(
            "warning",
            "submission",
            strange,
            f"labels of {SAMPLE_TABLE} that are no class of the data: {len(strange)}",
            "compare the spelling of the class folders with it: answers are scored by that name",
        )
    if survey.test is None:
        found = f"there is a {SAMPLE_TABLE} but no readable {TEST_TABLE}"
        mend = f"put {TEST_TABLE} (id,filename) beside it, or nothing will be predicted"
        yield Finding("warning", "submission", TEST_TABLE, found, mend)
        return
    yield from _compare_ids(sample[id_name], survey.test["id"])


def check_noise_table(survey):
    """Find where the noise folder and its meta table disagree.

    Yields
    ------
    Finding
    """
    noise = survey.files[survey.files["role"] == "noise"]
    if noise.empty:
        return
    if not Path(survey.root, NOISE_TABLE).exists():
        found = "is missing: takes of one recording may stand on both sides of a split"
        mend = "copy ESC-50's meta folder too"
        yield Finding("warning", "noise", NOISE_TABLE, found, mend)
        return
    if survey.noise is None:
        return
    listed = set(read_csv_text(Path(survey.root, NOISE_TABLE), ["filename"])["filename"])
    there = {Path(path).name for path in noise["path"]}
    yield from _each(
        "warning",
        sorted(listed - there),
        f"noise clips that are listed but not in {NOISE_AUDIO}",
        "copy the audio folder again",
        check="noise",
    )
    yield from _each(
        "warning",
        sorted(there - listed),
        f"noise clips that {NOISE_TABLE} does not list",
        "add their lines, or each is taken for a recording of its own",
        check="noise",
    )


def check_manifest(survey):
    """Find what a manifest's reader would refuse: blanks, repeats, folds that leak.

    Yields
    ------
    Finding
    """
    rows = survey.manifest
    if rows is None:
        return
    for column in ("path", "label"):
        blank = rows.index[rows[column].str.strip() == ""]
        lines = [f"line {i + 2}" for i in blank]
        mend = "complete or remove them"
        yield from _each("error", lines, f"lines with an empty {column}", mend, check="manifest")
    twice = rows["path"][rows["path"].duplicated() & (rows["path"].str.strip() != "")]
    mend = "keep one line a clip"
    yield from _each("error", twice, "paths that are listed twice", mend, check="manifest")
    if "fold" in rows:
        yield from _check_folds(rows)


def _check_folds(rows):
    numbers = pd.to_numeric(rows["fold"], errors="coerce")
    odd = rows.index[numbers.isna() | (numbers % 1 != 0)]
    lines = [f"line {i + 2}" for i in odd]
    mend = "number the folds 0, 1, 2, …"
    yield from _each(
        "error", lines, "lines whose fold is not a whole number", mend, check="manifest"
    )
    if "group" in rows:
        spread = rows.groupby("group")["fold"].nunique()
        yield from _each(
            "error",
            spread.index[spread > 1],
            "groups in several folds, which leaks",
            "give each group one fold",
            check="manifest",
        )


def _compare_ids(sample, test):
    missing = test[~test.isin(sample)]
    strange = sample[~sample.isin(test)]
    mend = "use the two tables of one download; ids are compared as text, so 1 is not 001"
    what = f"ids of {TEST_TABLE} that are not in {SAMPLE_TABLE}"
    yield from _each("error", missing, what, mend, check="submission")
    what = f"ids of {SAMPLE_TABLE} that are not in {TEST_TABLE}"
    yield from _each("error", strange, what, mend, check="submission")


def _each(severity, names, what, mend, check="test ids"):
    names = list(dict.fromkeys(names))
    if names:
        yield find(severity, check, names, f"{what}: {len(names)}", mend)
