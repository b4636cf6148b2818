"""A finding: what is wrong (or worth knowing), where, and the mend in one line."""

from dataclasses import asdict, dataclass

from ...utils.formatting import format_names

SEVERITIES = ("error", "warning", "info")
# What a role's files are called in a sentence.
ROLES = {
    "stem": "stems",
    "clip": "clips",
    "test": "test clips",
    "noise": "noise clips",
}
_EXAMPLES = 3
_TOP_GENRES = 3


@dataclass(frozen=True)
class Finding:
    """One thing found in a data set, however many files share it.

    Attributes
    ----------
    severity : {"error", "warning", "info"}
        An error stops ``fit`` or spoils it in silence; a warning deserves a look; an info is a fact
        that helps to choose settings.
    check : str
        The check that found it, such as ``"stem names"``.
    where : str
        The first few files or songs, and how many there are.
    found : str
        What was found.
    mend : str
        What to do, in one line.
    files : tuple of str
        All the files or songs, relative to the data folder; empty when it is about none.
    command : str
        A shell line that mends it, where there is one.
    """

    severity: str
    check: str
    where: str
    found: str
    mend: str
    files: tuple = ()
    command: str = ""

    def to_dict(self):
        """Give the finding as plain data, fit for JSON."""
        return asdict(self) | {"files": list(self.files)}


def find(severity, check, names, found, mend, command=""):
    """Make a finding about files (or songs, or ids), the first few of them as ``where``."""
    names = tuple(map(str, names))
    return Finding(severity, check, format_names(names, _EXAMPLES), found, mend, names, command)


def find_error(check, where, error):
    """Turn a reader's complaint about a table, ``PATH: what``, into a finding."""
    found = str(error).partition(": ")[2]
    return Finding("error", check, where, found, f"correct {where}, or copy it again", (where,))


def find_files(files, bad, severity, check, what, mend):
    """Make a finding for every role that has bad files.

    Parameters
    ----------
    files : DataFrame
        Measured files.
    bad : Series of bool
        Of the same index.
    severity, check, mend : str
    what : str
        A verb phrase that follows "3 of 480 stems".

    Yields
    ------
    Finding
    """
    for role, part in by_role(files):
        hit = part[bad[part.index]]
        if len(hit):
            found = f"{len(hit)} of {len(part)} {ROLES[role]} {what}{describe_spread(hit)}"
            yield find(severity, check, hit["path"], found, mend)


def by_role(files):
    """Part files by role; sums of stems are no files and left out."""
    for role in ROLES:
        part = files[files["role"] == role]
        if len(part):
            yield role, part


def describe_spread(files):
    """Say how several files spread over stems and genres, as `` (vocals 3, bass 1; blues 4)``."""
    stems = _count(files["stem"], limit=None)
    genres = _count(files["genre"], limit=_TOP_GENRES)
    told = "; ".join(part for part in (stems, genres) if part)
    return f" ({told})" if told and len(files) > 1 else ""


def _count(values, limit):
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    named = [f"{name} {count}" for name, count in counts.iloc[:limit].items()]
    return ", ".join(named + ["…"] * (len(counts) > len(named)))
