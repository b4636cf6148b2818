"""fit --resume after the data or the models changed."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from stemstack.exceptions import UsageError
from stemstack.models import EffNetClassifier
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.runs.fitting import job

MODEL = "lr(families=rms)"
NAME = "lr-families-rms"


@pytest.fixture
def excerpts(stem_data, tmp_path):
    """A manifest of two stems of each song as clips."""
    root, rows = tmp_path / "DATA", []
    for song in sorted((stem_data / "genres_stems").glob("*/*")):
        for stem in ("vocals", "other"):
            target = root / f"{song.name}-{stem}.wav"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(song / f"{stem}.wav", target)
            rows.append({"path": target.name, "label": song.parent.name, "group": song.name})
    pd.DataFrame(rows).to_csv(root / "all.csv", index=False)
    return root / "all.csv"


def test_renamed_clips_are_not_refitted(excerpts, tmp_path, fit_small):
    run = tmp_path / "RUN"
    assert fit_small(excerpts, run, models=MODEL)[0] == 0
    before = pd.read_parquet(run / "ledger/oof.parquet")
    stamps = {path: path.stat().st_mtime_ns for path in run.glob("ledger/*/*")}
    table = pd.read_csv(excerpts)
    for path in table["path"]:
        (excerpts.parent / path).rename(excerpts.parent / f"take-{path}")
    table.assign(path="take-" + table["path"]).to_csv(excerpts, index=False)
    code, _, err = fit_small(excerpts, run, "--resume", models=MODEL)
    assert code == 0, err
    after = pd.read_parquet(run / "ledger/oof.parquet")
    assert after["clip"].tolist() == [f"take-{clip}" for clip in before["clip"]]
    pd.testing.assert_frame_equal(after.drop(columns="clip"), before.drop(columns="clip"))
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def _remove_row(path):
    pd.read_parquet(path).iloc[1:].to_parquet(path, index=False)


@pytest.mark.parametrize(
    ("damaged", "damage"),
    [
        ("ledger/{}/fold0-*.parquet", lambda path: path.write_bytes(path.read_bytes()[:40])),
        ("ledger/{}/fold0-*.parquet", _remove_row),
        ("models/{}/fold0/model.skops", lambda path: path.write_bytes(path.read_bytes()[:40])),
        ("models/{}/fold0/model.skops", Path.unlink),
    ],
)
def test_damaged_fold_is_fitted_again(
    damaged, damage, finished_run, stem_data, tmp_path, fit_small
):
    run, models = tmp_path / "RUN", "heuristic,lr,lgbm"
    shutil.copytree(finished_run, run)
    other = [*run.glob("models/lr/*/*"), *run.glob("ledger/lr/*")]
    stamps = {path: path.stat().st_mtime_ns for path in other}
    (path,) = run.glob(damaged.format("heuristic"))
    content = path.read_bytes()
    damage(path)
    code, _, err = fit_small(stem_data, run, "--resume", models=models)
    assert code == 0, err
    assert path.read_bytes() == content
    assert {path: path.stat().st_mtime_ns for path in other} == stamps


def test_removed_test_clips_leave_no_predictions(excerpts, tmp_path, fit_small, run_program):
    run, test = tmp_path / "RUN", excerpts.parent / "test.csv"
    names = pd.read_csv(excerpts)["path"]
    pd.DataFrame({"id": range(len(names)), "filename": names}).to_csv(test, index=False)
    assert fit_small(excerpts, run, models=MODEL)[0] == 0
    of_test = [run / name for name in ("submission.csv", "ledger/test.parquet")]
    of_test.append(run / "ledger/test_folds.parquet")
    assert all(path.exists() for path in of_test)
    test.unlink()
    code, _, err = fit_small(excerpts, run, "--resume", models=MODEL)
    assert code == 0, err
    assert not any(path.exists() for path in of_test)
    assert "expected" not in (run / "metrics.json").read_text()


def test_removed_folds_are_discarded(excerpts, tmp_path, fit_small):
    run, table = tmp_path / "RUN", pd.read_csv(excerpts)
    folds = table.groupby("label")["group"].transform(lambda groups: pd.factorize(groups)[0])
    table.assign(fold=folds % 3).to_csv(excerpts, index=False)
    assert fit_small(excerpts, run, models=MODEL)[0] == 0
    table.assign(fold=folds % 2).to_csv(excerpts, index=False)
    assert fit_small(excerpts, run, "--resume", models=MODEL)[0] == 0
    assert [path.name for path in sorted((run / "models" / NAME).iterdir())] == ["fold0", "fold1"]
    entries = sorted(path.name[:5] for path in (run / "ledger" / NAME).iterdir())
    assert entries == ["fold0", "fold1"]


@pytest.mark.slow
def test_run_stopped_while_growing_is_unfinished(
    finished_run, stem_data, tmp_path, fit_small, run_program, monkeypatch
):
    run, models = tmp_path / "RUN", "heuristic,lr,lgbm,lr(families=rms)"
    shutil.copytree(finished_run, run)

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "fit_meta_model", stop)
        assert fit_small(stem_data, run, "--resume", models=models)[0] != 0
    answers = stem_data.parent / "answers.csv"
    for command in (
        ["evaluate", run, "--answers", answers],
        ["report", run, "--quick"],
        ["stack", run, "--out", tmp_path / "NEW"],
        ["predict", run, "--data", stem_data, "--out", tmp_path / "p.csv"],
    ):
        code, _, err = run_program(*command)
        assert code == 1 and "the run is not finished; continue it with fit --resume" in err
    assert fit_small(stem_data, run, "--resume", models=models)[0] == 0
    assert run_program("evaluate", run, "--answers", answers)[0] == 0


def test_early_stopping_gets_song_groups(excerpts, stem_data, tmp_path, fit_small, monkeypatch):
    seen = []

    def fit(self, X, y, groups=None):
        seen.append((X, groups))
        raise UsageError("enough")

    monkeypatch.setattr(EffNetClassifier, "fit", fit)
    code, _, err = fit_small(excerpts, tmp_path / "RUN", models="effnet:cnn_tiny(patience=1)")
    assert code == 2 and "enough" in err
    (clips, groups), songs = seen[0], pd.read_csv(excerpts).set_index("path")["group"]
    assert groups == songs[[Path(clip).name for clip in clips]].tolist()
    # Mashups know their songs, unless these are to be ignored.
    for protocol in ("disjoint", "shared"):
        run, models = tmp_path / protocol, "effnet:cnn_tiny(patience=1)"
        fit_small(stem_data, run, "--protocol", protocol, models=models)
    (_, disjoint), (clips, shared) = seen[1:]
    assert disjoint is None and len(set(shared)) == len(clips)
    ensemble = "effnet:cnn_tiny(patience=1,seeds=2)"
    code, _, err = fit_small(excerpts, tmp_path / "ENSEMBLE", models=ensemble)
    assert code == 2 and "early stopping needs to know which clips share a song" in err


@pytest.mark.slow
def test_changed_weights_file_is_refitted(excerpts, tmp_path, fit_small):
    path = tmp_path / "first.safetensors"
    name = f"effnet:cnn_tiny(weights={path},epochs=1)"

    def fit(run, seed, *flags):
        torch.manual_seed(seed)
        tensors = build_net(PretrainedSource("cnn_tiny", "none"), 0).state_dict()
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
        code, _, err = fit_small(excerpts, tmp_path / run, *flags, models=name)
        assert code == 0, err
        return pd.read_parquet(tmp_path / run / "ledger/oof.parquet")

    before = fit("RUN", 0)
    pd.testing.assert_frame_equal(fit("RUN", 0, "--resume"), before)
    after = fit("RUN", 1, "--resume")
    assert not after.equals(before)
    pd.testing.assert_frame_equal(after, fit("NEW", 1))
