"""The house plan, held: every package is listed, and imports flow one way."""

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE = {"errors", "atomic", "lean_import"}
MAY_IMPORT = {
    "audio": set(),
    "demo": {"audio"},
    "mashups": {"audio"},
    "features": {"audio"},
    "models": {"features", "audio", "mashups"},
    "stacking": set(),
    "reports": set(),
    "runs": {"audio", "mashups", "features", "models", "stacking", "reports"},
    "serving": {"audio", "mashups", "features", "models", "stacking", "reports", "runs"},
    "commands": {
        "audio",
        "demo",
        "mashups",
        "features",
        "models",
        "stacking",
        "reports",
        "runs",
        "serving",
    },
}
# The gap and its tuning read tables of features, the tempo is a feature; nothing else knows any.
MAY_ALSO_IMPORT = {f"mashups/{name}": {"features"} for name in ("gap", "tune", "tempo")}
NOT_PACKAGES = {"tests", "benchmarks", "examples", "docs"}
HEAVY = {"torch", "torchaudio", "torchvision", "timm"}


def python_files(room):
    return sorted(p for p in (ROOT / room).rglob("*.py") if "__pycache__" not in p.parts)


def imports(path):
    """Every import in a file: (room of ours or None, top-level module or None, is inside a def)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    depth_of_root = len(path.relative_to(ROOT).parts)
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == depth_of_root:
            names = [node.module.split(".")[0]] if node.module else [a.name for a in node.names]
            for name in names:
                yield name, None, id(node) in inside
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield None, node.module.split(".")[0], id(node) in inside
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield None, alias.name.split(".")[0], id(node) in inside


def test_packages_in_setup_cfg_are_complete():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    found = {"stemstack"} | {
        "stemstack." + ".".join(path.parent.relative_to(ROOT).parts)
        for path in ROOT.glob("*/**/__init__.py")
        if path.relative_to(ROOT).parts[0] in MAY_IMPORT
    }
    assert listed == found


def test_every_folder_with_code_is_known():
    folders = {p.parent.relative_to(ROOT).parts[0] for p in ROOT.glob("[a-z]*/**/*.py")}
    assert folders - {"build", "dist"} <= set(MAY_IMPORT) | NOT_PACKAGES


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_who_may_import_whom(room):
    for path in python_files(room):
        name = path.relative_to(ROOT).as_posix()
        also = [more for start, more in MAY_ALSO_IMPORT.items() if name.startswith(start)]
        may = MAY_IMPORT[room].union(BASE, {room, "__version__"}, *also)
        for ours, _, _ in imports(path):
            assert ours is None or ours in may, f"{name} imports {ours}"


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_torch_is_imported_only_under_models_deep(room):
    for path in python_files(room):
        deep = "deep" in path.parts
        for _, module, inside in imports(path):
            if module in HEAVY:
                assert deep or inside, f"{path.relative_to(ROOT)} imports {module}"


def test_files_stay_readable():
    long = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for room in MAY_IMPORT
        for path in python_files(room)
    }
    assert {name: n for name, n in long.items() if n > 300} == {}


@pytest.mark.parametrize(
    ("statement", "banned"),
    [
        ("import stemstack", {"torch", "librosa", "sklearn", "numpy"}),
        ("import stemstack.commands", {"torch", "librosa", "sklearn", "numpy"}),
        (
            "from stemstack.commands.main import COMMANDS, cli; "
            "[cli.get_command(None, name) for name in COMMANDS]",
            HEAVY | {"gradio", "matplotlib", "fsspec", "librosa", "sklearn", "numpy", "pandas"},
        ),
        (
            "from stemstack.models import make_lr, save_model; save_model(make_lr(), sys.argv[1])",
            HEAVY,
        ),
    ],
)
def test_imports_stay_light(statement, banned, tmp_path):
    code = f"import sys; {statement}; print(*sorted({banned!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
