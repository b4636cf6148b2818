"""What a report had to compute, kept in the run: a second report costs nothing."""

import json

from .. import __version__
from ..utils.atomic_write import write_text
from ..utils.hashing import content_key, hash_bytes


def cached_result(run, name, compute, **asked):
    """Compute once what follows from a run.

    Parameters
    ----------
    run : Run
    name : str
        Of the file ``<name>.json`` in the run.
    compute : callable
        Gives plain data.
    **asked
        Plain data that the result depends on, beside the predictions of the run.

    Returns
    -------
    plain data
        As read back from the file, which is written anew when the run is another one.
    """
    path = run.path / f"{name}.json"
    predictions = hash_bytes((run.path / "ledger/oof.parquet").read_bytes())
    key = content_key(predictions=predictions, version=__version__, **asked)
    if path.exists():
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["key"] == key:
            return document["result"]
    write_text(path, json.dumps({"key": key, "result": compute()}, indent=1) + "\n")
    return json.loads(path.read_text(encoding="utf-8"))["result"]
