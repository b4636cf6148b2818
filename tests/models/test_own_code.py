"""What a run records of a user's own code, and trust in it when a model is loaded."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from stemstack.exceptions import DataError
from stemstack.features import SpectralFeatures
from stemstack.models import load_model, save_model
from stemstack.models.own_code import check_unchanged, code_hashes, code_sources
from stemstack.utils.user_code import code_hash

PEAK = """
import numpy as np
from stemstack.features import descriptor

@descriptor("peak", scalar=True)
def peak(clip):
    return np.abs(clip.samples).max()
"""


@pytest.fixture
def family_file(tmp_path):
    path = tmp_path / "my_families.py"
    path.write_text(PEAK)
    return str(path)


def test_sources_of_models_and_families():
    names = ["lr", "my.py:make_a", "lr(families=[mfcc,your.py:peak])", "my.py:make_b(C=1)"]
    assert code_sources(names) == ("my.py", "your.py")


def test_record_of_families_has_their_hashes(family_file):
    assert code_hashes("lr(families=mfcc)") == {}
    hashes = code_hashes(f"lr(families=[mfcc,{family_file}:peak])")
    assert hashes == {family_file: code_hash(family_file)}


def test_changed_code_is_refused_if_trusted(family_file):
    hashes = {family_file: code_hash(family_file)}
    check_unchanged(hashes, [family_file], "RUN")
    with open(family_file, "a") as file:
        file.write("# edited")
    check_unchanged(hashes, [], "RUN")
    with pytest.raises(DataError, match=r"RUN: .*my_families.py has changed since the run"):
        check_unchanged(hashes, [family_file], "RUN")


@pytest.mark.parametrize("container", [list, tuple, np.array])
def test_own_families_of_a_model_need_trust(family_file, tmp_path, clips_of_noise, container):
    spectral = SpectralFeatures(families=container(["rms", f"{family_file}:peak"]))
    model = make_pipeline(spectral, DummyClassifier()).fit(clips_of_noise, ["a", "b"])
    save_model(model, tmp_path / "model")
    with pytest.raises(DataError, match=r"feature families.* pass --trust .*my_families\.py"):
        load_model(tmp_path / "model")
    loaded = load_model(tmp_path / "model", trust=[family_file])
    assert loaded[:1].transform(clips_of_noise).columns[-1] == "peak"


@pytest.fixture
def clips_of_noise():
    return np.random.default_rng(0).normal(size=(2, 2000))
