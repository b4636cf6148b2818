"""Findings of the doctor: what is wrong or worth noting, where, and how to fix it."""

from dataclasses import asdict, dataclass

import pandas as pd

from ...utils.formatting import format_names
from ..dataset import Inventory

SEVERITIES = ("error", "warning", "info")
# Plural noun of each role's files.
ROLES = {
    "stem": "stems",
    "clip": "clips",
    "test": "test clips",
    "noise": "noise clips",
}
_N_EXAMPLES = 3
_N_GENRES = 3


@dataclass(frozen=True)
class CheckInput:
    """What a check examines.

    Attributes
    ----------
    inventory : Inventory
        Files and tables of the data set.
    files : DataFrame
        Measured files: the columns of :attr:`Inventory.files` and one per measured fact.
    n_folds : int
        Number of cross-validation folds to be made.
    """

    inventory: Inventory
    files: pd.DataFrame
    n_folds: int


@dataclass(frozen=True)
class Finding:
    """One thing found in a data set, however many files share it.

    Attributes
    ----------
    severity : {"error", "warning", "info"}
        An error stops ``fit`` or silently spoils its result; a warning should be looked into; an
        info helps to choose settings.
    check : str
        Name of the check, such as ``"stem names"``.
    where : str
        The first few files or songs, and how many there are.
    found : str
        Description.
    fix : str
        What to do, in one line; empty when there is nothing to do.
    files : tuple of str
        All the files or songs, relative to the data folder; empty when it is about none.
    command : str
        A shell line that fixes it, where there is one.

    See Also
    --------
    check_dataset : Returns the findings of a data set.

    Examples
    --------
    >>> from stemstack.datasets.doctor import Finding
    >>> finding = Finding("warning", "length", "a.wav", "1 of 9 clips are short", "replace it")
    >>> finding.to_dict()["fix"]
    'replace it'
    """

    severity: str
    check: str
    where: str
    found: str
    fix: str
    files: tuple = ()
    command: str = ""

    @classmethod
    def from_names(cls, severity, check, names, found, fix, *, command=""):
        """Make a finding about files, songs or ids, the first few of which become ``where``."""
        names = tuple(map(str, names))
        where = format_names(names, _N_EXAMPLES)
        return cls(severity, check, where, found, fix, files=names, command=command)

    @classmethod
    def from_error(cls, check, file, error):
        """Convert a reader's error (``PATH: problem; fix``) into a finding with the same fix."""
        found, _, fix = str(error).partition(": ")[2].partition("; ")
        return cls("error", check, file, found, fix or f"correct {file}", (file,))

    def to_dict(self):
        """Return the finding as a dict that JSON can hold."""
        return asdict(self) | {"files": list(self.files)}


def findings_by_role(files, is_bad, severity, check, problem, fix):
    """Make one finding per role that has bad files.

    Parameters
    ----------
    files : DataFrame
        Measured files.
    is_bad : Series of bool
        Has the index of ``files``.
    severity, check, fix : str
    problem : str
        A verb phrase that follows "3 of 480 stems".

    Yields
    ------
    Finding
    """
    for role, group in by_role(files):
        bad = group[is_bad[group.index]]
        if len(bad):
            found = f"{len(bad)} of {len(group)} {ROLES[role]} {problem}{format_spread(bad)}"
            yield Finding.from_names(severity, check, bad["path"], found, fix)


def by_role(files):
    """Yield each role and its files; sums of stems are not files and are left out."""
    for role in ROLES:
        group = files[files["role"] == role]
        if len(group):
            yield role, group


def format_spread(files):
    """Format how files are spread over stems and genres, as `` (vocals 3, bass 1; blues 4)``."""
    counts = (_count(files["stem"], limit=None), _count(files["genre"], limit=_N_GENRES))
    text = "; ".join(filter(None, counts))
    return f" ({text})" if text and len(files) > 1 else ""


def _count(values, limit):
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    named = [f"{name} {count}" for name, count in counts.iloc[:limit].items()]
    return ", ".join(named + ["…"] * (len(counts) > len(named)))
