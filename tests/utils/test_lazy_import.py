"""Imports that hide or delay other libraries."""

import sys

import pytest

from stemstack.utils.lazy_import import import_blocking, lazy_exports


def test_libraries_are_hidden_only_during_import(tmp_path, monkeypatch):
    (tmp_path / "cupy.py").touch()
    (tmp_path / "imports_cupy.py").write_text(
        "try:\n    import cupy\nexcept ImportError:\n    cupy = None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert import_blocking("imports_cupy").cupy is None
        assert "cupy" not in sys.modules
        assert __import__("cupy")
    finally:
        for name in ("cupy", "imports_cupy"):
            sys.modules.pop(name, None)


def test_lazy_exports_import_on_first_use():
    load, names = lazy_exports("json", {"JSONDecoder": ".decoder"})
    assert load("JSONDecoder").__module__ == "json.decoder"
    with pytest.raises(AttributeError, match="'json' has no attribute 'missing'"):
        load("missing")
    assert {"JSONDecoder", "loads"} < set(names())
