"""Damaged YAML: options of `fit`, a run's configuration and mashup settings."""

import contextlib
import io

import click
import numpy as np
import pytest
import yaml
from helpers.fuzzing import fuzz
from helpers.mashups import make_source, noise, small_settings, songs, source_store  # noqa: F401
from helpers.mutations import damaged_bytes, damaged_document

from stemstack.commands.fit import fit_command
from stemstack.exceptions import UsageError
from stemstack.mashups import Mashup, Settings, sample_recipes
from stemstack.runs import Config, Run

TOKENS = (
    *(b"&a ", b"*a", b"- ", b"? ", b": ", b"[", b"]", b"{", b"}", b"!!", b"!!binary ", b"!!set "),
    *(b"!!python/object/apply:os.getcwd []", b"!!timestamp 2024-02-30", b"!!int ''", b"!!bool x"),
    *(
        b"!!float x",
        b"<<: *a",
        b".inf",
        b".nan",
        b"1e400",
        b"9" * 5000,
        b"0x" + b"f" * 5000,
        b"null",
    ),
    *(
        b"%YAML 9.9\n",
        b"---\n",
        b"...\n",
        b"\t",
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"'",
        b'"',
        b"|\n",
        b">\n",
    ),
    *(
        b"[" * 300,
        b"190:20:30",
        b"2024-01-01 25:00:00",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"~",
        b"yes",
        b"=",
    ),
)
OPTIONS = {
    "data": "D",
    "models": ["lr(C=0.1)", "lgbm"],
    "folds": 3,
    "repeats": 1,
    "seed": 7,
    "mashups_per_genre": 20,
    "stems": ["drums", "bass"],
    "protocol": "disjoint",
    "epochs": None,
    "jobs": 2,
    "time_limit": "9h",
    "settings": {"gain": [0.4, 1.0], "durations": [[1.0, 2.0, 3.0]]},
}


def as_yaml(document):
    """Return YAML in block and flow style; values that YAML cannot hold as text."""
    try:
        return yaml.safe_dump(document, sort_keys=False).encode("utf-8", "surrogatepass")
    except yaml.YAMLError:
        return repr(document).encode("utf-8", "surrogatepass")


@pytest.fixture
def check_options(tmp_path):
    path = tmp_path / "options.yaml"

    def check(content):
        path.write_bytes(content)
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")) as out:
            try:
                arguments = ["--config", str(path), "--print-config"]
                fit_command.main(arguments, "fit", standalone_mode=False)
            except click.ClickException as error:
                raise UsageError(error.format_message()) from error
        printed = yaml.safe_load(out.buffer.getvalue())
        assert printed.pop("match") in ("off", "read", "quick", "full")
        config = Config(**printed)
        assert yaml.safe_load(config.to_yaml()) == printed

    return check


def test_damaged_options(check_options):
    files = [as_yaml(OPTIONS), yaml.safe_dump(OPTIONS, default_flow_style=True).encode("utf-16")]
    inputs = damaged_bytes(files, TOKENS) | damaged_document(OPTIONS).map(as_yaml)
    fuzz(check_options, files[0], inputs, 50)


def test_damaged_configuration_of_run(tmp_path):
    run = Run(tmp_path)
    Config("D", models=["lr", "lgbm(n_estimators=3)"]).write(
        run.config_path, {"lr": {}, "lgbm-n_estimators-3": {"x": 1}}, {"dropped": ["cnn"]}
    )

    def check(content):
        run.config_path.write_bytes(content)
        config, names = run.config, run.model_names
        assert len(names) == len(config.models)
        assert isinstance(run.resolved, dict) and run.made_by in (None, "stack", "pseudo-label")
        assert isinstance(run.planned, dict)
        config.write(tmp_path / "again.yaml", run.resolved, run.planned)
        assert Config.read(tmp_path / "again.yaml") == config

    content = run.config_path.read_bytes()
    documents = damaged_document(yaml.safe_load(content)).map(as_yaml)
    fuzz(check, content, damaged_bytes([content], TOKENS) | documents, 30)


@pytest.fixture
def check_settings(songs, noise, source_store, tmp_path):  # noqa: F811
    """Return a function that reads settings, samples recipes from them and renders one."""
    path = tmp_path / "settings.yaml"

    def check(content):
        path.write_bytes(content)
        settings = Settings.from_yaml(path)
        settings.to_yaml(tmp_path / "again.yaml")
        assert Settings.from_yaml(tmp_path / "again.yaml") == settings
        # As in `fit`: the stems are those of the data.
        settings = Settings.from_dict({**settings.to_dict(), "stems": ["drums", "bass"]})
        options = {"per_class": 1, "seed": 0}
        recipe = sample_recipes(songs, noise, source_store, settings, **options)[0]
        clip = Mashup.from_recipe(recipe, source_store).to_int16()
        assert clip.dtype == np.int16 and clip.shape == (recipe.length,)

    return check


def test_damaged_settings(check_settings):
    wide = Settings(mixture="wide").to_dict()
    wide |= {"stems": ["drums", "bass"], "durations": [[1.0, 0.5, 1.0]]}
    plain = Settings(stems=("drums", "bass"), durations=((1.0, 0.5, 1.0),)).to_dict()
    # Stems as impulse responses, of which there are two for two folds.
    wide |= {"noise_snr_level": "active", "reverb_folder": "s0"}
    files = [as_yaml(plain), as_yaml(wide)]
    documents = damaged_document(plain) | damaged_document(wide)
    fuzz(check_settings, files[0], damaged_bytes(files, TOKENS) | documents.map(as_yaml), 12)
