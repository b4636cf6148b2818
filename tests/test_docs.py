"""The pages hold: their code runs, their commands exist, their settings are settings."""

import configparser
import doctest
import importlib
import json
import os
import re
import runpy
import shlex
import shutil
import warnings
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
import yaml

from stemstack.commands._shared.options import SettingsFile
from stemstack.commands.main import cli
from stemstack.mashups import Settings
from stemstack.runs import Config

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
KAGGLE = ROOT / "examples" / "kaggle"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Written to be run as they are; the others quote code, too.
RUNNING = [
    page
    for folder in ("tutorial", "how-to", "explanation", "reference", "contributing")
    for page in sorted(DOCS.glob(f"{folder}/*.md"))
]
PAGES = [ROOT / "README.md", KAGGLE / "README.md", *sorted(DOCS.rglob("*.md"))]
SMALL = {
    "MODELS": "lr(families=mfcc)",
    "MASHUPS_PER_GENRE": "6",
    "FOLDS": "2",
    "FAMILIES": "mfcc",
    "N": "6",
    "PERMUTATIONS": "9",
    "JOBS": "1",
    "QUIET": "1",
}


def blocks(page, language):
    """Give the fenced blocks of a page: (line they begin in, text)."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        if match[1] == language:
            yield text[: match.start(2)].count("\n"), match[2]


def pages_with(language, pages):
    found = [page for page in pages if any(blocks(page, language))]
    return pytest.mark.parametrize(
        "page", found, ids=lambda page: page.relative_to(ROOT).as_posix()
    )


def listing(folder):
    """What a folder holds, and when it was written."""
    return {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def kaggle(stem_data, tmp_path_factory):
    """The notebook run as a script in a folder laid out as Kaggle's, whose input is read-only."""
    root = tmp_path_factory.mktemp("kaggle")
    shutil.copytree(stem_data, root / "input" / "competitions" / "messy-mashup")
    (root / "working").mkdir()
    before = listing(root / "input")
    for path in before:
        path.chmod(path.stat().st_mode & ~0o222)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("always")
        # Undone at the end, as is what the script itself sets.
        patch.setattr(os, "environ", os.environ.copy())
        patch.setattr(warnings, "showwarning", warnings.showwarning)
        patch.setenv("KAGGLE_ROOT", str(root))
        for name, value in SMALL.items():
            patch.setenv(f"STEMSTACK_{name}", value)
        runpy.run_path(str(KAGGLE / "messy_mashup.py"))
    return root, before


@pytest.fixture(scope="module")
def workplace(kaggle, stem_data, tmp_path_factory):
    """A folder with the CLIPS and the RUN that pages speak of."""
    place = tmp_path_factory.mktemp("pages")
    shutil.copytree(kaggle[0] / "working" / "run", place / "RUN")
    for path in (stem_data / "genres_stems").glob("*/*.0000[01]/[vo]*.wav"):
        genre, song = path.parts[-3:-1]
        (place / "CLIPS" / genre).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / "CLIPS" / genre / f"{song} {path.stem}.wav")
    return place


@pytest.fixture
def namespace(workplace, stem_data, monkeypatch):
    """The names that pages take as given."""
    monkeypatch.chdir(workplace)
    clips = sorted(Path("CLIPS").glob("*/*.wav"))
    return {
        "clips": clips,
        "genres": np.array([clip.parent.name for clip in clips]),
        "songs": np.array([clip.stem.rsplit(maxsplit=1)[0] for clip in clips]),
        "new_clips": sorted((stem_data / "mashups").glob("*.wav")),
    }


