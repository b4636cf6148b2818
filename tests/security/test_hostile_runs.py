"""Hostile and damaged runs: no code, no connection, no file outside, and one line of error."""

import os
import shutil

import pytest
from helpers.attacks import ATTACKS
from helpers.model_attacks import MODEL_ATTACKS

COMMANDS = {
    "predict": ["predict", "{run}", "{clip}", "--out", "{out}/a.csv"],
    "evaluate": ["evaluate", "{run}", "--answers", "{answers}", "--decode"],
    "report": ["report", "{run}", "--out", "{out}/r.html", "--no-audio"],
    "serve": ["serve", "{run}", "--no-browser"],
    "export": ["export", "{run}", "--onnx", "--out", "{out}/onnx"],
    "stack": ["stack", "{run}", "--blend", "mean", "--out", "{out}/STACK"],
    "merge": ["ledger", "merge", "{run}", "--out", "{out}/MERGED"],
    "fit": ["fit", "--config", "{run}/config.yaml", "--out", "{out}/FIT"],
}


@pytest.fixture
def places(small_run, tmp_path, monkeypatch):
    """Folders of an attack: a copy of the run, outputs, and files that nothing may touch."""
    outside = tmp_path / "outside"
    (outside / "secret").mkdir(parents=True)
    (outside / "secret.txt").write_text("secret")
    work = tmp_path / "work"
    (work / "out").mkdir(parents=True)
    answers = work / "answers.csv"
    answers.write_text("id,label\n" + "".join(f"{i},{y}\n" for i, y in enumerate(small_run.labels)))
    for name in ("HOME", "STEMSTACK_CACHE"):
        monkeypatch.setenv(name, str(outside / "secret" if name == "HOME" else work / "cache"))
    monkeypatch.setenv("STEMSTACK_JOBS", "1")
    monkeypatch.chdir(work)
    run = shutil.copytree(small_run.path, work / "RUN")
    return {"run": run, "out": work / "out", "clip": small_run.clip, "answers": answers}, outside


def relevant_commands(attack):
    """Return the commands that read what an attack changes; all take minutes for all attacks."""
    if "STEMSTACK_ALL_COMMANDS" in os.environ:
        return list(COMMANDS)
    if attack in MODEL_ATTACKS:
        return ["serve", "export"] if attack.startswith("net") else ["serve"]
    if attack.startswith(("data", "config", "recipes", "submission")):
        return ["evaluate", "report", "serve", "merge", "fit"]
    return ["evaluate", "report", "serve", "export", "stack", "merge", "fit"]


def run_all(places, outside, watch, run_quietly, commands=tuple(COMMANDS)):
    """Run commands, and return exit codes and messages by command."""
    results = {}
    for command in commands:
        filled = [argument.format(**places) for argument in COMMANDS[command]]
        readable, writable = [places["clip"]], [places["out"].parent]
        with watch.allow(readable=readable, writable=writable) as violations:
            code, err = run_quietly(*filled, *([] if command == "fit" else ["--quiet"]))
        assert violations == [], command
        assert "Traceback" not in err, command
        assert code in (0, 1, 2), command
        assert code == 0 or err.splitlines()[-1].startswith(("error: ", "Error: ")), command
        results[command] = code, err
    assert sorted(path.name for path in outside.rglob("*")) == ["secret", "secret.txt"]
    return results


def test_unchanged_run_passes_all_commands(places, watch, run_quietly):
    results = run_all(*places, watch, run_quietly)
    refused = {command: err for command, (code, err) in results.items() if code}
    # The data set that the configuration names does not exist.
    assert list(refused) == ["fit"], refused


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_touches_nothing_outside(attack, places, watch, run_quietly):
    ATTACKS[attack](places[0]["run"], places[1])
    results = run_all(*places, watch, run_quietly, relevant_commands(attack))
    if results["serve"][0] == 0 and attack in MODEL_ATTACKS:
        # Models that load predict, too, or are refused in one line.
        run_all(*places, watch, run_quietly, ["predict"])
