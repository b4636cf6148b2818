"""Fitted models on disk, in forms that cannot run code when they are loaded.

A network is a folder with ``weights.safetensors`` and ``params.json``, an ensemble of networks one
such folder per member; everything else is one skops file (LightGBM's boosters inside it as their
own text), loaded only when every type in it is trusted: those of scikit-learn, of the registered
models and blends, and of code that the user trusts explicitly.
"""

import io
import json
import zipfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import FunctionType

from ..exceptions import (
    DataError,
    StemstackError,
    UntrustedError,
    UsageError,
    first_line,
)
from ..features import SpectralFeatures
from ..stacking.blending.comparison import blend_types
from ..stacking.labelwise import LabelwiseClassifier
from ..utils.atomic_write import atomic_path, write_text
from ..utils.lazy_import import import_blocking
from .deep.audio_embedding import AudioEmbedding
from .deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from .deep.persistence import (
    DAMAGE,
    check_classes,
    from_plain,
    holds_net,
    load_net,
    save_net,
    to_plain,
)
from .inspection import ensemble_networks, find_parts
from .loaded_values import reset_and_check
from .own_code import describe_untrusted, trusted_prefixes, untrusted_paths
from .registry import MODELS
from .saved_parts import check_schema, check_size, is_sklearn_class
from .seed_ensemble import SeedEnsemble, rebuild_seed_ensemble

NETWORKS = (EffNetClassifier, EffNetEmbedding, EffNetLogits)
_SKOPS_NAME, _ENSEMBLE_NAME = "model.skops", "bag.json"
_MAX_SEEDS = 1000
# What skops raises for objects that it cannot write, such as tables of pandas.
_UNSAVABLE = (TypeError, AttributeError, NotImplementedError)
_REPAIR = "copy it again, or repeat its fit with --resume"
# Modules and classes named in files of older versions, and their names now.
RENAMED = {
    "ColumnClaim": "ColumnSelector",
    "stemstack.models.deep.embedding": "stemstack.models.deep.effnet",
    "stemstack.models.effnet": "stemstack.models.deep.effnet",
    "stemstack.stacking.blends.greedy": "stemstack.stacking.blending.greedy",
    "stemstack.stacking.blends.means": "stemstack.stacking.blending.mean",
    "stemstack.stacking.blends.nonnegative": "stemstack.stacking.blending.nonnegative",
}


@cache
def trusted_types():
    """Return the types outside scikit-learn that registered models and blends consist of.

    Returns
    -------
    frozenset of str
        Full names. Loading such a type only sets its state.
    """
    found = {name for spec in MODELS.values() for name in spec.fitted_types}
    own = (*NETWORKS, SeedEnsemble, LabelwiseClassifier)
    found |= {_full_name(kind) for kind in own} | set(blend_types())
    for part in find_parts([spec.load()() for spec in MODELS.values()], object):
        kind = part if isinstance(part, FunctionType) else type(part)
        if kind.__module__.split(".")[0] == __name__.split(".")[0]:
            found.add(_full_name(kind))
    return frozenset(found)


