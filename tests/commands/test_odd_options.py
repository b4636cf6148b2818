"""Odd values from YAML files, the command line and model names end in one line that names them."""

import inspect
import re

import pytest
import yaml

from stemstack.commands.fit import fit_command
from stemstack.exceptions import UsageError
from stemstack.mashups import Settings
from stemstack.models import check_model_names, model_columns
from stemstack.runs import Config
from stemstack.runs.config import CONSTRAINTS

# As YAML: none of these is a value of any option of `fit` but those listed in VALID.
ODD = {
    "empty": "",
    "empty text": '""',
    "half character": '"\\ud800"',
    "null character": '"a\\0b"',
    "infinity": ".inf",
    "nan": ".nan",
    "list": "[[1, 2], [3]]",
    "mapping": "{a: 1}",
    "date": "2024-02-30",
    "time": "2024-01-01 25:00:00",
    "huge": "9" * 5000,
    "huge hexadecimal": "0x" + "f" * 5000,
    "negative": "-1",
    "boolean": "true",
    "bytes": "!!binary aGVsbG8=",
    "set": "!!set {a, b}",
    "object": "!!python/object/apply:os.getcwd []",
    "bad integer": '!!int ""',
    "bad boolean": "!!bool perhaps",
    "deep": "[" * 300 + "]" * 300,
}
# Options whose type takes the value: text may be anything, and numbers stand for text.
TEXTS = {"data", "models", "stems", "noise", "backbone", "weights", "device"}
VALID = {
    "negative": TEXTS,
    "boolean": {"allow_missing_stems"},
    "infinity": set(),
    "mapping": set(),
    "empty": {"epochs", "hop", "label_separator", "noise", "settings"},
    "empty text": {"settings"},
}
CASES = [
    pytest.param(option, ODD[kind], id=f"{option}-{kind}")
    for option in CONSTRAINTS
    for kind in ODD
    if option not in VALID.get(kind, ())
]


def print_config(run_program, tmp_path, content):
    path = tmp_path / "odd.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run_program("fit", "--config", path, "--print-config")


@pytest.mark.parametrize(("option", "value"), CASES)
def test_odd_value_is_one_line(option, value, tmp_path, run_program):
    given = "" if option == "data" else "data: D\n"
    code, out, err = print_config(run_program, tmp_path, f"{given}{option}: {value}\n")
    assert (code, out) == (2, "")
    # click puts two lines of usage before its own messages.
    *usage, line = err.splitlines()
    assert len(line) < 1500 and (not usage or usage[0].startswith("Usage: stemstack fit")), err
    assert "odd.yaml: " in line or f"--{option.replace('_', '-')}" in line or option in line


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a mapping"),
        (b"folds", "expected a mapping"),
        (b"\xff\xfe\x00\x00f\x00\x00\x00", "is not YAML"),
        ("földs: 5".encode("latin-1"), "is not YAML"),
        ("folds: 5".encode("utf-16-le"), "is not YAML"),
        (b"\x00\x01\x02", "is not YAML"),
        (b"a: [", "is not YAML (while|.*line)"),
        (b"\tfolds: 5", "is not YAML"),
        (b"folds: 2\nseed: 0\nfolds: 3", r"is not YAML \(folds is given twice, line 3\)"),
        (b"settings: {pitch: 0, pitch: 1}", r"is not YAML \(pitch is given twice, line 1\)"),
        (b"json: 7", "json must be true or false"),
        (b"? [a, b]\n: 1", "is not YAML|Unknown option"),
        (b"1: 2", "Unknown option 1"),
        (b"null: 2", "Unknown option None"),
        (b"0x" + b"f" * 1000 + b": 2", "Unknown option 0xf|Unknown option \\d"),
        (b"fold: 2", "did you mean 'folds'"),
        (b"config: {data: [}", "is not YAML"),
        (b"config: [1]", "Unknown option 'config'"),
        (b"trust: a.py", "Unknown option 'trust'"),
        (BOMB.encode(), "more than 200000 values"),
        (b"data: &a [*a]", "more than 30 levels"),
        (b"%YAML 9.9\n---\ndata: D", "is not YAML"),
        (b"a: 1\n---\nb: 2", "is not YAML"),
        (b"data: D\n" * 200_000, "is larger than 1 MB"),
    ],
)
def test_odd_file_is_one_line(content, message, tmp_path, run_program):
    code, out, err = print_config(run_program, tmp_path, content)
    assert (code, out) == (2, "")
    assert re.search(message, err) and len(err.splitlines()) == 1, err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_configuration_is_read_in_unicode(encoding, tmp_path, run_program):
    code, out, err = print_config(run_program, tmp_path, "data: dätä\nfolds: 7\n".encode(encoding))
    assert code == 0, err
    printed = yaml.safe_load(out)
    assert (printed["data"], printed["folds"]) == ("dätä", 7)


