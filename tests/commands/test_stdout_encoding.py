"""Output to pipes whose encoding is not UTF-8, as on Windows and in the C locale."""

import os
import subprocess
import sys

import pytest

ENCODINGS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
ARROW_AND_E = "jazz\N{RIGHTWARDS ARROW}caf\N{LATIN SMALL LETTER E WITH ACUTE}"


def run(code, encoding, *args):
    """Run the command line in a process whose streams have an encoding."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    environment |= ENCODINGS[encoding]
    if encoding == "ascii":
        environment.pop("PYTHONIOENCODING", None)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], env=environment, capture_output=True
    )


COMMAND = "import sys; from stemstack.commands.main import main; sys.exit(main())"
# The text is written in ASCII, so that any locale can pass it to the process.
PRINT = f"""
from stemstack.commands._shared import terminal
terminal.replace_unencodable()
terminal.echo_line({ARROW_AND_E!a})
terminal.echo_data({ARROW_AND_E!a})
"""


def test_doctor_writes_its_report_in_cp1252(stem_data, tmp_path):
    done = run(COMMAND, "cp1252", "doctor", stem_data, "--folds", "2", "--cache", tmp_path)
    report = done.stdout.decode("cp1252")
    assert b"Traceback" not in done.stderr
    assert "errors: 0" in " ".join(report.split())


def test_locale_is_blamed_for_names_it_cannot_read(stem_data, tmp_path):
    done = run(COMMAND, "ascii", "doctor", stem_data, "--folds", "2", "--cache", tmp_path)
    assert done.returncode == 1
    assert b"set PYTHONUTF8=1, since names are read as ascii in this locale" in done.stderr


@pytest.mark.parametrize(
    ("encoding", "line"), [("cp1252", "jazz->caf\xe9"), ("ascii", ARROW_AND_E)]
)
def test_messages_and_data_survive(encoding, line):
    done = run(PRINT, encoding)
    assert done.returncode == 0
    # The message has what the encoding lacks as ASCII; data are exact, in UTF-8.
    # click takes an ASCII terminal for a wrong setting, and writes UTF-8.
    message, *warnings = done.stderr.decode(
        "cp1252" if encoding == "cp1252" else "utf-8"
    ).splitlines()
    assert message == line
    assert [w for w in warnings if "the output is in UTF-8" in w] == warnings
    assert done.stdout.decode("utf-8").splitlines() == [ARROW_AND_E]


@pytest.mark.skipif(os.name == "nt", reason="streams are closed by a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_closed_streams_are_no_failure(closed, stem_data, tmp_path):
    program = f'"{sys.executable}" -c "{COMMAND}"'
    features = f'{program} features "{stem_data}" --families rms --jobs 2 --out "{tmp_path}/f.csv"'
    command = f'{features} --cache "{tmp_path}/cache" {closed}'
    done = subprocess.run(["sh", "-c", command], capture_output=True)
    assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
    assert (tmp_path / "f.csv").exists()
