"""AudioEmbedding as a transformer, with a small network in place of a pretrained one."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.nets import LevelNetwork
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.exceptions import DataError, UsageError
from stemstack.models import AudioEmbedding, load_model, make_model, save_model
from stemstack.models.deep.embeddings import extractor

torch = pytest.importorskip("torch", reason="needs the deep extra")


@pytest.fixture(autouse=True)
def network(monkeypatch):
    monkeypatch.setattr(LevelNetwork, "n_calls", 0)
    loaded = LevelNetwork()
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: loaded)
    return LevelNetwork


@parametrize_with_checks([AudioEmbedding(device="cpu")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_rows_are_pooled_over_time():
    clip = np.concatenate([np.zeros(100), np.ones(100)]).astype(np.float32)
    table = AudioEmbedding(pool=["max", "mean", "std"]).fit_transform(pd.Series([clip], [7]))
    assert table.index.tolist() == [7]
    assert table.iloc[0].to_dict() == {
        "level_0000_mean": 0.5, "level_0001_mean": 0.0, "level_0000_std": 0.5,
        "level_0001_std": 0.0, "level_0000_max": 1.0, "level_0001_max": 0.0,
    }  # fmt: skip


def test_columns_of_tags_have_their_names():
    embedding = AudioEmbedding(layer="tags", pool="mean").fit([np.ones(9, np.float32)])
    assert embedding.get_feature_names_out().tolist() == ["level_high_up_mean", "level_low_mean"]


def test_rate_and_duration_of_clips():
    clip = np.repeat([0.0, 1.0], 16000).astype(np.float32)
    start = AudioEmbedding(sr=16000, max_seconds=0.5, pool="max").fit_transform([clip])
    assert start["level_0000_max"].item() == 0
    whole = AudioEmbedding(sr=16000, pool="mean").fit_transform([clip])
    assert whole["level_0000_mean"].item() == pytest.approx(0.5, abs=1e-3)


def test_cache_embeds_each_clip_once(tmp_path, network):
    clips = [np.full(300, level, np.float32) for level in (0.1, 0.2, 0.1)]
    first = AudioEmbedding(cache=tmp_path).fit_transform(clips)
    n_calls = network.n_calls
    second = clone(AudioEmbedding(cache=tmp_path)).fit_transform(clips)
    # One call more counted the columns; each of two different clips was embedded once.
    assert n_calls == 3
    assert network.n_calls == n_calls
    pd.testing.assert_frame_equal(first, second)


def test_numbers_do_not_depend_on_jobs():
    clips = [np.full(300, level, np.float32) for level in np.linspace(0, 1, 20)]
    one, two = (AudioEmbedding(n_jobs=n).fit_transform(clips) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_other_weights_are_refused(monkeypatch):
    embedding = AudioEmbedding().fit([np.ones(9, np.float32)])
    copy = pickle.loads(pickle.dumps(embedding))
    monkeypatch.setattr(LevelNetwork, "key", "2")
    with pytest.raises(DataError, match="weights of musicnn have changed since the fit"):
        copy.transform([np.ones(9, np.float32)])


@pytest.mark.parametrize(
    "params",
    [{"pool": "median"}, {"pool": []}, {"layer": 3}, {"hop_seconds": 0}, {"max_seconds": -1}],
)
def test_odd_parameters_are_named(params):
    with pytest.raises(UsageError, match=next(iter(params))):
        AudioEmbedding(**params).fit([np.ones(9, np.float32)])


@pytest.mark.parametrize(
    "name",
    ["embed", "embed(musicnn, head=lgbm)", "embed:musicnn(head=svm)", "embed(head=knn)"],
)
def test_models_by_name_are_saved(name, tmp_path):
    rng = np.random.default_rng(0)
    clips = [level + 0.01 * rng.standard_normal(300) for level in np.repeat([0.1, 0.5], 8)]
    y = np.repeat(["low", "high"], 8)
    model = make_model(name).fit(clips, y)
    assert model.predict(clips).tolist() == y.tolist()
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(clips), model.predict_proba(clips))
    assert loaded.steps[0][1].local_files_only


def test_number_of_neighbors_is_a_parameter():
    model = make_model("embed(head=knn, n_neighbors=7, neighbor_weights=uniform)")
    assert model[-1].get_params() == {"n_neighbors": 7, "weights": "uniform"}
    assert make_model("embed(head=knn)")[-1].param_grid["n_neighbors"][-1] == 40
    with pytest.raises(UsageError, match="n_neighbors"):
        make_model("embed(head=knn, n_neighbors=0)")
    with pytest.raises(UsageError, match="are for head=knn"):
        make_model("embed(n_neighbors=7)")


@pytest.mark.parametrize("name", ["lr", "lgbm"])
def test_embeddings_join_handcrafted_features(name, tmp_path):
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(3000).astype(np.float32) / 9 for _ in range(12)]
    model = make_model(f"{name}(embeddings=musicnn, families=[centroid, zcr])")
    model.fit(clips, np.arange(12) % 2)
    columns = model[:-1].transform(clips[:1])
    assert {"centroid_mean", "zcr_skew", "level_0000_mean", "level_0001_std"} <= set(columns)
    save_model(model, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict(clips), model.predict(clips))


def test_block_counts_as_3000_columns():
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(3000).astype(np.float32) / 9 for _ in range(12)]
    model = make_model("lr(embeddings=musicnn, families=zcr)").fit(clips, np.arange(12) % 2)
    columns = model[:-1].transform(clips).filter(like="level_")
    assert columns.to_numpy().var(axis=0).sum() == pytest.approx(3000, rel=1e-3)


def test_loaded_run_opens_no_folder_unasked(tmp_path):
    model = make_pipeline(AudioEmbedding(str(tmp_path / "ast")), LogisticRegression())
    clips = [np.full(300, level, np.float32) for level in (0.1, 0.2, 0.8, 0.9)]
    save_model(model.fit(clips, [0, 0, 1, 1]), tmp_path / "model")
    with pytest.raises(DataError, match=r"network of an embedding from .*pass --trust"):
        load_model(tmp_path / "model")
    trusted = load_model(tmp_path / "model", trust=[str(tmp_path / "ast")])
    assert trusted.predict(clips).tolist() == [0, 0, 1, 1]


def test_stored_rows_differ_by_what_determines_them(tmp_path, monkeypatch):
    clip = np.concatenate([np.zeros(8000), np.ones(8000)]).astype(np.float32)
    options = [{}, {"pool": "max"}, {"layer": "tags"}, {"max_seconds": 1.0}, {"sr": 16000}]
    names = {AudioEmbedding(**one).extractor_.store_name for one in options}
    monkeypatch.setattr(LevelNetwork, "key", "2")
    assert len(names | {AudioEmbedding().extractor_.store_name}) == len(options) + 1
    whole = AudioEmbedding(pool="mean", cache=tmp_path).fit_transform([clip])
    start = AudioEmbedding(pool="mean", cache=tmp_path, max_seconds=1.0).fit_transform([clip])
    assert whole["level_0000_mean"].item() == 0.5 and start["level_0000_mean"].item() == 0


def test_gpu_is_used_by_one_process(monkeypatch):
    assert AudioEmbedding(device="cpu").extractor_.forks
    monkeypatch.setattr(extractor, "resolve_device", torch.device)
    assert not AudioEmbedding(device="cuda").extractor_.forks
