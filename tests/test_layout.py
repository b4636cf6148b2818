"""Layout of the package: import order, no cycles, light imports, file sizes."""

import ast
import configparser
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each imports only those before it, without exceptions.
ORDER = (
    "exceptions",
    "utils",
    "audio",
    "datasets",
    "features",
    "mashups",
    "stacking",
    "models",
    "runs",
    "domain_shift",
    "reports",
    "serving",
    "commands",
)
PACKAGES = ORDER[1:]
NOT_PACKAGES = {"tests", "benchmarks", "examples", "docs"}
HEAVY = {"torch", "torchaudio", "torchvision", "timm"}
# What a worker process does: all features of a file and of a mashup with all kinds of processing
# but loudness, and patches.
WORKER = """
import numpy as np, soundfile
from stemstack.features.computation import compute
from stemstack.features.extractor import Extractor
from stemstack.features.patches import PatchExtractor
from stemstack.mashups import AudioSource, Effect, Mashup, NoisePart, Recipe, StemPart
folder, samples = sys.argv[1], np.random.default_rng(0).integers(-9000, 9000, 66150, np.int16)
soundfile.write(f"{folder}/clip.wav", samples, 22050)
samples.tofile(f"{folder}/clip.i16")
source = AudioSource(f"{folder}/clip.i16", len(samples), 120.0, 1.0, content="x")
effects = Effect("tilt", (1.0,)), Effect("compression", (2.0, 0.0)), Effect("reverb", (0.5, -12.0))
recipe = Recipe(
    "r", "a", 0, 22050, 0, 44100, (StemPart("drums", "s", "stem", 1.1, 1.0, tilt=1.0),),
    (NoisePart("noise", 0, None, snr=10.0, tile=True, tilt=-1.0, active=True, band=(50.0, 900.0)),),
    tempo="wsola", normalize="rms", level=-18.0, lowpass=5000.0, codec="ogg", codec_quality=0.5,
    effects=effects,
)
mashup = Mashup.from_recipe(recipe, {"stem": source, "noise": source})
tasks = [(f"{folder}/clip.wav", [0, 1]), (mashup, [0, 1])]
rows = [np.concatenate(r) for r in compute(tasks, [Extractor(families="all"), PatchExtractor()], 1)]
assert np.isfinite(rows).all()
"""


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_files(package):
    files = [ROOT / f"{package}.py"] if package == "exceptions" else (ROOT / package).rglob("*.py")
    return sorted(p for p in files if "__pycache__" not in p.parts)


MODULES = {module_name(path): path for package in ORDER for path in python_files(package)}


def imports(path):
    """Yield each import of a file: (own module or None, other library or None, inside a def)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    folders = path.relative_to(ROOT).parts[:-1]
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(folders[: len(folders) + 1 - node.level])
            source = ".".join(filter(None, [base, node.module]))
            for alias in node.names:
                full = f"{source}.{alias.name}".strip(".")
                yield full if full in MODULES else source, None, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
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
        if path.relative_to(ROOT).parts[0] in PACKAGES
    }
    assert listed == found


def test_every_folder_with_code_is_listed():
    folders = {p.parent.relative_to(ROOT).parts[0] for p in ROOT.glob("[a-z]*/**/*.py")}
    assert folders - {"build", "dist"} <= set(PACKAGES) | NOT_PACKAGES


@pytest.mark.parametrize("package", ORDER)
def test_imports_follow_the_package_order(package):
    allowed = set(ORDER[: ORDER.index(package) + 1])
    for path in python_files(package):
        for module, _, _ in imports(path):
            top = module.split(".")[0] if module else ""
            # The root itself is imported for ``__version__`` only.
            assert not top or top in allowed, f"{path.relative_to(ROOT)} imports {module}"


def test_no_import_cycles():
    graph = {
        name: {module for module, _, _ in imports(path) if module} - {name}
        for name, path in MODULES.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", PACKAGES)
def test_torch_is_imported_only_under_models_deep(package):
    for path in python_files(package):
        deep = "deep" in path.parts
        for _, module, inside in imports(path):
            if module in HEAVY:
                assert deep or inside, f"{path.relative_to(ROOT)} imports {module}"


def test_files_have_at_most_500_lines():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES.values()
    }
    assert {name: n for name, n in lengths.items() if n > 500} == {}


@pytest.mark.parametrize(
    ("statement", "banned"),
    [
        ("import stemstack", {"torch", "librosa", "sklearn", "numpy"}),
        ("import stemstack.commands", {"torch", "librosa", "sklearn", "numpy"}),
        ("from stemstack.stacking import BLENDS", {"sklearn", "numpy"}),
        (
            "from stemstack.commands.main import COMMANDS, cli; "
            "[cli.get_command(None, name) for name in COMMANDS]",
            HEAVY | {"gradio", "matplotlib", "fsspec", "librosa", "sklearn", "numpy", "pandas"},
        ),
        (
            "from stemstack.models import make_lr, save_model; save_model(make_lr(), sys.argv[1])",
            HEAVY,
        ),
        (
            WORKER,
            HEAVY | {"librosa", "pandas", "sklearn", "pyloudnorm", "scipy.signal", "scipy.stats"},
        ),
    ],
)
def test_imports_stay_light(statement, banned, tmp_path):
    code = f"import sys\n{statement}\nprint(*sorted({banned!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
