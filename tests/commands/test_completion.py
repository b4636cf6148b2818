"""What a shell completes, and that it need not wait for it."""

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from stemstack.commands.main import COMMANDS, STAGES, cli


def complete(*words):
    shell = BashComplete(cli, {}, "stemstack", "_STEMSTACK_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["f"], ["features", "fit"]),
        (["fit", "--time"], ["--time-limit"]),
        (["fit", "--models", "l"], ["lr", "lgbm"]),
        (["fit", "--models", "lr,effnet(epochs=3),h"], ["lr,effnet(epochs=3),heuristic"]),
        (["fit", "--models", "lr", "--proto"], ["--protocol"]),
        (["fit", "--protocol", "s"], ["shared"]),
        (["stack", "RUN", "--blend", "g"], ["greedy", "geometric"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_commands_options_and_names_complete(words, found):
    assert complete(*words) == found


@pytest.mark.parametrize("words", [["predict", "RU"], ["fit", "--data", ""], ["fit", "--out", "x"]])
def test_paths_are_left_to_the_shell(words):
    shell = BashComplete(cli, {}, "stemstack", "_STEMSTACK_COMPLETE")
    (item,) = shell.get_completions(words[:-1], words[-1])
    assert item.type == "file"


def test_completing_imports_nothing_heavy():
    code = (
        "import atexit, sys; from stemstack.commands import main; atexit.register(lambda: print("
        "*{'torch', 'librosa', 'sklearn', 'numpy', 'pandas', 'rich'} & set(sys.modules))); main()"
    )
    asked = {"COMP_WORDS": "stemstack fit --models lr,lg", "COMP_CWORD": "3"}
    environment = {**os.environ, **asked, "_STEMSTACK_COMPLETE": "bash_complete"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,lr,lgbm", ""]


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "compdef"), ("fish", "complete -")]
)
def test_the_script_of_each_shell_is_printed(shell, word, run_program):
    code, out, _ = run_program("completion", shell)
    assert code == 0
    assert word in out and "_STEMSTACK_COMPLETE" in out


def test_every_command_is_listed_in_one_stage():
    staged = [name for names in STAGES.values() for name in names]
    assert len(staged) == len(set(staged)) and set(staged) <= set(COMMANDS)
