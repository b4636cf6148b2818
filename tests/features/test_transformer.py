"""SpectralFeatures as a scikit-learn transformer."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.exceptions import AudioError, UsageError
from stemstack.features import Extractor, SpectralFeatures


@parametrize_with_checks([SpectralFeatures(families=["centroid", "rms", "zcr"])])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_feature_names_follow_the_contract(clips):
    names = SpectralFeatures().fit(clips).get_feature_names_out()
    assert len(names) == 220 * 7 + 1
    for name in ("mfcc_03_mean", "mfcc_delta2_19_std", "chroma_00_min", "contrast_6_max", "tempo"):
        assert name in names
    assert {"logmel_127_kurtosis", "tonnetz_5_skew", "onset_strength_median"} <= set(names)


def test_feature_names_need_no_fit(clips):
    features = SpectralFeatures(families=["rms", "tempo"])
    before = features.get_feature_names_out().tolist()
    assert before == features.fit(clips).get_feature_names_out().tolist()


def test_output_is_float32_table_with_input_index(clips):
    column = pd.Series(clips, index=["a", "b", "c"])
    table = SpectralFeatures().fit_transform(column)
    assert table.index.tolist() == ["a", "b", "c"]
    assert (table.dtypes == np.float32).all()
    assert table.to_numpy().tolist() == [Extractor()(clip).tolist() for clip in clips]
    # A sine of amplitude 0.5, whose frames at both ends are half outside of the clip.
    assert table.loc["b", "rms_median"] == pytest.approx(0.5 / np.sqrt(2), rel=1e-2)


@pytest.mark.parametrize("n_samples", [1, 3, 511, 512, 4607])
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_short_and_silent_clips_have_finite_features(n_samples, level):
    clip = np.full(n_samples, level, dtype=np.float32)
    assert np.isfinite(SpectralFeatures().fit_transform([clip]).to_numpy()).all()


def test_unreadable_clip_raises_audio_error(tmp_path):
    missing = str(tmp_path / "missing.wav")
    with pytest.raises(AudioError, match=r"missing\.wav: no such file"):
        SpectralFeatures(families="rms").fit_transform([missing])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"families": "mfc"}, "families='mfc' matches no family"),
        ({"families": []}, "'families' parameter must be a name or a list"),
        (
            {
                "families": "(",
            },
            "not a regular expression",
        ),
        ({"statistics": ["mean", "avg"]}, "statistics='avg' matches no statistic"),
        ({"precision": "double"}, "'precision' parameter must be one of"),
        ({"sr": -1}, "'sr' parameter must be a rate in Hz"),
    ],
)
def test_invalid_parameters_raise_in_fit(clips, parameters, message):
    with pytest.raises(UsageError, match=message):
        SpectralFeatures(**parameters).fit(clips)


def test_extractor_has_the_current_parameters(clips):
    spectral = SpectralFeatures(8000, families="rms", statistics="max", precision="fast").fit(clips)
    assert spectral.extractor_ == Extractor(8000, "rms", "max", "fast")
    assert spectral.extractor_.names == spectral.feature_names_ == ["rms_max"]