def test_option_without_default_may_be_empty(tmp_path, run_program):
    code, out, err = print_config(run_program, tmp_path, "data: D\nepochs: null\nsettings:\n")
    assert code == 0, err
    assert yaml.safe_load(out)["epochs"] is None


ARGUMENTS = {
    "folds": ["1", "1001", "x", "2.5", "nan", "9" * 5000],
    "repeats": ["0", "-1", "1e3"],
    "mashups-per-genre": ["0", "10000001"],
    "seed": ["-1", str(2**32)],
    "epochs": ["0", "100001"],
    "jobs": ["0", "1025", "inf"],
    "time-limit": ["0", "-5", "nan", "1:2:3:4", "9" * 400 + "h", "99999h"],
    "protocol": ["", "Disjoint "],
    "models": ["", ",", "lr,,lr"],
    "data": [""],
    "backbone": ["", " "],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in ARGUMENTS.items() for value in values]
)
def test_odd_argument_is_one_line(name, value, run_program):
    code, _, err = run_program("fit", "--data", "D", "--out", "R", "--dry-run", f"--{name}", value)
    assert code == 2
    assert name in err or name.replace("-", "_") in err or "model" in err
    assert "Traceback" not in err and len(err.splitlines()[-1]) < 1000


@pytest.mark.parametrize(
    "name",
    [
        "lr(seeds=1e8)", "lr(seeds=100000000)", "lr(seeds=0)", "lr(seeds=true)", "lr(seeds=.nan)",
        "lr(seeds=)", "lr(C=)", "lr(C=[1])", "lr(C={a: 1})", "lr(C=.nan)", "lr(C=-1)", "lr(C=x)",
        "lr(C=2024-02-30)", "lr(max_iter=1000000000)", "lr(max_iter=1.5)",
        "lr(C=" + "9" * 5000 + ")",
        "lr(C=" + "9" * 400 + ")", "lr(C=" + "[" * 300 + "]" * 300 + ")", "lr(class_weight=1)",
        "lr(C=!!python/name:os.system )", "lr(C=&a [*a])", "lr(=1)", "lr(C=1,C=2)", "lr(C=1", "lr)",
        "lr(families=nothing)", "lr(families=1)", "lr(families={a: b})", "lr(sr=0)", "lr(sr=true)",
        "lgbm(n_estimators=1000000000)", "lgbm(n_estimators=-1)", "lgbm(num_leaves=1)",
        "lgbm(num_leaves=9999999)", "lgbm(max_bin=1000000000)", "lgbm(learning_rate=.nan)",
        "lgbm(learning_rate=x)", "lgbm(boosting_type=nothing)", "effnet(epochs=1000000000)",
        "effnet(epochs=true)", "effnet(mixup=.nan)", "effnet(backbone=[a])",
        "", " ", "(", "é", "stack",
        "lr" * 10_000, "lr(x=1)", "\0", "lr\n(C=1)x",
    ],
    ids=lambda name: repr(name)[:30],
)  # fmt: skip
def test_odd_model_is_one_line(name):
    with pytest.raises(UsageError) as caught:
        check_model_names([name])
    assert len(str(caught.value).splitlines()) == 1 and len(str(caught.value)) < 1500


