"""The whole examination: survey, measure, check."""

from dataclasses import dataclass

import pandas as pd

from ...exceptions import UsageError
from ...utils.progress import NO_PROGRESS
from ..layouts.stems import DEFAULT_STEMS
from ..remote import local_data
from .file_checks import (
    check_channels,
    check_cut_short,
    check_duplicates,
    check_lengths,
    check_rates,
    check_unusable,
    describe_contents,
)
from .finding import SEVERITIES
from .inventory import take_inventory
from .measurements import measure_all
from .name_checks import (
    check_classes,
    check_missing_stems,
    check_noise_folds,
    check_stem_names,
    check_unexpected_files,
    check_untracked_files,
)
from .signal_checks import (
    check_cancelling,
    check_clipping,
    check_loudness,
    check_nan,
    check_offset,
    check_silence,
    compare_test,
)
from .table_checks import check_manifest, check_noise_table, check_sample, check_test_ids

OF_SURVEY = (
    check_stem_names,
    check_missing_stems,
    check_unexpected_files,
    check_untracked_files,
    check_test_ids,
    check_sample,
    check_noise_table,
    check_manifest,
)
OF_FOLDS = (check_classes, check_noise_folds)
OF_FILES = (
    check_unusable,
    check_cut_short,
    check_nan,
    check_duplicates,
    check_rates,
    check_channels,
    check_cancelling,
    check_lengths,
    check_silence,
    check_clipping,
    check_offset,
    describe_contents,
    check_loudness,
    compare_test,
)


@dataclass(frozen=True)
class DoctorReport:
    """What the doctor found.

    Attributes
    ----------
    findings : list of Finding
        Errors first, then warnings, then facts.
    files : DataFrame
        A row for each file, and one of role ``"sum"`` for each song of stems: columns ``path,
        role, genre, song, stem`` and the facts measured. Levels are linear, 1 being full scale;
        ``lufs`` is in LUFS, ``seconds`` and ``silence`` (the longest) in s, ``clipped`` a share.
    """

    findings: list
    files: pd.DataFrame

    def count(self, severity):
        """Count the findings of one severity."""
        return sum(finding.severity == severity for finding in self.findings)


def check_dataset(
    data, *, stems=DEFAULT_STEMS, n_folds=5, cache=None, n_jobs=None, progress=NO_PROGRESS
):
    """Examine a data set: find all its faults at once, and say how to mend each.

    Parameters
    ----------
    data : str or os.PathLike
        The competition folder, a folder per class, or a CSV manifest; or the URL of one.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
        The stem names looked for in the competition layout.
    n_folds : int, default=5
        Folds that every class must have songs for.
    cache : str or os.PathLike, optional
        Where measurements are kept, and what is fetched from a URL: files that have not changed
        are not read again.
    n_jobs : int, optional
        Processes; the result is the same for any number.
    progress : NullProgress
        Shows how many files have been measured; shows nothing by default.

    Returns
    -------
    DoctorReport

    Raises
    ------
    DataError
        ``data`` is missing, is no data set at all, its manifest is no table, or a name in it is not
        UTF-8.
    UsageError
        ``n_folds`` is below 2.

    Examples
    --------
    >>> for finding in examine("DATA").findings:  # doctest: +SKIP
    ...     print(finding.severity, finding.where, finding.found, finding.mend)
    """
    if n_folds < 2:
        raise UsageError(f"The number of folds must be 2 or more. Got {n_folds} instead.")
    survey = take_inventory(local_data(data, cache, progress=progress), stems=stems)
    files = measure_all(survey.root, survey.files, cache=cache, n_jobs=n_jobs, progress=progress)
    findings = [
        *survey.findings,
        *(finding for check in OF_SURVEY for finding in check(survey)),
        *(finding for check in OF_FOLDS for finding in check(survey, n_folds)),
        *(finding for check in OF_FILES for finding in check(files)),
    ]
    return DoctorReport(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)), files)
