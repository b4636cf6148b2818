"""Exceptions: exit codes, pickling, and the extra that a missing library needs."""

import pickle

import pytest

from stemstack import exceptions
from stemstack.exceptions import AudioError, MissingExtraError, first_line, import_optional


@pytest.mark.parametrize(
    ("name", "builtin", "exit_code"),
    [
        ("DataError", ValueError, 1),
        ("AudioError", ValueError, 1),
        ("UsageError", ValueError, 2),
        ("ClipTypeError", TypeError, 2),
        ("MissingExtraError", ImportError, 2),
    ],
)
def test_errors_have_builtin_and_exit_code(name, builtin, exit_code):
    error = getattr(exceptions, name)
    assert issubclass(error, exceptions.StemstackError) and issubclass(error, builtin)
    assert error.exit_code == exit_code


def test_audio_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(AudioError("a.wav", "is empty")))
    assert (str(error), error.path, error.problem) == ("a.wav: is empty", "a.wav", "is empty")


def test_first_line_falls_back_to_class_name():
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_missing_module_names_its_extra():
    with pytest.raises(MissingExtraError, match=r"pip install 'stemstack\[deep\]'"):
        import_optional("no_such.module", "deep")
    assert import_optional("json", "deep").dumps([]) == "[]"


def test_missing_dependency_of_module_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "needs_other.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        import_optional("needs_other", "deep")
