"""Fitted models on disk, in forms that cannot run code when a stranger's are loaded.

Nets are ``weights.safetensors`` with ``params.json``, bags of nets a folder a net; everything else
is one skops file (LightGBM's boosters inside it as their own text), loaded only when every type in
it is one named here.
"""

import io
import json
import zipfile
from importlib.metadata import version
from pathlib import Path

from ..exceptions import DataError
from ..stacking.blending.comparison import blend_types
from ..utils.atomic_write import atomic_path, write_text
from ..utils.lazy_import import import_blocking
from .deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from .deep.estimator import DeepEstimator
from .deep.persistence import from_plain, load_net, save_net, to_plain
from .seed_ensemble import find_networks, rebuild_seed_ensemble

NETWORKS = (EffNetClassifier, EffNetEmbedding, EffNetLogits)
_SKOPS_NAME, _BAG_NAME = "model.skops", "bag.json"
# Modules and classes named in files of older versions, and their names now.
RENAMED = {
    "ColumnClaim": "ColumnSelector",
    "stemstack.models.deep.embedding": "stemstack.models.deep.effnet",
    "stemstack.models.effnet": "stemstack.models.deep.effnet",
    "stemstack.stacking.blends.greedy": "stemstack.stacking.blending.greedy",
    "stemstack.stacking.blends.means": "stemstack.stacking.blending.mean",
    "stemstack.stacking.blends.nonnegative": "stemstack.stacking.blending.nonnegative",
}
# Types beyond scikit-learn's that our own pipelines hold; loading them only sets their state.
TRUSTED = frozenset(
    {
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn._LGBMLabelEncoder",
        "sklearn.utils._bunch.Bunch",
        "stemstack.features.columns.ColumnSelector",
        "stemstack.features.columns._name_output",
        "stemstack.features.columns.signed_log",
        "stemstack.features.transformer.SpectralFeatures",
        "stemstack.models.deep.effnet.EffNetEmbedding",
        "stemstack.models.deep.effnet.EffNetClassifier",
        "stemstack.models.deep.effnet.EffNetLogits",
    }
).union(blend_types())


def save_model(model, folder):
    """Write a fitted model into a folder of its own.

    Parameters
    ----------
    model : fitted estimator
    folder : str or os.PathLike
        Made when missing.
    """
    if isinstance(model, DeepEstimator):
        return save_net(model, folder)
    if find_networks(model):
        return _save_bag(model, folder)
    with atomic_path(Path(folder, _SKOPS_NAME)) as temporary:
        _write_skops(model, temporary)


def load_model(folder):
    """Load a model written by :func:`save_model`.

    Parameters
    ----------
    folder : str or os.PathLike

    Returns
    -------
    fitted estimator

    Raises
    ------
    DataError
        There is no model in the folder, or its file is damaged or holds a type that stemstack does
        not save.
    """
    path = Path(folder, _SKOPS_NAME)
    if Path(folder, _BAG_NAME).exists():
        return _load_bag(folder)
    if not path.exists():
        return load_net(folder, NETWORKS)
    skops = import_blocking("skops.io")
    try:
        archive = _rename_in_schema(path.read_bytes())
        return skops.loads(archive, trusted=sorted(TRUSTED))
    except import_blocking("skops.io.exceptions").UntrustedTypesFoundException as error:
        strange = sorted(set(skops.get_untrusted_types(data=archive)) - TRUSTED)
        raise DataError(
            f"{path}: holds {', '.join(strange)}, which stemstack does not save; "
            "load it only by your own means, if you trust whoever made it"
        ) from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: is not a saved model ({error}); copy it again") from error


def _save_bag(bag, folder):
    for i, net in enumerate(bag.estimators_):
        save_net(net, Path(folder, f"seed{i}"))
    document = {"seeds": len(bag.estimators_), "classes": to_plain(bag.classes_, "classes_")}
    # Last: where it is, the nets are too.
    write_text(Path(folder, _BAG_NAME), json.dumps(document))


def _load_bag(folder):
    path = Path(folder, _BAG_NAME)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        n_seeds, classes = int(document["seeds"]), from_plain(document["classes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not a bag of nets ({error})") from error
    return rebuild_seed_ensemble(
        [load_net(Path(folder, f"seed{i}"), NETWORKS) for i in range(n_seeds)], classes
    )


def _rename_in_schema(archive):
    """Replace names that older versions wrote in the bytes of a skops archive."""
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

    skops names the parts of a model by their address in memory and stamps them with the time; here
    they are numbered in order of appearance and stamped with none. Nor are they indented: a model
    that knows thousands of columns by name would take seconds to write.
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
        # Whether two equal numbers or texts are one object is chance: each gets its own number.
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