def write_small_net(path):
    """An ONNX file with the inputs, outputs and metadata of an exported net, and hardly a net."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    make, floats = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        make.make_node("GlobalAveragePool", ["pictures"], ["means"]),
        make.make_node("Flatten", ["means"], ["flat"]),
        make.make_node("Concat", ["flat", "flat", "flat"], ["logits"], axis=1),
    ]
    log_mels = make.make_tensor_value_info("pictures", floats, ["n", 1, 8, 4])
    logits = make.make_tensor_value_info("logits", floats, ["n", 3])
    model = make.make_model(
        make.make_graph(nodes, "net", [log_mels], [logits]),
        opset_imports=[make.make_opsetid("", 18)],
        ir_version=10,
    )
    facts = {"classes": ["a", "b", "c"], "picture": {"n_mels": 8}, "looks": {"width": 4}}
    make.set_model_props(model, {"stemstack": json.dumps(facts)})
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, path)


@pages_with("python", RUNNING)
def test_the_code_of_a_page_runs(page, namespace):
    if page.name == "own-models.md":
        # The first block of the page is this file.
        Path("my_models.py").write_text(next(blocks(page, "python"))[1])
    if page.name == "export.md":
        write_small_net(Path("RUN/onnx/effnet-fold0.onnx"))
    for line, code in blocks(page, "python"):
        # A block that starts with the name of a file is imported by later ones.
        if file := re.match(r"# (\w+\.py)\n", code):
            Path(file[1]).write_text(code, encoding="utf-8")
        exec(compile("\n" * line + code, page, "exec"), namespace)


def command_lines(page):
    """The calls of the program in a page, as words."""
    for _, block in [b for language in ("console", "") for b in blocks(page, language)]:
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            words = words[2:] if words[:2] == ["python", "cli.py"] else words
            if words[:1] == ["stemstack"] or line.startswith("python cli.py"):
                yield line, words[words[0] == "stemstack" :]


def check_command_line(words):
    """Parse words as the program would, but for files, which are not there."""
    command, ctx = cli, click.Context(cli)
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(ctx, words)
        ctx = click.Context(command, parent=ctx)
    values, _, _ = command.make_parser(ctx).parse_args([word for word in words if word != "…"])
    for param in command.params:
        if param.name in values and not isinstance(param.type, click.Path | SettingsFile):
            param.type_cast_value(ctx, values[param.name])
    given = {*values, *(["data"] if "config" in values else [])}
    needed = {p.name for p in command.params if p.required and isinstance(p, click.Option)}
    if "…" not in words and not needed <= given:
        raise click.UsageError(f"Missing {', '.join(needed - given)}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_exist(page):
    for line, words in command_lines(page):
        try:
            check_command_line(words)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


def test_a_command_that_does_not_exist_is_found():
    for line in (
        "fit --dat D",
        "fti",
        "mash D --out D --n 0",
        "predict RUN --out F --tta x",
        "tune",
    ):
        with pytest.raises(click.UsageError, match=r"No such|not in the range|not a valid|Missing"):
            check_command_line(line.split())


def all_options():
    contexts = [(cli, click.Context(cli))]
    for group, ctx in contexts:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            yield from (opt for p in command.params for opt in [*p.opts, *p.secondary_opts])
            if isinstance(command, click.Group):
                contexts.append((command, click.Context(command, parent=ctx)))


def test_options_mentioned_in_prose_exist():
    named = {
        (page.name, option)
        for page in RUNNING
        for option in re.findall(r"`(--[a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }
    existing = {"--help", *all_options()}
    assert {(page, option) for page, option in named if option not in existing} == set()


@pages_with("yaml", PAGES)
def test_yaml_of_a_page_is_valid(page):
    for _, text in blocks(page, "yaml"):
        values = yaml.safe_load(text)
        if "models" in values:
            values = Config("DATA", **values).settings
        Settings.from_dict(values)


def test_every_public_name_is_in_the_reference():
    """Classes and functions come with their room's ``automodule``, constants by themselves."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    pages = "".join(p.read_text(encoding="utf-8") for p in DOCS.glob("reference/api/*.md"))
    described = set(re.findall(r"automodule:: (\S+)", pages))
    constants = re.findall(r"py:data:: (\w+)\n   :module: (\S+)", pages)
    described |= {f"{room}.{name}" for name, room in constants}
    public = set()
    # The package itself lends names of its rooms; commands have a page of their own kind.
    for room in set(config["options"]["packages"].split()) - {"stemstack", "stemstack.commands"}:
        module = importlib.import_module(room)
        lent = getattr(importlib.import_module(room.rpartition(".")[0]), "__all__", ())
        for name in getattr(module, "__all__", ()):
            if name not in lent:
                public.add(room if callable(getattr(module, name)) else f"{room}.{name}")
    assert public - described == set()


