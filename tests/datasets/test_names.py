"""Files are found under the names that tables from other systems give them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.datasets.names import FileFinder, describe_similar_labels, normalize_name

COMPOSED, DECOMPOSED = "r\u00e9ggae", "re\u0301ggae"


@pytest.fixture
def root(tmp_path):
    for name in (f"{DECOMPOSED}/{COMPOSED}.wav", "rock/a b.wav", "rock/c\\d.wav", "rock/ e.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("rock/a b.wav", "rock/a b.wav"),
        (" rock/a b.wav ", "rock/a b.wav"),
        ("rock\\a b.wav", "rock/a b.wav"),
        ("rock/c\\d.wav", "rock/c\\d.wav"),
        ("rock/ e.wav", "rock/ e.wav"),
        (f"{COMPOSED}/{COMPOSED}.wav", f"{DECOMPOSED}/{COMPOSED}.wav"),
        (f"{COMPOSED}\\{DECOMPOSED}.wav", f"{DECOMPOSED}/{COMPOSED}.wav"),
        (f"./{COMPOSED}/{DECOMPOSED}.wav", f"./{DECOMPOSED}/{COMPOSED}.wav"),
        ("rock/missing.wav", "rock/missing.wav"),
        ("missing\\a b.wav ", "missing\\a b.wav "),
        ("", ""),
        ("a\0b", "a\0b"),
    ],
)
def test_file_is_found_in_another_form(root, written, found):
    assert FileFinder(root).find(written) == found


def test_absolute_path_is_found_in_another_form(root):
    written = f"{root}/{COMPOSED}/{DECOMPOSED}.wav"
    assert FileFinder("elsewhere").find(written) == f"{root}/{DECOMPOSED}/{COMPOSED}.wav"


def test_similar_labels_are_described():
    assert describe_similar_labels(["jazz", "rock"] * 2) == []
    labels = [COMPOSED, DECOMPOSED, "rock", "rock ", "Rock"]
    assert [problem for problem, _ in describe_similar_labels(labels)] == [
        "labels 'rock', 'rock ' look the same and are read as one class",
        r"labels 're\u0301ggae', 'r\xe9ggae' look the same and are read as one class",
        "classes 'Rock', 'rock' differ in case only and are two classes",
    ]


@given(st.text())
def test_normal_form_is_the_same_for_all_forms(text):
    forms = {unicodedata.normalize(form, f" {text}\t") for form in ("NFC", "NFD")}
    assert {normalize_name(form) for form in forms} == {normalize_name(text)}
