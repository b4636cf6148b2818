"""The ledger: predictions of every model and fold of a run, keyed by the content of their inputs.

An entry is one Parquet file, ``<model>/fold<k>-<key>.parquet``, with the columns ``id``, ``split``
(``oof`` or ``test``) and ``<model>__<class>``. It is written by atomic rename, after the model: an
existing entry is complete. A resumed run computes the missing entries only, and several processes
may fill one ledger: an entry computed twice is the same twice. The pseudo-labels that a model was
fitted on are beside its entries.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..exceptions import DataError
from ..utils.atomic_write import atomic_path
from .run_files import damaged, is_text, read_parquet

_FILE = re.compile(r"fold(\d+)-([0-9a-f]+)\.parquet")


@dataclass(frozen=True, order=True)
class Entry:
    """Name of a ledger entry.

    Attributes
    ----------
    model : str
    fold : int
    key : str
        Content key of the model's parameters and data.
    """

    model: str
    fold: int
    key: str


class Ledger:
    """A folder of fold predictions.

    Parameters
    ----------
    root : str or os.PathLike
        Created when the first entry is written.
    """

    def __init__(self, root):
        self.root = Path(root)

    def path(self, model, fold, key):
        """Return the path of an entry, whether it exists or not."""
        return self.root / model / f"fold{fold}-{key}.parquet"

    def self_training_path(self, model, key):
        """Return the path of the pseudo-labels of a model, whether they exist or not."""
        return self.root / model / f"self-training-{key}.json"

    def has(self, model, fold, key):
        """Return whether an entry exists."""
        return self.path(model, fold, key).exists()

    def entries(self):
        """Return all entries, sorted by model, fold and key.

        Returns
        -------
        list of Entry
        """
        found = []
        for path in self.root.glob("*/*.parquet"):
            match = _FILE.fullmatch(path.name)
            if match:
                found.append(Entry(path.parent.name, int(match[1]), match[2]))
        return sorted(found)

    def discard(self, model, fold, *, except_key=None):
        """Remove the entries of a model's fold, except the one with a key.

        Parameters
        ----------
        model : str
        fold : int
        except_key : str, optional
        """
        for path in self.root.glob(f"{model}/fold{fold}-*.parquet"):
            if path != self.path(model, fold, except_key):
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
        DataFrame of shape (n_clips, n_outputs)
            Indexed by clip id, columns ``<model>__<class>``.

        Raises
        ------
        DataError
            The entry does not exist or is damaged.
        """
        path = self.path(model, fold, key)
        if not path.exists():
            raise DataError(f"{path}: no such entry; finish the run with fit --resume")
        table = read_parquet(path, ("id", "split"))
        table = table[table["split"] == split].drop(columns="split")
        if not is_text(table["id"]) or not table["id"].is_unique:
            raise damaged(path, "ids are empty, repeated or no text")
        table = table.set_index("id")
        numbers = all(dtype.kind == "f" for dtype in table.dtypes)
        if not len(table.columns) or not numbers or not np.isfinite(table.to_numpy()).all():
            raise damaged(path, "its predictions are not numbers")
        return table

    def write(self, model, fold, key, *, oof, test=None):
        """Write the predictions of one entry, out-of-fold and of the test clips.

        Parameters
        ----------
        model : str
        fold : int
        key : str
        oof, test : DataFrame of shape (n_clips, n_outputs)
            Indexed by clip id, columns ``<model>__<class>``.
        """
        splits = {"oof": oof} if test is None else {"oof": oof, "test": test}
        table = pd.concat(
            [part.rename_axis("id").reset_index().assign(split=s) for s, part in splits.items()],
            ignore_index=True,
        )
        with atomic_path(self.path(model, fold, key)) as temporary:
            table.to_parquet(temporary, index=False)