def test_long_model_names_are_cut():
    long = [f"lr(C={'1' * 300}.{i})" for i in range(2)]
    columns = model_columns(["lr(C=0.1)", *long])
    assert columns[0] == "lr-C-0.1"
    assert len(set(columns)) == 3
    assert all(len(column.encode()) <= 200 for column in columns)


SETTING_VALUES = [
    "", '""', ".inf", ".nan", "-.inf", "[[1]]", "{a: 1}", "2024-02-30", "9" * 5000, "1" * 400,
    "[1]", "[.nan, 1]", "[1, 0]", "!!binary aGk=", "[1e300, 1e300]",
]  # fmt: skip
# Values that some settings take.
FINE = {
    ("rate_range", ""), ("gain_db", "[1, 0]"), ("reverb_folder", ""),
    ("reverb_folder", "2024-02-30"),
}  # fmt: skip


@pytest.mark.parametrize("setting", list(inspect.signature(Settings).parameters))
def test_odd_settings_are_one_line(setting, tmp_path):
    path = tmp_path / "settings.yaml"
    for value in SETTING_VALUES:
        path.write_text(f"{setting}: {value}\n")
        if (setting, value) in FINE:
            continue
        with pytest.raises(UsageError) as caught:
            Settings.from_yaml(path)
        message = str(caught.value)
        assert "settings.yaml" in message and len(message.splitlines()) == 1
        assert len(message) < 600


def test_every_option_has_a_constraint():
    assert set(CONSTRAINTS) == set(inspect.signature(Config).parameters)
    options = {param.name for param in fit_command.params}
    assert set(CONSTRAINTS) <= options


@pytest.mark.parametrize("number", [0, 1, 7.5])
def test_number_as_path_is_a_name(number, tmp_path, run_program):
    # click would take it for a file that is open, here stdin or stdout.
    code, out, err = print_config(run_program, tmp_path, f"data: {number}\n")
    assert code == 0, err
    assert yaml.safe_load(out)["data"] == str(number)


def test_tilde_is_the_home_of_the_user(tmp_path, run_program, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "fit.yaml").write_text("data: ~/DATA\n")
    code, out, err = run_program("fit", "--config", "~/fit.yaml", "--print-config")
    assert code == 0 and yaml.safe_load(out)["data"] == str(tmp_path / "DATA"), err


@pytest.mark.parametrize("option", ["match", "noise", "self_training", "window"])
def test_off_needs_no_quotes(option, tmp_path, run_program):
    """YAML reads ``off`` as false."""
    code, out, err = print_config(run_program, tmp_path, f"data: DATA\n{option}: off\n")
    assert code == 0, err
    assert yaml.safe_load(out)[option] == "off"


def test_variable_that_sets_no_option_is_named(run_program, monkeypatch):
    monkeypatch.setenv("STEMSTACK_MASHUPS_PER_CLASS", "40")
    monkeypatch.setenv("STEMSTACK_HTTP_X", "1")
    _, _, err = run_program("fit", "--data", "DATA", "--print-config")
    assert err == (
        "warning: the environment variable STEMSTACK_HTTP_X sets no option\n"
        "warning: the environment variable STEMSTACK_MASHUPS_PER_CLASS sets no option; did you "
        "mean STEMSTACK_MASHUPS_PER_GENRE?\n"
    )


@pytest.mark.parametrize("name", ["SEED", "CACHE", "MAX_SAMPLES", "MAX_DATA_GB", "ON", "HOST"])
def test_variable_of_any_command_is_accepted(name, run_program, monkeypatch):
    monkeypatch.setenv(f"STEMSTACK_{name}", "7")
    assert run_program("fit", "--data", "DATA", "--print-config")[2] == ""
