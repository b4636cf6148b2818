"""Hostile models in runs: skops files, LightGBM's text, networks."""

import io
import json
import pickle
import re
import struct
import zipfile

import numpy as np

from .attacks import ATTACKS, LGBM, LR, NET, Payload, attack, variants

_OTHERS = set(ATTACKS)


def edit_schema(path, edit):
    """Rewrite the schema of a skops file; ``edit`` is called for each of its nodes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            edit(node)
        stack += list(node.values()) if isinstance(node, dict) else node
        stack = [child for child in stack if isinstance(child, dict | list)]
    write_parts(path, {**parts, "schema.json": json.dumps(schema).encode()})


def write_parts(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def set_attribute(path, name, value):
    """Set a plain attribute of every object in a skops file that has it."""

    def edit(node):
        content = node.get("content")
        if node.get("__loader__") == "DictNode" and name in content:
            node["content"][name] = plain(value)

    edit_schema(path, edit)


def plain(value):
    """Return a node of plain data."""
    kind = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return {**kind, "content": json.dumps(value), "is_json": True}


@attack
def skops_bomb(run, outside):
    """Three gigabytes of zeros in three megabytes."""
    with zipfile.ZipFile(run / f"{LR}/model.skops", "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.npy", "w", force_zip64=True) as file:
            for _ in range(24):
                file.write(bytes(2**20))
        archive.infolist()[-1].file_size = 3 * 2**30


@attack
def skops_of_deep_lists(run, outside):
    parts = {"schema.json": '{"content": ' + "[" * 50_000 + "]" * 50_000 + "}"}
    write_parts(run / f"{LR}/model.skops", parts)


@attack
def skops_array_of_objects(run, outside):
    path = run / f"{LR}/model.skops"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    np.save(buffer, np.array([Payload(outside / "ran")], dtype=object), allow_pickle=True)
    arrays = {name: buffer.getvalue() for name in parts if name.endswith(".npy")}
    write_parts(path, {**parts, **arrays})


@attack
def skops_array_of_huge_shape(run, outside):
    path = run / f"{LR}/model.skops"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"
    write_parts(path, {name: array if name[-4:] == ".npy" else c for name, c in parts.items()})


def _set_node(run, outside, change):
    def edit(node):
        if node.get("__class__") == "LogisticRegression":
            node.update(change)

    edit_schema(run / f"{LR}/model.skops", edit)


variants(
    "skops_type",
    _set_node,
    {"__class__": "system", "__module__": "os"},
    {"__class__": "Popen", "__module__": "subprocess"},
    {"__class__": "Memory", "__module__": "joblib.memory"},
    {"__class__": "Parallel", "__module__": "joblib.parallel"},
    {"__class__": "KDTree", "__module__": "sklearn.neighbors._kd_tree"},
    {"__class__": "KNeighborsClassifier", "__module__": "sklearn.neighbors._classification"},
    {"__loader__": "ConstructorFromReduceNode"},
    {"__loader__": "MethodNode", "content": {"func": "fit", "obj": {}}},
    {"__loader__": "NoSuchNode"},
    {"__loader__": "CachedNode", "__id__": 0},
)


@attack
def skops_of_old_protocol(run, outside):
    edit_schema(run / f"{LR}/model.skops", lambda n: n.update(protocol=0) if "protocol" in n else 0)


@attack
def skops_booster_by_constructor(run, outside):
    def edit(node):
        if node.get("__class__") == "Booster":
            arguments = [plain(None), plain(None), plain(str(outside / "secret.txt"))]
            content = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
            content["content"] = arguments
            node.update(__loader__="ConstructorFromReduceNode", content=content)

    edit_schema(run / f"{LGBM}/model.skops", edit)


@attack
def skops_memory_of_pipeline(run, outside):
    """A joblib cache in the run, with a pickle for whatever is fitted again."""
    set_attribute(run / f"{LR}/model.skops", "memory", str(run / "memory"))
    for name in ("output.pkl", "metadata.json"):
        path = run / "memory/joblib/sklearn/pipeline/_fit_transform_one/x" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(Payload(outside / "ran")))


variants(
    "skops_value",
    lambda run, outside, pair: set_attribute(run / f"{LR}/model.skops", *pair),
    ("cache", "/nowhere/cache"),
    ("n_jobs", 10_000),
    ("n_jobs", "x"),
    ("families", "os:system"),
    ("families", ["/etc/passwd.py:x"]),
    ("sr", 10**12),
    ("sr", -1),
    ("C", "high"),
    ("coef_", None),
    ("classes_", [1]),
    ("_parameter_constraints", {}),
)


def _edit_booster(run, outside, change):
    def edit(node):
        text = node.get("content")
        if node.get("__loader__") == "JsonNode" and "Tree=0" in str(text):
            node["content"] = json.dumps(re.sub(*change, json.loads(text), count=3))

    edit_schema(run / f"{LGBM}/model.skops", edit)


variants(
    "booster",
    _edit_booster,
    (r"left_child=-?\d+", "left_child=9"),
    (r"right_child=-?\d+", "right_child=0"),
    (r"num_leaves=\d+", "num_leaves=2000000000"),
    (r"num_leaves=\d+", "num_leaves=-1"),
    (r"split_feature=\d+", "split_feature=7"),
    (r"threshold=\S+", "threshold=x"),
    (r"decision_type=\d+", "decision_type=1"),
    (r"num_cat=0", "num_cat=5"),
    (r"tree_sizes=\d+", "tree_sizes=1"),
    (r"max_feature_idx=\d+", "max_feature_idx=99999"),
    (r"num_class=1", "num_class=1000"),
    (r"objective=\w+", "objective=custom"),
    (r"leaf_value=", "leaf_value=1e999999999 "),
    (r"end of trees", ""),
    (r"(?s)Tree=0.*", ""),
)
variants(
    "booster_value",
    lambda run, outside, pair: set_attribute(run / f"{LGBM}/model.skops", *pair),
    ("params", {"machines": "127.0.0.1:9", "num_machines": 2}),
    ("_other_params", {"forcedsplits_filename": "/etc/passwd"}),
    ("_handle", 3),
    ("n_estimators", "many"),
)


# Networks.
def _edit_params(run, outside, change):
    path = run / NET / "params.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


variants(
    "net",
    _edit_params,
    lambda d: d["fitted"].update(backbone_="hf-hub:attacker/net"),
    lambda d: d["fitted"].update(backbone_="local-dir:/etc"),
    lambda d: d["fitted"].update(backbone_="ast"),
    lambda d: d["fitted"].update(backbone_=7),
    lambda d: d["fitted"].update(classes_={"array": [1], "dtype": "<U999999999"}),
    lambda d: d["fitted"].update(fit_=1),
    lambda d: d["params"].update(n_mels=10**9),
    lambda d: d["params"].update(crop_seconds=1e12),
    lambda d: d["params"].update(tta=10**9),
    lambda d: d["params"].update(cache="/nowhere/cache"),
    lambda d: d["params"].update(weights="/etc/passwd"),
    lambda d: d.update({"class": "os.system"}),
    lambda d: d.update(params=[]),
)


@attack
def net_of_huge_header(run, outside):
    path = run / NET / "weights.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + path.read_bytes()[8:])


@attack
def net_of_nested_header(run, outside):
    header = b'{"__metadata__": ' + b"[" * 100_000 + b"}"
    content = struct.pack("<Q", len(header)) + header
    (run / NET / "weights.safetensors").write_bytes(content)


@attack
def net_with_kernels_of_the_hub(run, outside):
    """The architecture of an AST whose attention is a kernel of the hub."""
    _edit_params(run, outside, lambda d: d["fitted"].update(backbone_="ast"))
    architecture = json.dumps({"attn_implementation": "attacker/kernel", "hidden_size": 24})
    metadata = json.dumps({"__metadata__": {"architecture": architecture}}).encode()
    path = run / NET / "weights.safetensors"
    path.write_bytes(struct.pack("<Q", len(metadata)) + metadata)


MODEL_ATTACKS = [name for name in ATTACKS if name not in _OTHERS]