def _full_name(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def save_model(model, folder):
    """Write a fitted model into a folder of its own.

    Parameters
    ----------
    model : fitted estimator
    folder : str or os.PathLike
        Created when missing.

    Raises
    ------
    UsageError
        A part of the model cannot be saved in this form, such as the tables of an
        :class:`~stemstack.stacking.OutOfFoldStacker`.

    See Also
    --------
    load_model : Reads it.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.dummy import DummyClassifier
    >>> from stemstack.models import load_model, save_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(DummyClassifier().fit([[0], [1]], ["a", "b"]), folder)
    ...     load_model(folder)
    DummyClassifier()
    """
    networks = ensemble_networks(model)
    if not networks:
        with atomic_path(Path(folder, _SKOPS_NAME)) as temporary:
            try:
                _write_skops(model, temporary)
            except _UNSAVABLE as error:
                raise UsageError(
                    f"{type(model).__name__}: cannot be saved so that loading it runs no code "
                    f"({first_line(error)}); joblib.dump saves it, for files of your own"
                ) from error
    elif networks == [model]:
        save_net(model, folder)
    else:
        _save_ensemble(model, folder)


def load_model(folder, *, trust=()):
    """Load a model written by :func:`save_model`.

    Parameters
    ----------
    folder : str or os.PathLike
    trust : sequence of str, default=()
        Python files, and names of modules or packages, whose types may be in the model. Files are
        imported; a model made with another version of a file is refused.

    Returns
    -------
    fitted estimator

    Raises
    ------
    DataError
        There is no model in the folder, or its file is damaged.
    UntrustedError
        The model holds a type that is not trusted, or reads a network that is not.
    UsageError
        A trusted file does not exist, or importing it fails.

    See Also
    --------
    save_model : Writes it.

    Notes
    -----
    Parameters of the machine of the fit, such as ``n_jobs``, ``cache`` and the ``memory`` of
    pipelines, are reset: fitting the model again would unpickle the files of that folder. Types are
    restored from their attributes, never by their constructors, and fitted arrays that compiled
    code relies on are checked first.

    Examples
    --------
    >>> from stemstack.models import load_model
    >>> load_model("RUN/models/make_svm/fold0", trust=["my_models.py"])  # doctest: +SKIP
    """
    path = Path(folder, _SKOPS_NAME)
    if Path(folder, _ENSEMBLE_NAME).exists():
        return _load_ensemble(folder)
    if not path.exists():
        if not holds_net(folder):
            raise DataError(f"{path}: is missing; {_REPAIR}")
        return load_net(folder, NETWORKS)
    own = trusted_prefixes(trust)
    try:
        model, untrusted = _load_archive(_read_archive(path), own)
        families = [part.families for part in find_parts(model, SpectralFeatures)]
        networks = [part.local_path for part in find_parts(model, AudioEmbedding)]
    except StemstackError:
        raise
    except ImportError as error:
        raise DataError(f"{path}: needs a package that is not installed ({error})") from error
    except Exception as error:
        raise _damaged(path, error) from error
    # Computing features would import the code of families.
    sources = describe_untrusted(untrusted, families, trust)
    if sources:
        raise UntrustedError(
            f"{path}: holds {', '.join(untrusted) or 'feature families'}, which stemstack does not "
            f"save by itself; if you trust this code, pass --trust {sources}, unchanged since the "
            "fit"
        )
    paths = untrusted_paths(networks, trust)
    if paths:
        raise UntrustedError(
            f"{path}: reads the network of an embedding from {', '.join(paths)}; if it is your "
            f"own, pass --trust {' --trust '.join(paths)}"
        )
    try:
        reset_and_check(model)
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, error) from error
    return model


def _damaged(path, error):
    text = first_line(error) or type(error).__name__
    return DataError(f"{path}: is damaged or is not a saved model ({text}); {_REPAIR}")


def _read_archive(path):
    """Read a skops file, with the names of older versions replaced."""
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_size(archive)
    return _rename_in_schema(content)


def _load_archive(archive, own):
    """Return the model, None if it is not trusted, and the types in it that are not."""
    skops = import_blocking("skops.io")
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        names, refused = check_schema(json.loads(source.read("schema.json")), own)
    if not refused:
        # skops checks again that there are no others.
        with suppress(skops.exceptions.UntrustedTypesFoundException):
            return skops.loads(archive, trusted=sorted(_select_trusted(names, own))), []
    # As skops names them: methods have names of their own.
    types = set(skops.get_untrusted_types(data=archive))
    untrusted = (types - _select_trusted(types, own)) | refused
    return None if untrusted else skops.loads(archive, trusted=sorted(types)), sorted(untrusted)


def _select_trusted(names, own):
    return {
        name
        for name in names
        if name in trusted_types() or is_sklearn_class(name) or name.startswith(own)
    }


def check_savable(model, label):
    """Raise an error if a model cannot be written by :func:`save_model` and loaded again.

    Parameters
    ----------
    model : estimator
        Fitted or not.
    label : str
        Its name in messages.

    Raises
    ------
    UsageError
        The model holds a function without a name of its own, or an object that skops cannot write.
    """
    if ensemble_networks(model):
        return
    try:
        content = io.BytesIO()
        _write_skops(model, content)
        with zipfile.ZipFile(content) as archive:
            schema = archive.read("schema.json").decode()
    except _UNSAVABLE as error:
        raise UsageError(
            f"{label}: the model cannot be saved in a run ({first_line(error)}); use classes and "
            "functions that are defined at the top level of a file"
        ) from error
    for unnamed in ("<lambda>", "<locals>"):
        if unnamed in schema:
            raise UsageError(
                f"{label}: the model holds a function or class without a name of its own "
                f"({unnamed}), which cannot be loaded again; define it at the top level of the file"
            )


