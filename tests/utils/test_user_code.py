"""Import of a user's own files and modules."""

import sys

import pytest

from stemstack.exceptions import UsageError
from stemstack.utils.user_code import code_hash, load_code, load_function


@pytest.fixture
def write_file(tmp_path):
    """Write a Python file; return its path as a str."""

    def write(text, name="mine.py"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def test_file_is_imported_once_per_content(write_file):
    path = write_file("values = []")
    first = load_code(path)
    assert load_code(path) is first
    write_file("values = [1]")
    assert load_code(path).values == [1] and first.values == []


def test_hash_depends_on_the_content_only(write_file):
    one, two = write_file("x = 1", "one.py"), write_file("x = 1", "two.py")
    assert code_hash(one) == code_hash(two) != code_hash(write_file("x = 2", "one.py"))


def test_function_of_an_installed_module():
    assert load_function("json", "dumps")([1]) == "[1]"
    assert len(code_hash("json")) == 64


@pytest.mark.parametrize("text", ["1 / 0", "raise SystemExit", "def f(:"])
def test_failing_file_raises_and_is_forgotten(write_file, text):
    path, before = write_file(text), set(sys.modules)
    with pytest.raises(UsageError, match=r"mine\.py: importing it fails with"):
        load_code(path)
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.py", r"nowhere\.py: cannot be read \(No such file"),
        ("no_such_module_anywhere", "there is no module 'no_such_module_anywhere'"),
    ],
)
def test_missing_code_raises(source, message):
    with pytest.raises(UsageError, match=message):
        load_function(source, "f")


def test_missing_function_lists_those_there_are(write_file):
    path = write_file("def a(): ...\ndef b(): ...\nc = 3")
    with pytest.raises(UsageError, match="has no function 'c'; it defines a, b"):
        load_function(path, "c")
