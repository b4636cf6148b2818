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


def test_modules_are_attributes_of_lazy_packages(tmp_path, monkeypatch):
    package = tmp_path / "lazy_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "module.py").touch()
    (package / "broken.py").write_text("import lazy_package_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    load, _ = lazy_exports("lazy_package", {})
    try:
        assert load("module").__name__ == "lazy_package.module"
        with pytest.raises(ModuleNotFoundError, match="lazy_package_dependency"):
            load("broken")
        with pytest.raises(AttributeError, match="'lazy_package' has no attribute 'missing'"):
            load("missing")
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "lazy_package"]:
            del sys.modules[name]
