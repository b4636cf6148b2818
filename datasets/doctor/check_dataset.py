"""Check a data set: list its files, measure them, run every check."""

from dataclasses import dataclass

import pandas as pd

from ...exceptions import UsageError
from ...utils.progress import NO_PROGRESS
from ..layouts import check_stems_differ, find_layout, separator_options
from ..layouts.stems import DEFAULT_STEMS
from ..remote import local_data
from .file_checks import (
    check_channels,
    check_duplicates,
    check_lengths,
    check_sample_rates,
    check_truncated,
    check_unusable,
    summarize_contents,
)
from .finding import SEVERITIES, CheckInput
from .measurements import measure_files
from .name_checks import (
    check_classes,
    check_missing_stems,
    check_names,
    check_noise_recordings,
    check_stem_names,
    check_unexpected_files,
    check_untracked_files,
)
from .signal_checks import (
    check_cancelling,
    check_clipping,
    check_nan,
    check_offset,
    check_silence,
    compare_loudness,
    compare_test_with_training,
)
from .table_checks import (
    check_manifest,
    check_noise_table,
    check_readable_tables,
    check_sample_submission,
    check_test_ids,
)

# Every check takes a CheckInput and yields findings; no check depends on another.
CHECKS = (
    check_readable_tables,
    check_names,
    check_stem_names,
    check_missing_stems,
    check_unexpected_files,
    check_untracked_files,
    check_test_ids,
    check_sample_submission,
    check_noise_table,
    check_manifest,
    check_classes,
    check_noise_recordings,
    check_unusable,
    check_truncated,
    check_nan,
    check_duplicates,
    check_sample_rates,
    check_channels,
    check_cancelling,
    check_lengths,
    check_silence,
    check_clipping,
    check_offset,
    summarize_contents,
    compare_loudness,
    compare_test_with_training,
)


@dataclass(frozen=True)
class DoctorReport:
    """Findings and measurements of a data set.

    Attributes
    ----------
    findings : list of Finding
        Errors first, then warnings, then infos.
    files : DataFrame
        One row per file, and one row of role ``"sum"`` per song in stems: columns ``path, role,
        genre, song, stem`` and the measured facts. Levels are linear, 1 being full scale; ``lufs``
        is in LUFS, ``seconds`` and ``silence`` (the longest) in s, ``clipped`` a share of the
        samples.

    See Also
    --------
    check_dataset : Makes one.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.datasets.doctor import DoctorReport, Finding
    >>> finding = Finding("warning", "length", "a.wav", "1 of 9 clips are short", "replace it")
    >>> DoctorReport([finding], pd.DataFrame()).count("warning")
    1
    """

    findings: list
    files: pd.DataFrame

    def count(self, severity):
        """Count the findings of one severity: ``"error"``, ``"warning"`` or ``"info"``."""
        return sum(finding.severity == severity for finding in self.findings)


def check_dataset(
    data,
    *,
    stems=DEFAULT_STEMS,
    n_folds=5,
    label_separator=None,
    cache=None,
    n_jobs=None,
    progress=NO_PROGRESS,
):
    """Check a data set: find all its mistakes at once and suggest fixes.

    Parameters
    ----------
    data : str or os.PathLike
        A folder of songs in stems, a folder of audio files per class, or a CSV manifest; or the
        URL of one.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
        Names of the stems, for a data set of stems.
    n_folds : int, default=5
        Number of folds that every class must have songs for.
    label_separator : str, optional
        What separates the labels of a clip in a manifest.
    cache : str or os.PathLike, optional
        Folder of stored measurements, and of what is fetched from a URL: files that have not
        changed are not read again.
    n_jobs : int, optional
        Number of processes; the result does not depend on it.
    progress : NullProgress
        Shows how many files have been measured; shows nothing by default.

    Returns
    -------
    DoctorReport

    Raises
    ------
    DataError
        ``data`` does not exist or is not a data set, its manifest is not a table, or a file name
        is not valid UTF-8.
    UsageError
        ``n_folds`` is below 2, a stem is named twice, or there is a label separator without a
        manifest.

    See Also
    --------
    stemstack.datasets.read_data : Reads a data set, and raises at its first mistake.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np, soundfile
    >>> from stemstack.datasets.doctor import check_dataset
    >>> with TemporaryDirectory() as folder:
    ...     for label in ("jazz", "rock"):
    ...         Path(folder, label).mkdir()
    ...         soundfile.write(Path(folder, label, "a.wav"), np.zeros(22050), 22050)
    ...     report = check_dataset(folder, n_folds=2)
    >>> for finding in report.findings[:2]:
    ...     print(finding.severity, "|", finding.check, "|", finding.where)
    error | classes | jazz (1), rock (1)
    warning | digital silence | jazz/a.wav, rock/a.wav
    """
    if n_folds < 2:
        raise UsageError(f"The number of folds must be 2 or more. Got {n_folds} instead.")
    check_stems_differ(stems)
    path = local_data(data, cache, progress=progress)
    layout = find_layout(path)
    options = separator_options(layout, path, label_separator)
    inventory = layout.take_inventory(path, stems=stems, **options)
    files = measure_files(
        inventory.root, inventory.files, cache=cache, n_jobs=n_jobs, progress=progress
    )
    examined = CheckInput(inventory, files, n_folds)
    findings = [finding for check in CHECKS for finding in check(examined)]
    return DoctorReport(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)), files)