@pytest.mark.parametrize(
    "module",
    [
        "audio.clips",
        "audio.levels",
        "audio.loudness",
        "audio.reading",
        "commands._shared.progress",
        "datasets.dataset",
        "datasets.demo.composer",
        "datasets.demo.noise_folder",
        "datasets.demo.score",
        "datasets.doctor.check_dataset",
        "datasets.doctor.finding",
        "datasets.doctor.signal_checks",
        "datasets.files",
        "datasets.layouts",
        "datasets.layouts.stems",
        "datasets.remote",
        "exceptions",
        "features.columns",
        "features.descriptors.family",
        "features.descriptors.mel",
        "features.extraction",
        "features.extractor",
        "features.selection",
        "features.store",
        "features.transformer",
        "mashups.settings",
        "models.baseline",
        "models.factory",
        "models.importance",
        "models.inspection",
        "models.linear",
        "models.model_name",
        "models.networks",
        "models.own_code",
        "models.persistence",
        "models.registry",
        "models.seed_ensemble",
        "models.trees",
        "stacking.base_models",
        "stacking.blending.base",
        "stacking.blending.comparison",
        "stacking.blending.greedy",
        "stacking.blending.mean",
        "stacking.blending.nonnegative",
        "stacking.calibration.adjuster",
        "stacking.calibration.priors",
        "stacking.calibration.temperature",
        "stacking.calibration.thresholds",
        "stacking.folds",
        "stacking.leakage",
        "stacking.meta_model",
        "stacking.metrics",
        "stacking.out_of_fold",
        "stacking.pseudo_labels",
        "stacking.stacker",
        "utils.formatting",
        "utils.hashing",
        "utils.lazy_import",
        "utils.parallel",
        "utils.progress",
        "utils.resources",
    ],
)
def test_the_examples_of_docstrings_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(
        importlib.import_module(f"stemstack.{module}"),
        extraglobs={"np": np},
        optionflags=doctest.NORMALIZE_WHITESPACE,
    )
    assert found.attempted > 0
    assert found.failed == 0


def test_the_notebook_writes_what_the_sample_asks_for(kaggle, stem_data):
    root, _ = kaggle
    sample = pd.read_csv(stem_data / "sample_submission.csv", dtype=str)
    answer = pd.read_csv(root / "working" / "submission.csv", dtype=str)
    assert list(answer.columns) == list(sample.columns)
    assert list(answer["id"]) == list(sample["id"])
    assert set(answer["genre"]) <= {"blues", "jazz & soul", "métal"}


def test_the_notebook_leaves_its_input_alone(kaggle):
    root, before = kaggle
    assert listing(root / "input") == before
    assert {path.name for path in root.iterdir()} == {"input", "working", "temp"}
    assert (root / "temp" / "stemstack" / "features").is_dir()


def test_the_notebook_is_one():
    jupytext = pytest.importorskip("jupytext", reason="jupytext comes with the 'docs' extra")
    notebook = jupytext.read(KAGGLE / "messy_mashup.py")
    kinds = [cell.cell_type for cell in notebook.cells]
    assert notebook.metadata["jupytext"]["text_representation"]["format_name"] == "percent"
    assert kinds[:3] == ["markdown", "code", "markdown"]
    assert kinds[-1] == "code"
