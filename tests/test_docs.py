"""Documentation: code blocks run, commands and options exist, YAML blocks are valid settings."""

import configparser
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

from stemstack.commands._shared.values import SettingsFile
from stemstack.commands.main import cli
from stemstack.mashups import Settings
from stemstack.runs import Config

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
KAGGLE = ROOT / "examples" / "kaggle"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The code blocks of these pages are complete; other pages also contain excerpts.
RUNNABLE_PAGES = [
    page
    for folder in ("tutorial", "how-to", "explanation", "reference", "contributing")
    for page in sorted(DOCS.glob(f"{folder}/*.md"))
]
PAGES = [ROOT / "README.md", KAGGLE / "README.md", *sorted(DOCS.rglob("*.md"))]
SMALL_OPTIONS = {
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
    """Yield the first line number and the text of each fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        if match[1] == language:
            yield text[: match.start(2)].count("\n"), match[2]


def parametrize_pages(language, pages):
    """Return a mark that parametrizes a test over the pages with blocks in a language."""
    selected = [page for page in pages if any(blocks(page, language))]
    return pytest.mark.parametrize(
        "page", selected, ids=lambda page: page.relative_to(ROOT).as_posix()
    )


def file_stats(folder):
    """Return the size and modification time of each path below a folder."""
    return {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def kaggle(stem_data, tmp_path_factory):
    """Run the notebook in a folder with the layout of Kaggle and a read-only input folder."""
    root = tmp_path_factory.mktemp("kaggle")
    shutil.copytree(stem_data, root / "input" / "competitions" / "messy-mashup")
    (root / "working").mkdir()
    before = file_stats(root / "input")
    for path in before:
        path.chmod(path.stat().st_mode & ~0o222)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("always")
        # Also restores the variables and filters that the script itself sets.
        patch.setattr(os, "environ", os.environ.copy())
        patch.setattr(warnings, "showwarning", warnings.showwarning)
        patch.setenv("KAGGLE_ROOT", str(root))
        for name, value in SMALL_OPTIONS.items():
            patch.setenv(f"STEMSTACK_{name}", value)
        runpy.run_path(str(KAGGLE / "messy_mashup.py"))
    return root, before


@pytest.fixture(scope="module")
def pages_folder(kaggle, stem_data, tmp_path_factory):
    """Create a folder with the directories CLIPS and RUN that the pages use."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(kaggle[0] / "working" / "run", folder / "RUN")
    for path in (stem_data / "genres_stems").glob("*/*.0000[01]/[vo]*.wav"):
        genre, song = path.parts[-3:-1]
        (folder / "CLIPS" / genre).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "CLIPS" / genre / f"{song} {path.stem}.wav")
    return folder


@pytest.fixture
def namespace(pages_folder, stem_data, monkeypatch):
    """Return the variables that the code of the pages assumes."""
    monkeypatch.chdir(pages_folder)
    clips = sorted(Path("CLIPS").glob("*/*.wav"))
    return {
        "clips": clips,
        "genres": np.array([clip.parent.name for clip in clips]),
        "songs": np.array([clip.stem.rsplit(maxsplit=1)[0] for clip in clips]),
        "new_clips": sorted((stem_data / "mashups").glob("*.wav")),
    }


