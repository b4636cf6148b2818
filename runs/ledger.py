"""The ledger: every (model, fold) prediction ever made in a run, named by what it was made from.

An entry is one Parquet file, ``<model>/fold<k>-<key>.parquet``, with a column ``id``, a column
``split`` (``oof`` or ``test``) and the columns ``<model>__<class>``. It is written last and by
rename, so an entry that is there is whole; a killed run finds what was done and does the rest, and
several processes may fill one ledger: whoever is second writes the same again.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..exceptions import DataError
from ..utils.atomic_write import atomic_path

_FILE = re.compile(r"fold(\d+)-([0-9a-f]+)\.parquet")


@dataclass(frozen=True, order=True)
class Entry:
    """What a fold model was made from, by name.

    Attributes
    ----------
    model : str
    fold : int
    key : str
    """

    model: str
    fold: int
    key: str


class Ledger:
    """A folder of fold predictions.

    Parameters
    ----------
    root : str or os.PathLike
        Made when the first entry is written.
    """

    def __init__(self, root):
        self.root = Path(root)

    def path(self, model, fold, key):
        """Say where an entry is, or would be."""
        return self.root / model / f"fold{fold}-{key}.parquet"

    def has(self, model, fold, key):
        """Tell whether an entry is there."""
        return self.path(model, fold, key).exists()

    def entries(self):
        """List what is there.

        Returns
        -------
        list of Entry
            Sorted.
        """
        found = []
        for path in self.root.glob("*/*.parquet"):
            match = _FILE.fullmatch(path.name)
            if match:
                found.append(Entry(path.parent.name, int(match[1]), match[2]))
        return sorted(found)

    def discard(self, model, fold, *, but=None):
        """Remove the entries of a model's fold, all but that of one key.

        Parameters
        ----------
        model : str
        fold : int
        but : str, optional
            A key.
        """
        for path in self.root.glob(f"{model}/fold{fold}-*.parquet"):
            if path != self.path(model, fold, but):
                path.unlink(missing_ok=True)

    def read(self, model, fold, key, split):
        """Read the predictions of one entry.

        Parameters
        ----------
        model : str
        fold : int
        key : str
        split : {"oof", "test"}

        Returns
        -------
        DataFrame
            Indexed by clip id, columns ``<model>__<class>``.

        Raises
        ------
        DataError
            There is no such entry: the run is not finished.
        """
        path = self.path(model, fold, key)
        if not path.exists():
            raise DataError(f"{path}: no such entry; finish the run with fit --resume")
        table = pd.read_parquet(path)
        return table[table["split"] == split].drop(columns="split").set_index("id")

    def write(self, model, fold, key, *, oof, test=None):
        """Write the predictions of one entry, out-of-fold and of the test clips.

        Parameters
        ----------
        oof, test : DataFrame
            Indexed by clip id, columns ``<model>__<class>``.
        """
        parts = {"oof": oof} if test is None else {"oof": oof, "test": test}
        table = pd.concat(
            [part.rename_axis("id").reset_index().assign(split=s) for s, part in parts.items()],
            ignore_index=True,
        )
        with atomic_path(self.path(model, fold, key)) as temporary:
            table.to_parquet(temporary, index=False)
