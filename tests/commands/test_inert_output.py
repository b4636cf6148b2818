"""Names of files, classes and models cannot control the terminal that a command prints on."""

import ast
import io
import json
import logging
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.hostile import ESCAPES, FORBIDDEN
from rich.table import Table

import stemstack
from stemstack.commands import main
from stemstack.commands._shared import terminal
from stemstack.commands._shared.progress import PlainConsole, RichProgress, plain
from stemstack.exceptions import DataError

COMMANDS = Path(stemstack.__file__).parent / "commands"
# File names that every POSIX file system stores.
EVIL = ["\x1b[31mred\x1b[0m.wav", "line\nerror: forged.wav", "\u202e.wav", "\x9b2J.wav"]


def assert_inert(text):
    assert re.findall(FORBIDDEN, text) == []
    assert not any(line.startswith("error: forged") for line in text.splitlines())


def test_commands_print_through_one_module():
    for path in COMMANDS.rglob("*.py"):
        if path.name in ("terminal.py", "completion.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
            assert name not in ("print", "Console", "click.secho"), f"{path}: {node.lineno}"
            assert name != "click.echo" or literal, f"{path}: {node.lineno}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses such names")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_doctor_shows_escapes(write_files, run_program, tmp_path, options):
    names = [f"{label}\x1b[2J/{i}{name}" for i, name in enumerate(EVIL) for label in "ab"]
    write_files(tmp_path / "DATA", names)
    (tmp_path / "DATA" / names[0]).write_bytes(b"not audio")
    code, out, err = run_program("doctor", tmp_path / "DATA", "--folds", "2", *options)
    assert code == 1
    assert_inert(out + err)
    if options:
        assert "a\x1b[2J/0\x1b[31mred" in json.dumps(json.loads(out)).encode().decode(
            "unicode_escape"
        )
    else:
        assert "\\x1b[31mred" in out


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize(
    "arguments", [["doctor"], ["report"], ["features", "--out", "o.csv", "--quiet"], []]
)
def test_errors_are_one_line(name, arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*arguments, f"gone/{name}"]) in (1, 2)
    out, err = capsys.readouterr()
    assert_inert(out + err)
    assert "\\" in err


def test_skipped_files_are_one_line_each(capsys):
    error = DataError("2 clips were left out:", [f"{name}: is empty" for name in ESCAPES])
    terminal.echo_error(error)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + len(ESCAPES)
    assert all(line.startswith("  ") and line.endswith(": is empty") for line in lines[1:])
    assert_inert("\n".join(lines))


@pytest.mark.parametrize("terminal_width", [True, False])
def test_progress_and_tables_show_escapes(terminal_width):
    stream = io.StringIO()
    console = PlainConsole(file=stream, width=100, force_terminal=terminal_width, no_color=True)
    progress = RichProgress(console)
    for name in ESCAPES:
        table = Table(name)
        table.add_row(name, style="bold")
        table.add_row(plain(name))
        with progress.stage(name, total=1) as advance:
            advance()
        for message in (name, table):
            progress.log(message)
    # rich's own control sequences aside.
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", stream.getvalue()).replace("\x1b", "ESC")
    assert_inert(text)
    assert "ESC" not in text and "\x1b[31m" not in stream.getvalue()


def test_log_messages_and_warnings_are_one_line(capsys):
    record = logging.LogRecord("stemstack", 20, "", 0, "from %s", ("a\nb\x1b",), None)
    assert terminal.LineFormatter().format(record) == "from a\\nb\\x1b"


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, "a\\x1b,1\n"), (False, "a\x1b,1\n")])
def test_data_are_exact_in_a_pipe(is_terminal, shown, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    terminal.echo_data("a\x1b,1\n", nl=False)
    assert capsys.readouterr().out == shown


def test_output_of_libraries_is_escaped():
    stream = io.StringIO()
    print("a\x1b[31m\tb", file=terminal.PlainStream(stream), flush=True)
    assert stream.getvalue() == "a\\x1b[31m\tb\n"


@pytest.fixture
def write_files():
    """Write short tones under given names."""
    import soundfile

    def write(root, names):
        tone = 0.3 * np.sin(np.arange(22050) / 7)
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            with open(root / name, "wb") as file:
                soundfile.write(file, tone, 22050, format="WAV")

    return write
