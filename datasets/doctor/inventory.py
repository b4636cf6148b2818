"""The survey: what a data set holds, listed without opening any audio and without complaint."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..dataset import find_form
from ..files import find_audio, name_within
from ..layouts.class_folders import list_clips
from ..layouts.manifest import read_csv_text
from ..layouts.stems import NOISE_AUDIO, NOISE_TABLE, list_songs, read_noise
from ..layouts.test_table import TEST_TABLE, list_test
from .finding import find_error

COLUMNS = ("path", "role", "genre", "song", "stem")


@dataclass(frozen=True)
class Inventory:
    """What a data set holds.

    Attributes
    ----------
    root : Path
        The folder that all paths are relative to.
    form : {"stems", "folders", "manifest"}
    stems : tuple of str
        The stems looked for; empty for clips.
    songs : DataFrame
        Columns ``song, genre`` (of clips: their groups) and a path column for each stem.
    files : DataFrame
        Columns ``path, role, genre, song, stem``; every file to be measured, once.
    strangers : list of Path
        Audio files in song folders that are none of the stems.
    manifest : DataFrame or None
        The rows of a manifest, as they stand.
    test : DataFrame or None
        Columns ``id, path``, as they stand.
    noise : DataFrame or None
        Columns ``path, category, group``.
    findings : list of Finding
        Tables that could not be read.
    """

    root: Path
    form: str
    stems: tuple
    songs: pd.DataFrame
    files: pd.DataFrame
    strangers: list = field(default_factory=list)
    manifest: pd.DataFrame | None = None
    test: pd.DataFrame | None = None
    noise: pd.DataFrame | None = None
    findings: list = field(default_factory=list)


def take_inventory(data, *, stems):
    """List what a data set holds.

    Parameters
    ----------
    data : str or os.PathLike
        The competition folder, a folder per class, or a CSV manifest.
    stems : sequence of str

    Returns
    -------
    Survey

    Raises
    ------
    DataError
        ``data`` is missing or is no data set at all, or its manifest is no table.
    """
    path, form = Path(data), find_form(data)
    if form == "manifest":
        return _survey_manifest(path)
    findings = []
    test = _attempt(list_test, path, "test ids", TEST_TABLE, findings)
    if form == "folders":
        clips = list_clips(path)
        clips = _clips(clips["clip"], clips["label"], clips["clip"])
        songs = clips[["song", "genre"]]
        files = pd.concat([clips, _files(_paths(test), "test")], ignore_index=True)
        return Inventory(path, form, (), songs, files, test=test, findings=findings)
    songs, strangers = list_songs(path, stems)
    songs = songs.rename(columns={"label": "genre"})
    noise = _attempt(read_noise, path, "noise", NOISE_TABLE, findings)
    # Listed apart from its table, which may be broken.
    noises = [name_within(file, path) for file in find_audio(path / NOISE_AUDIO)]
    files = [_stem_files(songs, stems), _files(_paths(test), "test"), _files(noises, "noise")]
    return Inventory(
        path, form, tuple(stems), songs, pd.concat(files, ignore_index=True), strangers,
        test=test, noise=noise, findings=findings,
    )  # fmt: skip


def _survey_manifest(path):
    rows = read_csv_text(path, ["path", "label"])
    groups = rows["group"] if "group" in rows else rows["path"]
    named = rows["path"].str.strip() != ""
    clips = _clips(rows["path"], rows["label"], groups)[named]
    files = clips.drop_duplicates("path", ignore_index=True)
    songs = clips[["song", "genre"]].drop_duplicates(ignore_index=True)
    return Inventory(path.parent, "manifest", (), songs, files, manifest=rows)


def _attempt(reader, root, check, where, findings):
    """Read a table, or note in ``findings`` why it cannot be read."""
    try:
        return reader(root)
    except DataError as error:
        findings.append(find_error(check, where, error))
        return None


def _clips(paths, genres, songs):
    values = {"path": paths, "role": "clip", "genre": genres, "song": songs, "stem": None}
    return pd.DataFrame(values, columns=COLUMNS)


def _stem_files(songs, stems):
    rows = [
        (row[stem], "stem", row["genre"], row["song"], stem)
        for row in songs.to_dict("records")
        for stem in stems
        if isinstance(row[stem], str)
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _paths(table):
    """The paths that a table names, each once; none for no table."""
    return [] if table is None else [path for path in table["path"].unique() if path.strip()]


def _files(paths, role):
    rows = [(path, role, None, None, None) for path in paths]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)