def write_small_net(path):
    """Write an ONNX file with the inputs, outputs and metadata of a network, but no weights."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, float_type = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("GlobalAveragePool", ["pictures"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Concat", ["flat", "flat", "flat"], ["logits"], axis=1),
    ]
    log_mels = helper.make_tensor_value_info("pictures", float_type, ["n", 1, 8, 4])
    logits = helper.make_tensor_value_info("logits", float_type, ["n", 3])
    model = helper.make_model(
        helper.make_graph(nodes, "net", [log_mels], [logits]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    metadata = {"classes": ["a", "b", "c"], "picture": {"n_mels": 8}, "looks": {"width": 4}}
    helper.set_model_props(model, {"stemstack": json.dumps(metadata)})
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, path)


@parametrize_pages("python", RUNNABLE_PAGES)
def test_code_of_page_runs(page, namespace):
    if page.name == "own-models.md":
        # The first block of the page is the content of this file.
        Path("my_models.py").write_text(next(blocks(page, "python"))[1])
    if page.name == "export.md":
        write_small_net(Path("RUN/onnx/effnet-fold0.onnx"))
    for line, code in blocks(page, "python"):
        # A block that starts with a file name is a module that later blocks import.
        if file := re.match(r"# (\w+\.py)\n", code):
            Path(file[1]).write_text(code, encoding="utf-8")
        exec(compile("\n" * line + code, page, "exec"), namespace)


def command_lines(page):
    """Yield each line of a page that runs the program, with its arguments."""
    for _, block in [b for language in ("console", "") for b in blocks(page, language)]:
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            words = words[2:] if words[:2] == ["python", "cli.py"] else words
            if words[:1] == ["stemstack"] or line.startswith("python cli.py"):
                yield line, words[words[0] == "stemstack" :]


def parse_command_line(words):
    """Parse arguments like the program, but without checking that files exist."""
    command, ctx = cli, click.Context(cli)
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(ctx, words)
        ctx = click.Context(command, parent=ctx)
    values, _, _ = command.make_parser(ctx).parse_args([word for word in words if word != "…"])
    for param in command.params:
        if param.name in values and not isinstance(param.type, click.Path | SettingsFile):
            param.type_cast_value(ctx, values[param.name])
    provided = {*values, *(["data"] if "config" in values else [])}
    required = {p.name for p in command.params if p.required and isinstance(p, click.Option)}
    if "…" not in words and not required <= provided:
        raise click.UsageError(f"Missing {', '.join(required - provided)}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_of_page_exist(page):
    for line, words in command_lines(page):
        try:
            parse_command_line(words)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


def test_invalid_command_lines_are_rejected():
    for line in (
        "fit --dat D",
        "fti",
        "mash D --out D --n 0",
        "predict RUN --out F --tta x",
        "tune",
    ):
        with pytest.raises(click.UsageError, match=r"No such|not in the range|not a valid|Missing"):
            parse_command_line(line.split())


def all_options():
    """Yield the option flags of all commands."""
    contexts = [(cli, click.Context(cli))]
    for group, ctx in contexts:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            yield from (opt for p in command.params for opt in [*p.opts, *p.secondary_opts])
            if isinstance(command, click.Group):
                contexts.append((command, click.Context(command, parent=ctx)))


def test_options_mentioned_in_prose_exist():
    mentioned = {
        (page.name, option)
        for page in RUNNABLE_PAGES
        for option in re.findall(r"`(--[a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }
    existing = {"--help", *all_options()}
    assert {(page, option) for page, option in mentioned if option not in existing} == set()


@parametrize_pages("yaml", PAGES)
def test_yaml_of_page_is_valid(page):
    for _, text in blocks(page, "yaml"):
        values = yaml.safe_load(text)
        if "models" in values:
            values = Config("DATA", **values).settings
        Settings.from_dict(values)


def test_every_public_name_has_reference_entry():
    """Classes and functions are covered by ``automodule``, constants by ``py:data``."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    pages = "".join(p.read_text(encoding="utf-8") for p in DOCS.glob("reference/api/*.md"))
    documented = set(re.findall(r"automodule:: (\S+)", pages))
    constants = re.findall(r"py:data:: (\w+)\n   :module: (\S+)", pages)
    documented |= {f"{package}.{name}" for name, package in constants}
    public = set()
    # Names of the root package are re-exported; commands are documented on a separate page.
    for package in set(config["options"]["packages"].split()) - {"stemstack", "stemstack.commands"}:
        module = importlib.import_module(package)
        parent = importlib.import_module(package.rpartition(".")[0])
        reexported = getattr(parent, "__all__", ())
        for name in getattr(module, "__all__", ()):
            if name not in reexported:
                public.add(package if callable(getattr(module, name)) else f"{package}.{name}")
    assert public - documented == set()


def test_notebook_submission_matches_sample(kaggle, stem_data):
    root, _ = kaggle
    sample = pd.read_csv(stem_data / "sample_submission.csv", dtype=str)
    submission = pd.read_csv(root / "working" / "submission.csv", dtype=str)
    assert list(submission.columns) == list(sample.columns)
    assert list(submission["id"]) == list(sample["id"])
    assert set(submission["genre"]) <= {"blues", "jazz & soul", "métal"}


def test_notebook_does_not_modify_input(kaggle):
    root, before = kaggle
    assert file_stats(root / "input") == before
    assert {path.name for path in root.iterdir()} == {"input", "working", "temp"}
    assert (root / "temp" / "stemstack" / "features").is_dir()


def test_notebook_script_has_percent_format():
    jupytext = pytest.importorskip("jupytext", reason="jupytext comes with the 'docs' extra")
    notebook = jupytext.read(KAGGLE / "messy_mashup.py")
    kinds = [cell.cell_type for cell in notebook.cells]
    assert notebook.metadata["jupytext"]["text_representation"]["format_name"] == "percent"
    assert kinds[:3] == ["markdown", "code", "markdown"]
    assert kinds[-1] == "code"


def test_command_reference_names_computed_defaults(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS)
    from command_pages import describe

    text = "\n".join(describe(cli, click.Context(cli, info_name="stemstack")))
    assert "processors and memory available |" in text
    assert "the user's cache folder/stemstack |" in text
    assert re.findall(r"<(function|bound method|object).*", text) == []
