"""Declaration of families, and families of a user's own files."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from stemstack.exceptions import UsageError
from stemstack.features import (
    FAMILIES,
    ClipDescriptors,
    Extractor,
    SpectralFeatures,
    descriptor,
    extract,
)

CREST = """
import numpy as np

from stemstack.features import descriptor


@descriptor("crest", unit="dB", explanation="peaks", scalar=True)
def crest(clip):
    rms = np.sqrt(np.mean(np.square(clip.samples)))
    return 20 * np.log10(np.abs(clip.samples).max() / rms) if rms else 0.0


@descriptor("bands", rows=3)
def bands(clip):
    return clip.log_mel[[5, 50, 100]]
"""


@pytest.fixture
def write_file(tmp_path):
    """Write a file of families; return its path as a str."""

    def write(text=CREST, name="my_families.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def _file_with(body, rows="1", scalar=True, name="crest"):
    return f"""
import numpy as np
from stemstack.features import descriptor

@descriptor({name!r}, rows={rows}, scalar={scalar})
def crest(clip):
    return {body}
"""


def test_rows_are_named_or_numbered():
    twelve = descriptor("a", rows=12)(lambda clip: None)
    assert twelve.rows[:2] == ("a_00", "a_01") and len(twelve.rows) == 12
    assert descriptor("b")(lambda clip: None).rows == ("b",)
    named = descriptor("c", rows=["x", "y"])(lambda clip: None)
    assert named.column_names(["mean", "std"]) == ["x_mean", "x_std", "y_mean", "y_std"]


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_have_the_declared_number(name, clips):
    family = FAMILIES[name]
    rows = family(ClipDescriptors(clips[0], 22050))
    assert len(rows) == len(family.rows)
    assert rows.ndim == (1 if family.scalar else 2)


def test_registered_families_are_pickled_by_reference():
    for family in FAMILIES.values():
        assert pickle.loads(pickle.dumps(family)) is family


def test_own_family_is_appended_to_registered_ones(clips, write_file):
    path = write_file()
    spectral = SpectralFeatures(
        families=[f"{path}:crest", "rms", f"{path}:bands"], statistics="mean"
    )
    table = spectral.fit_transform(clips)
    assert table.columns.tolist() == [
        "rms_mean",
        "crest",
        "bands_0_mean",
        "bands_1_mean",
        "bands_2_mean",
    ]
    # The tone: a sine has a crest factor of 3.01 dB; float32.
    np.testing.assert_allclose(table["crest"][1], 20 * np.log10(np.sqrt(2)), atol=1e-2)
    np.testing.assert_array_equal(
        table["rms_mean"], extract(clips, families="rms", statistics="mean")[0]["rms_mean"]
    )


def test_own_family_is_found_relative_to_the_folder(clips, write_file, tmp_path, monkeypatch):
    write_file()
    monkeypatch.chdir(tmp_path)
    table, _ = extract(clips, families="my_families.py:crest")
    assert table.columns.tolist() == ["crest"]


def test_own_family_of_an_installed_module(clips, write_file, tmp_path, monkeypatch):
    write_file(name="crest_module_for_test.py")
    monkeypatch.syspath_prepend(tmp_path)
    table, _ = extract(clips, families="crest_module_for_test:crest")
    assert table.columns.tolist() == ["crest"]


def test_own_families_survive_clone_and_pickle(write_file):
    path = write_file()
    extractor = Extractor(families=["rms", f"{path}:crest"])
    assert pickle.loads(pickle.dumps(extractor)) == extractor
    spectral = SpectralFeatures(families=extractor.families)
    assert clone(spectral).extractor_ == extractor


def test_own_families_with_two_jobs_are_identical(clips, write_file, tmp_path):
    families = ["rms", f"{write_file()}:crest"]
    alone, _ = extract(clips * 5, families=families)
    together, _ = extract(clips * 5, families=families, n_jobs=2, cache=tmp_path / "cache")
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_own_families_load_in_a_fresh_process(clips, write_file, tmp_path):
    extractor = Extractor(families=f"{write_file()}:crest")
    (tmp_path / "extractor.pickle").write_bytes(pickle.dumps((extractor, clips[1])))
    script = "import pickle, sys; e, y = pickle.load(open(sys.argv[1], 'rb')); print(e(y)[0])"
    command = [sys.executable, "-c", script, str(tmp_path / "extractor.pickle")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert np.float32(printed) == extractor(clips[1])[0]


def test_changed_own_family_is_refused_in_worker(write_file):
    path = write_file()
    pickled = pickle.dumps(Extractor(families=f"{path}:crest"))
    write_file(CREST.replace("20 *", "10 *"))
    with pytest.raises(UsageError, match=r"my_families\.py changed while it was in use"):
        pickle.loads(pickled)


def test_stored_rows_depend_on_the_file_content(clips, write_file, tmp_path):
    cache = tmp_path / "cache"
    path = write_file()
    first, _ = extract(clips[:1], families=f"{path}:crest", cache=cache)
    write_file(CREST.replace("20 *", "10 *"))
    second, _ = extract(clips[:1], families=f"{path}:crest", cache=cache)
    np.testing.assert_allclose(second, first / 2, rtol=1e-6)
    write_file()
    again, _ = extract(clips[:1], families=f"{path}:crest", cache=cache)
    pd.testing.assert_frame_equal(again, first)
    # The third extraction found the rows of the first.
    assert len(list(cache.rglob("*.parquet"))) == 2


def test_files_of_the_same_name_do_not_collide(clips, write_file):
    first = write_file(_file_with("1.0"), "a/my.py")
    second = write_file(_file_with("2.0"), "b/my.py")
    values = [extract(clips[:1], families=f"{p}:crest")[0].iat[0, 0] for p in (first, second)]
    assert values == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "reference", "message"),
    [
        (CREST, "nowhere.py:crest", r"nowhere\.py: cannot be read \(No such file"),
        (CREST, "no_such_module_anywhere:crest", "there is no module 'no_such_module_anywhere'"),
        (CREST, "{path}:peak", r"my_families\.py: has no function 'peak'; it defines bands, crest"),
        ("def crest(clip): ...", "{path}:crest", "is not a feature family: decorate"),
        ("1 / 0", "{path}:crest", r"my_families\.py: importing it fails with Zero"),
        (_file_with("1.0", name="rms"), "{path}:crest", "the name 'rms' is taken by family 'rms'"),
        (_file_with("1.0", rows="['mfcc_00']"), "{path}:crest", "'mfcc_00' is taken by family"),
        (_file_with("1.0", rows="['a', 'a']"), "{path}:crest", "the name 'a' is taken by family"),
    ],
)
def test_unusable_references_raise(write_file, text, reference, message):
    path = write_file(text)
    with pytest.raises(UsageError, match=message):
        Extractor(families=reference.format(path=path))


def test_two_own_families_of_one_name_raise(write_file):
    first, second = (write_file(_file_with(f"{i}.0"), f"{i}.py") for i in (1, 2))
    with pytest.raises(UsageError, match="'crest' is taken by family 'crest'"):
        Extractor(families=[f"{first}:crest", f"{second}:crest"])


def test_family_that_is_neither_registered_nor_loaded_raises():
    peak = descriptor("peak", scalar=True)(lambda clip: 1.0)
    with pytest.raises(UsageError, match="neither registered nor loaded from a file"):
        Extractor(families=["rms", peak])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_file_with("np.zeros(2)"), r"array of shape \(1,\)\. Got \(2,\)"),
        (_file_with("np.zeros((2, 5))", scalar=False), r"\(1, n_frames\)\. Got \(2, 5\)"),
        (_file_with("np.zeros((1, 0))", scalar=False), r"\(1, n_frames\)\. Got \(1, 0\)"),
        (_file_with("np.nan"), "NaN or infinite values"),
    ],
)
def test_wrong_rows_of_an_own_family_raise(clips, write_file, text, message):
    extractor = Extractor(families=f"{write_file(text)}:crest")
    with pytest.raises(UsageError, match=message):
        extractor(clips[0])
