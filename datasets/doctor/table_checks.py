"""Checks of tables against files: test.csv, sample_submission.csv, ESC-50's meta, a manifest."""

from pathlib import Path

from ...exceptions import DataError
from ..csv_table import format_lines, read_csv_text
from ..files import is_audio
from ..layouts.manifest import find_problems
from ..layouts.shared import (
    NOISE_AUDIO,
    NOISE_TABLE,
    SAMPLE_TABLE,
    TEST_TABLE,
    read_submission_header,
)
from ..names import normalize_name
from .finding import Finding


def check_readable_tables(data):
    """Find tables that could not be read.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    for check, file, error in data.inventory.errors:
        yield Finding.from_error(check, file, error)


def check_test_ids(data):
    """Find repeated and blank test ids, files with two ids, and files without an id.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        A test clip whose file is missing is found by the checks of files.
    """
    test, root = data.inventory.test, data.inventory.root
    if test is None:
        return
    repeated = test["id"][test["id"].duplicated()]
    yield from _list("error", "test ids", repeated, "repeated ids", "give each line its own id")
    blank = (test["id"].str.strip() == "") | (test["path"].str.strip() == "")
    problem, fix = "lines without an id or a file name", "complete or remove them"
    yield from _list("error", "test ids", format_lines(test.index[blank]), problem, fix)
    named = test["path"][~blank]
    fix = "check the file names: one of the ids probably belongs to another file"
    twice = named[named.duplicated()]
    yield from _list("warning", "test ids", twice, "files with two ids", fix)
    present = {
        file.relative_to(root).as_posix()
        for folder in {Path(root, path).parent for path in named}
        if folder.is_dir()
        for file in folder.iterdir()
        if is_audio(file)
    }
    unlisted = sorted(present - {Path(path).as_posix() for path in named})
    problem = f"audio files in the folders of the test clips that {TEST_TABLE} does not list"
    fix = "add their lines, or they will not be predicted"
    yield from _list("warning", "test ids", unlisted, problem, fix)


def check_sample_submission(data):
    """Find where sample_submission.csv disagrees with test.csv and the classes.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory = data.inventory
    path = Path(inventory.root, SAMPLE_TABLE)
    if not inventory.with_test or not path.exists():
        return
    try:
        id_name, label_name = read_submission_header(inventory.root)
        sample = read_csv_text(path, [])
    except DataError as error:
        yield Finding.from_error("submission", SAMPLE_TABLE, error)
        return
    labels = set(sample[label_name].map(normalize_name))
    unknown = sorted(labels - set(inventory.songs["genre"]))
    problem = f"labels of {SAMPLE_TABLE} that are not a class of the data"
    fix = "compare their spelling with the class folders: submissions are scored by that name"
    yield from _list("warning", "submission", unknown, problem, fix)
    if inventory.test is None:
        found = f"there is a {SAMPLE_TABLE} but no readable {TEST_TABLE}"
        fix = f"add {TEST_TABLE} (id,filename), or nothing will be predicted"
        yield Finding("warning", "submission", TEST_TABLE, found, fix)
        return
    sampled, test = sample[id_name], inventory.test["id"]
    fix = "use the two tables of one download; ids are compared as text, so 1 is not 001"
    problem = f"ids of {TEST_TABLE} that are not in {SAMPLE_TABLE}"
    yield from _list("error", "submission", test[~test.isin(sampled)], problem, fix)
    problem = f"ids of {SAMPLE_TABLE} that are not in {TEST_TABLE}"
    yield from _list("error", "submission", sampled[~sampled.isin(test)], problem, fix)


def check_noise_table(data):
    """Find where the noise folder and its meta table disagree.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory = data.inventory
    noise = inventory.files[inventory.files["role"] == "noise"]
    path = Path(inventory.root, NOISE_TABLE)
    if noise.empty:
        return
    if not path.exists():
        found = "is missing: takes of one recording may end up on both sides of a split"
        yield Finding("warning", "noise", NOISE_TABLE, found, "copy ESC-50's meta folder too")
        return
    if inventory.noise is None:
        return
    listed = set(read_csv_text(path, ["filename"])["filename"].map(normalize_name))
    present = {normalize_name(Path(name).name) for name in noise["path"]}
    problem, fix = f"noise clips that are listed but not in {NOISE_AUDIO}", "copy the audio again"
    yield from _list("warning", "noise", sorted(listed - present), problem, fix)
    problem = f"noise clips that {NOISE_TABLE} does not list"
    fix = "add their lines, or each is treated as a recording of its own"
    yield from _list("warning", "noise", sorted(present - listed), problem, fix)


def check_manifest(data):
    """Find what a manifest's reader would stop at.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory = data.inventory
    if inventory.manifest is None:
        return
    columns = (inventory.manifest, inventory.label_separator)
    for names, problem, fix in find_problems(inventory.root, *columns):
        yield from _list("error", "manifest", names, problem, fix)


def _list(severity, check, names, problem, fix):
    """Make a finding that lists names, each once, if there are any."""
    names = list(dict.fromkeys(names))
    if names:
        yield Finding.from_names(severity, check, names, f"{problem}: {len(names)}", fix)
