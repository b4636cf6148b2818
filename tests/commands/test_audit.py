"""fit --audit: passes on clean folds, fails where folds leak."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.exceptions import DataError, UsageError
from stemstack.models import EffNetClassifier, make_model
from stemstack.runs import Run
from stemstack.runs.fitting.audit import audit_run, auditable
from stemstack.runs.target import make_target
from stemstack.runs.training_clips import TrainingClips
from stemstack.utils.resources import Resources

MODELS = "lr(families=mfcc,C=1)"


@pytest.fixture
def songs(tmp_path):
    """A manifest of 40 songs of two classes, four excerpts each, recognizable by chord only."""
    rng, rows = np.random.default_rng(0), []
    time = np.arange(8000) / 22050
    for song in range(40):
        tones = rng.uniform(200, 6000, 3)
        for excerpt in range(4):
            wave = sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) for f in tones) / 4
            path = f"{song}-{excerpt}.wav"
            soundfile.write(tmp_path / path, wave + 0.003 * rng.standard_normal(8000), 22050)
            rows.append({"path": path, "label": "ab"[song % 2], "group": song, "excerpt": excerpt})
    return pd.DataFrame(rows)


def fit_audited(songs, tmp_path, fit_small):
    songs.drop(columns="excerpt").to_csv(tmp_path / "manifest.csv", index=False)
    return fit_small(tmp_path / "manifest.csv", tmp_path / "RUN", "--audit", models=MODELS)


@pytest.mark.slow
def test_clean_folds_pass(songs, tmp_path, fit_small):
    code, _, err = fit_audited(songs, tmp_path, fit_small)
    assert code == 0, err
    verdicts = json.loads((tmp_path / "RUN/audit.json").read_text())
    assert [name.split(", ")[-1] for name in verdicts] == [
        "shuffled labels",
        "unique tones",
        "stack",
    ]
    assert not any(verdict["leaks"] for verdict in verdicts.values())
    assert (tmp_path / "RUN/metrics.json").exists()


def test_split_songs_are_found(songs, tmp_path):
    table = songs.assign(clip=songs["path"], fold=songs["excerpt"] % 2)
    clips = [str(tmp_path / path) for path in songs["path"]]
    training = TrainingClips(table, clips, table, [], make_target(["high", "low"]))
    models = {"lr": make_model(MODELS)}
    with pytest.raises(DataError, match=r"labels that leak.*lr, shuffled labels: LEAKS"):
        audit_run(Run(tmp_path), training, models, resources=Resources(tmp_path))
    assert json.loads((tmp_path / "audit.json").read_text())["lr, shuffled labels"]["leaks"]


def test_audit_without_features_raises():
    with pytest.raises(UsageError, match="not with net; add lr to --models"):
        auditable({"net": EffNetClassifier()})
    models = {"net": EffNetClassifier(), "lr": make_model(MODELS)}
    assert list(auditable(models)) == ["lr"]


@pytest.mark.slow
def test_audit_of_mashups(stem_data, tmp_path, fit_small):
    code, _, err = fit_small(stem_data, tmp_path / "RUN", "--audit", models="lr(families=rms)")
    assert code == 0, err
    assert (tmp_path / "RUN/audit.json").exists()
    shutil.rmtree(tmp_path / "RUN")
    shared = ["--audit", "--protocol", "shared"]
    code, _, err = fit_small(stem_data, tmp_path / "RUN", *shared, models="lr(families=rms)")
    assert code == 2 and "with --protocol shared songs are" in err
