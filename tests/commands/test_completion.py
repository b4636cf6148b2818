"""Shell completion: commands, options, names; without heavy imports."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from stemstack import commands
from stemstack.commands.main import COMMANDS, cli


def complete(*words):
    shell = BashComplete(cli, {}, "stemstack", "_STEMSTACK_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        (["f"], ["features", "fit"]),
        (["fit", "--time"], ["--time-limit"]),
        (["fit", "--models", "l"], ["lr", "lda", "lgbm"]),
        (
            ["fit", "--models", "lr,effnet(epochs=3),h"],
            ["lr,effnet(epochs=3),heuristic", "lr,effnet(epochs=3),handcrafted"],
        ),
        (["fit", "--models", "lr", "--proto"], ["--protocol"]),
        (["fit", "--protocol", "s"], ["shared"]),
        (["stack", "RUN", "--blend", "g"], ["greedy", "geometric"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_commands_options_and_names_complete(words, completions):
    assert complete(*words) == completions


@pytest.mark.parametrize("words", [["predict", "RU"], ["fit", "--data", ""], ["fit", "--out", "x"]])
def test_paths_are_left_to_the_shell(words):
    shell = BashComplete(cli, {}, "stemstack", "_STEMSTACK_COMPLETE")
    (item,) = shell.get_completions(words[:-1], words[-1])
    assert item.type == "file"


def test_completion_imports_nothing_heavy():
    code = (
        "import atexit, sys; from stemstack.commands import main; atexit.register(lambda: print("
        "*{'torch', 'librosa', 'sklearn', 'numpy', 'pandas', 'rich'} & set(sys.modules))); main()"
    )
    variables = {"COMP_WORDS": "stemstack fit --models lr,lg", "COMP_CWORD": "3"}
    environment = {**os.environ, **variables, "_STEMSTACK_COMPLETE": "bash_complete"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,lr,lgbm", ""]


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "compdef"), ("fish", "complete -")]
)
def test_script_of_each_shell_is_printed(shell, word, run_program):
    code, out, _ = run_program("completion", shell)
    assert code == 0
    assert word in out and "_STEMSTACK_COMPLETE" in out


def test_registry_has_a_module_per_command():
    modules = {path.stem for path in Path(commands.__file__).parent.glob("[a-z]*.py")} - {"main"}
    assert {name.replace("-", "_") for name in COMMANDS} == modules


def test_commands_of_a_stage_are_adjacent_in_help():
    lines = cli.get_help(click.Context(cli)).splitlines()
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        "Options:", "Inspect data:", "Prepare training data:", "Train:", "Use a finished run:",
        "Set up the program:",
    ]  # fmt: skip
