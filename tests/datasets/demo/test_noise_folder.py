"""Noise folder: structure and levels of ESC-50, determinism and errors."""

import filecmp

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.datasets.demo import write_noise
from stemstack.datasets.demo.noise_folder import TARGETS, make_noise
from stemstack.exceptions import StorageError, UsageError

SHORT = {"clips_per_category": 2, "seconds": 1.0, "sr": 22050}


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    root = tmp_path_factory.mktemp("noise")
    write_noise(root, **SHORT)
    return root


@pytest.fixture(scope="module")
def meta(noise):
    return pd.read_csv(noise / "meta" / "esc50.csv")


def test_table_agrees_with_files(noise, meta):
    assert list(meta.columns) == [
        "filename", "fold", "target", "category", "esc10", "src_file", "take",
    ]  # fmt: skip
    assert sorted(meta.filename) == sorted(p.name for p in (noise / "audio").iterdir())
    names = meta.apply(lambda r: f"{r.fold}-{r.src_file}-{r['take']}-{r.target}.wav", axis=1)
    assert (names == meta.filename).all()
    assert meta.src_file.is_unique
    assert meta.esc10.dtype == bool


def test_categories_have_unique_targets(meta):
    pairs = meta[["category", "target"]].drop_duplicates()
    assert len(pairs) >= 20
    assert pairs.category.is_unique
    assert pairs.target.is_unique
    assert dict(zip(pairs.category, pairs.target, strict=True)) == TARGETS


def test_clips_are_mono_and_16_bit(noise, meta):
    for name in meta.filename:
        info = soundfile.info(noise / "audio" / name)
        assert (info.subtype, info.channels, info.frames) == ("PCM_16", 1, 22050)


@pytest.mark.slow
def test_bytes_do_not_depend_on_jobs(noise, tmp_path, meta):
    write_noise(tmp_path, **SHORT, n_jobs=2)
    names = [f"audio/{name}" for name in meta.filename] + ["meta/esc50.csv"]
    assert filecmp.cmpfiles(noise, tmp_path, names, shallow=False)[1:] == ([], [])


def test_levels_and_padding_resemble_esc50():
    clips = [
        make_noise(category, 22050, 22050, np.random.default_rng([seed, target]))
        for category, target in TARGETS.items()
        for seed in range(6)
    ]
    levels = [20 * np.log10(np.sqrt(np.mean(clip**2))) for clip in clips]
    # ESC-50 has -24.5 +- 9.4 dBFS; 192 draws have a standard error of 0.7 dB, and the limiter
    # takes a little off the loudest clips.
    np.testing.assert_allclose(np.mean(levels), -24.5, atol=3)
    np.testing.assert_allclose(np.std(levels), 9.4, atol=2.5)
    padded = np.mean([not clip[-2000:].any() for clip in clips])
    assert 0.15 < padded < 0.75


@pytest.mark.parametrize("category", TARGETS)
@pytest.mark.parametrize("n_samples", [1600, 44100])
def test_every_category_is_finite_and_audible(category, n_samples):
    for seed in range(3):
        clip = make_noise(category, n_samples, 8000, np.random.default_rng(seed))
        assert clip.shape == (n_samples,)
        assert clip.dtype == np.float32
        assert np.isfinite(clip).all()
        assert 0 < np.abs(clip).max() <= 1


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("clips_per_category", 0, "clips_per_category must be a whole number, at least 1"),
        ("seconds", 0.5, "seconds must be a number, at least 1"),
        ("sr", "44100", "sr must be a whole number of Hz"),
    ],
)
def test_bad_parameters_are_named(tmp_path, parameter, value, message):
    with pytest.raises(UsageError, match=message):
        write_noise(tmp_path, **{**SHORT, parameter: value})


def test_unwritable_folder_is_named(tmp_path):
    (tmp_path / "audio").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="cannot be written"):
        write_noise(tmp_path, **SHORT)
