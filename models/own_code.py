"""The user's own code behind models: what a run records of it, and what a loaded run may use.

Code is imported only when its name comes from the user, by ``--models`` or ``--trust``, never
because a run names it.
"""

import os
from pathlib import Path

from ..exceptions import DataError, UsageError
from ..features.descriptors.family import is_reference
from ..utils.user_code import HASHED_MODULE, code_hash, is_file, load_code
from .model_name import ModelName


def code_sources(names):
    """Return the files and modules of the user's own code that names of models refer to.

    Parameters
    ----------
    names : sequence of str
        As in ``--models``: functions that make models, and feature families of one's own.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from stemstack.models.own_code import code_sources
    >>> code_sources(["lr", "my_models.py:make_svm", "lr(families=[mfcc, my_families.py:crest])"])
    ('my_models.py', 'my_families.py')
    """
    parsed = [ModelName.parse(name) for name in names]
    sources = [s for p in parsed for s in (p.source, *family_sources(p.params.get("families")))]
    return tuple(dict.fromkeys(filter(None, sources)))


def code_hashes(name):
    """Return the content hashes of the user's own code that a model's name refers to.

    Parameters
    ----------
    name : str
        As in ``--models``; the code is imported.

    Returns
    -------
    dict of str to str
        SHA-256 hash by file or module; empty for a model of the package.
    """
    return {source: code_hash(source) for source in code_sources([name])}


def check_unchanged(hashes, trust, label):
    """Raise an error if code that the user trusts has changed since a run was fitted.

    Parameters
    ----------
    hashes : dict of str to str
        Recorded by the run, from :func:`code_hashes`. Only code that is trusted is read.
    trust : sequence of str
        Files, and names of modules or packages.
    label : str or Path
        The run, for the message.

    Raises
    ------
    DataError
        The content differs.
    """
    for source, recorded in hashes.items():
        if _is_trusted(source, trust) and code_hash(source) != recorded:
            raise DataError(
                f"{label}: {source} has changed since the run was fitted; restore it, or fit again"
            )


def trusted_prefixes(trust):
    """Import the files that the user trusts, and return what full names of their types start with.

    Parameters
    ----------
    trust : sequence of str
        Files, and names of modules or packages.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        A file does not exist, importing it fails, or a name is none of a module.
    """
    for source in trust:
        is_module = all(part.isidentifier() for part in source.split("."))
        # Networks are trusted by their folders and files, whether they are there or not.
        is_path = os.path.exists(source) or (os.path.dirname(source) and "," not in source)
        if not (is_module or is_file(source) or is_path):
            raise UsageError(
                f"--trust {source}: no such file, and not the name of a module; repeat --trust for "
                "each one"
            )
    return tuple(
        f"{load_code(source).__name__}." if is_file(source) else f"{source}." for source in trust
    )


def describe_untrusted(types, families, trust):
    """Return what to pass as ``--trust`` so that a saved model can be loaded.

    Parameters
    ----------
    types : sequence of str
        Full names of its types that are not trusted.
    families : sequence
        The ``families`` parameters of its features.
    trust : sequence of str
        What is trusted already.

    Returns
    -------
    str
        Names of files, as they were when the model was fitted, and of modules; empty for none.
    """
    sources = []
    for name in types:
        match = HASHED_MODULE.match(name)
        module = "sklearn" if name.startswith("sklearn.") else name.rpartition(".")[0]
        sources.append(f"{match['stem']}.py" if match else module)
    references = [source for value in families for source in family_sources(value)]
    sources += [source for source in references if not _is_trusted(source, trust)]
    return " --trust ".join(dict.fromkeys(sources))


def untrusted_paths(paths, trust):
    """Return the paths that the user has not named in ``--trust``, without None."""
    trusted = {Path(other).expanduser().resolve() for other in trust}
    return [path for path in paths if path and Path(path).expanduser().resolve() not in trusted]


def family_sources(families):
    """Return the files and modules that a ``families`` parameter refers to."""
    families = [families] if isinstance(families, str) or families is None else families
    references = [f for f in families if isinstance(f, str) and is_reference(f)]
    return [reference.rpartition(":")[0] for reference in references]


def _is_trusted(source, trust):
    if is_file(source):
        paths = {Path(other).expanduser().resolve() for other in trust}
        return Path(source).expanduser().resolve() in paths
    return any(f"{source}.".startswith(f"{other}.") for other in trust)
