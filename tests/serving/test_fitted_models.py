"""Predictions equal those of ``predict``; reasons sum to the logits of the models."""

import copy

import numpy as np
import pytest
import soundfile
from helpers.nets import LevelNetwork

from stemstack.audio import read_clip
from stemstack.exceptions import DataError
from stemstack.models import EffNetClassifier, make_model
from stemstack.models.deep.embeddings import extractor
from stemstack.runs import STACK, ClipList, predict_run
from stemstack.runs.prediction.windows import WindowTable, clip_lengths
from stemstack.serving.fitted_models import CachedClip, FittedModels, _predict, _usable
from stemstack.utils.resources import Resources


def test_prediction_equals_that_of_predict(explainer, song, shared_cache):
    models = explainer.models
    proba = models.predict(CachedClip(lambda sr: read_clip(song, sr)))
    _, expected = predict_run(explainer.run, [str(song)], resources=Resources(shared_cache))
    # rtol: the same numbers from tables with another memory layout.
    np.testing.assert_allclose(proba[STACK], expected.loc[0, models.classes], rtol=1e-6)
    assert proba.columns.tolist() == [*explainer.run.model_names, STACK]


def test_long_clip_has_windows_of_the_mashups_lengths(explainer, song, shared_cache, tmp_path):
    models, run = explainer.models, explainer.run
    samples = np.tile(read_clip(song), 3)
    soundfile.write(tmp_path / "long.wav", samples, 22050, subtype="FLOAT")
    clip = CachedClip(lambda sr: read_clip(tmp_path / "long.wav", sr))
    proba, windows = models.predict_windows(clip)
    resources = Resources(shared_cache)
    lengths = clip_lengths(run, by_window=True)
    clips = ClipList.from_paths([tmp_path / "long.wav"]).usable(resources=resources).cut(lengths)
    labels, expected = predict_run(run, clips.clips, resources=resources)
    table = WindowTable.from_predictions(clips, labels, expected).rows
    assert len(table) > 2
    assert windows.starts.tolist() == table["start"].tolist()
    assert windows.ends.tolist() == table["end"].tolist()
    assert windows.labels == table["label"].tolist()
    # rtol, atol: the same numbers from tables with another memory layout.
    np.testing.assert_allclose(windows.proba, expected[models.classes], rtol=1e-5, atol=1e-7)
    # The clip itself is predicted whole, as by predict.
    _, whole = predict_run(run, [str(tmp_path / "long.wav")], resources=resources)
    np.testing.assert_allclose(proba[STACK], whole.loc[0, models.classes], rtol=1e-6)
    short = CachedClip(lambda sr: read_clip(song, sr))
    assert models.predict_windows(short)[1] is None


def test_mashups_too_short_to_cut_give_no_windows(explainer):
    clip = CachedClip(lambda sr: np.zeros(5 * sr, dtype=np.float32))
    models = copy.copy(explainer.models)
    models._timeline_lengths = _usable([0.01, 0.02])
    assert models._timeline_lengths is None and models.predict_windows(clip)[1] is None


def test_reasons_sum_to_the_difference_of_logits(explainer, song):
    models = explainer.models
    clip = CachedClip(lambda sr: read_clip(song, sr))
    linear, trees = models.explain(clip, models.classes[2], models.classes[0])
    for reasons, logits in (
        (linear, lambda model: model.decision_function([str(song)])[0]),
        (trees, lambda model: model.predict_proba([str(song)], raw_score=True)[0]),
    ):
        expected = np.mean([np.subtract(*logits(m)[[2, 0]]) for m in models.folds[reasons.model]])
        # rtol, atol: the linear model sums thousands of products in float32.
        np.testing.assert_allclose(reasons.difference, expected, rtol=1e-4, atol=1e-4)
        total = reasons.base + reasons.families.sum()
        np.testing.assert_allclose(total, reasons.difference, rtol=1e-9, atol=1e-9)


def test_clip_is_read_once_per_sample_rate(explainer):
    rates = []

    def load(sr):
        rates.append(sr)
        return np.zeros(sr, dtype=np.float32)

    clip = CachedClip(load)
    explainer.models.predict(clip)
    explainer.models.predict(clip)
    assert rates == [22050]


def test_networks_are_given_a_clip_to_load(monkeypatch):
    net, seen = EffNetClassifier(sr=16000), []
    net.classes_ = np.arange(3)
    monkeypatch.setattr(
        EffNetClassifier, "predict_proba", lambda self, X: seen.extend(X) or np.eye(3)[:1]
    )
    clip = CachedClip(np.zeros)
    assert _predict(net, clip).shape == (1, 3)
    assert seen == [clip]
    assert len(clip.load(net.sr)) == 16000
    assert clip.load(net.sr) is clip.load(16000)


def test_handcrafted_extractor_and_embedding_are_found(monkeypatch):
    pytest.importorskip("torch", reason="needs the deep extra")
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: LevelNetwork())
    models = object.__new__(FittedModels)
    models.folds = {name: [make_model(name)] for name in ("embed", "lr(families=tempo)")}
    assert models.extractor.names == ["tempo"]
    assert models.embedding is models.folds["embed"][0].steps[0][1]
    del models.folds["embed"], models.embedding
    assert models.embedding is None


def test_clip_is_embedded_once_for_all_folds(monkeypatch):
    pytest.importorskip("torch", reason="needs the deep extra")
    network = LevelNetwork()
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: network)
    levels = [np.full(300, level, np.float32) for level in (0.1, 0.2, 0.8, 0.9)]
    folds = [make_model("embed(head=knn, n_neighbors=2)", sr=8000).fit(levels, [0, 0, 1, 1])] * 3
    clip = CachedClip(lambda sr: levels[3])
    expected = folds[0].predict_proba([levels[3]])
    monkeypatch.setattr(LevelNetwork, "n_calls", 0)
    for model in folds:
        np.testing.assert_array_equal(_predict(model, clip), expected[:, 1:])
    assert LevelNetwork.n_calls == 1
    monkeypatch.setattr(LevelNetwork, "key", "2")
    with pytest.raises(DataError, match="weights of musicnn have changed"):
        _predict(folds[0], clip)