def _save_ensemble(ensemble, folder):
    for i, net in enumerate(ensemble.estimators_):
        save_net(net, Path(folder, f"seed{i}"))
    classes = to_plain(ensemble.classes_, "classes_")
    document = {"seeds": len(ensemble.estimators_), "classes": classes}
    # Last: where it is, the networks are too.
    write_text(Path(folder, _ENSEMBLE_NAME), json.dumps(document))


def _load_ensemble(folder):
    path = Path(folder, _ENSEMBLE_NAME)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        n_seeds, classes = int(document["seeds"]), from_plain(document["classes"])
        if not 1 <= n_seeds <= _MAX_SEEDS:
            raise ValueError(f"seeds must be from 1 to {_MAX_SEEDS}. Got {n_seeds}")
    except (*DAMAGE, OverflowError) as error:
        raise _damaged_ensemble(path, error) from error
    members = [load_net(Path(folder, f"seed{i}"), NETWORKS) for i in range(n_seeds)]
    try:
        for member in members:
            check_classes(classes, len(member.classes_))
            if isinstance(member.classes_, list) != isinstance(classes, list):
                raise ValueError("its networks are not fitted on its classes")
        return rebuild_seed_ensemble(members, classes)
    except DAMAGE as error:
        raise _damaged_ensemble(path, error) from error


def _damaged_ensemble(path, error):
    return DataError(
        f"{path}: is damaged or is not an ensemble of networks ({first_line(error)}); {_REPAIR}"
    )


def _rename_in_schema(archive):
    """Replace names written by older versions in the bytes of a skops archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = source.read("schema.json").decode()
        renamed = schema
        for old, new in RENAMED.items():
            renamed = renamed.replace(json.dumps(old), json.dumps(new))
        if renamed == schema:
            return archive
        target_bytes = io.BytesIO()
        with zipfile.ZipFile(target_bytes, "w") as target:
            for name in source.namelist():
                target.writestr(name, renamed if name == "schema.json" else source.read(name))
    return target_bytes.getvalue()


def _write_skops(model, path):
    """Write a skops archive whose bytes depend on the model alone.

    skops names the parts of a model by their address in memory and adds the time; here they are
    numbered in order of appearance, without a time. Nor is the schema indented: with thousands of
    column names that would take seconds.
    """
    persist, numbers, dumped = import_blocking("skops.io._persist"), {}, io.BytesIO()
    with zipfile.ZipFile(dumped, "w") as source, zipfile.ZipFile(path, "w") as target:
        context = persist.SaveContext(source)
        schema = persist.get_state(model, context)
        schema |= {"protocol": context.protocol, "_skops_version": version("skops")}
        parts = {"schema.json": json.dumps(_number_parts(schema, numbers)).encode()}
        for name in source.namelist():
            parts[_number_file(name, numbers)] = source.read(name)
        for name in sorted(parts):
            target.writestr(zipfile.ZipInfo(name), parts[name], zipfile.ZIP_DEFLATED)


def _number_parts(node, numbers):
    """Replace every address in a schema by its number."""
    if isinstance(node, list | tuple):
        return [_number_parts(child, numbers) for child in node]
    if not isinstance(node, dict):
        return node
    numbered = dict(node)
    if isinstance(node.get("__id__"), int):
        # Equal numbers or strings may or may not be one object: each gets its own number.
        plain = node.get("__loader__") == "JsonNode"
        address = f"plain {len(numbers)}" if plain else str(node["__id__"])
        numbered["__id__"] = int(numbers.setdefault(address, str(len(numbers))))
    for key, value in node.items():
        if isinstance(value, dict | list | tuple):
            numbered[key] = _number_parts(value, numbers)
    if isinstance(node.get("file"), str):
        numbered["file"] = _number_file(node["file"], numbers)
    return numbered


def _number_file(name, numbers):
    address, dot, suffix = name.partition(".")
    return numbers.setdefault(address, str(len(numbers))) + dot + suffix
