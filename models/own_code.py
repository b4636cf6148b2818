"""Users' own models: what a run records of their code, and trust in it when a model is loaded.

Code is imported only when its name comes from the user, never because a run names it.
"""

from pathlib import Path

from ..features import SpectralFeatures
from ..features.descriptors.family import is_reference
from ..utils.user_code import HASHED_MODULE, code_hash, is_file, load_code
from .inspection import find_parts
from .model_name import ModelName


def code_sources(names):
    """Return the files and modules of users' own models and families that names refer to.

    Parameters
    ----------
    names : sequence of str
        As in ``--models``.

    Returns
    -------
    tuple of str
    """
    parsed = [ModelName.parse(name) for name in names]
    sources = [s for p in parsed for s in (p.source, *_family_sources(p.params.get("families")))]
    return tuple(dict.fromkeys(filter(None, sources)))


def code_record(name):
    """Return what a run records of the code behind a model's name.

    Parameters
    ----------
    name : str
        As in ``--models``; its code is imported.

    Returns
    -------
    dict of str to str
        ``source`` and ``sha256`` of a user's own model, and ``family_code``, a dict of hashes by
        source, of a user's own feature families; empty for a model with neither.
    """
    parsed = ModelName.parse(name)
    record = {"source": parsed.source, "sha256": code_hash(parsed.source)} if parsed.source else {}
    families = {s: code_hash(s) for s in _family_sources(parsed.params.get("families"))}
    return record | ({"family_code": families} if families else {})


def untrusted_families(model, trust):
    """Return what to pass as ``--trust`` so that a model's feature families may be computed.

    Parameters
    ----------
    model : estimator
    trust : sequence of str
        Files, and names of modules.

    Returns
    -------
    str
        Files and modules that the user does not trust yet; empty if there are none.
    """
    trusted = {_full_source(source) for source in trust}
    sources = [s for p in find_parts(model, SpectralFeatures) for s in _family_sources(p.families)]
    return ", ".join(source for source in sources if _full_source(source) not in trusted)


def _family_sources(families):
    """Return the files and modules that a ``families`` parameter refers to."""
    families = [families] if isinstance(families, str) or families is None else families
    references = [f for f in families if isinstance(f, str) and is_reference(f)]
    return [reference.rpartition(":")[0] for reference in references]


def _full_source(source):
    return str(Path(source).expanduser().resolve()) if is_file(source) else source


def trusted_modules(sources):
    """Import the code that the user trusts, and return what the types of saved models start with.

    Parameters
    ----------
    sources : sequence of str
        Files, and names of modules or packages.

    Returns
    -------
    tuple of str
        Prefixes of full type names.

    Raises
    ------
    UsageError
        A file does not exist, or importing it fails.
    """
    return tuple(
        f"{load_code(source).__name__}." if is_file(source) else f"{source}." for source in sources
    )


def describe_untrusted(types):
    """Return what to pass as ``--trust`` so that types of a saved model are loaded.

    Parameters
    ----------
    types : sequence of str
        Full names of types.

    Returns
    -------
    str
        Names of the files, as they were when the model was fitted, and of modules.
    """
    sources = {}
    for name in types:
        match = HASHED_MODULE.match(name)
        sources[f"{match['stem']}.py" if match else name.rpartition(".")[0]] = None
    return ", ".join(sources)
