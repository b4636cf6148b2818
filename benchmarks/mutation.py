"""Find tests that prove nothing: replace each function by a constant and see whether a test fails.

``python benchmarks/mutation.py features mashups.rendering stacking`` takes each module-level
function of these packages in turn. In a pytest process of its own the function returns zeros (of
the shape and type of its real result), and the tests of its package run until the first failure.
Functions whose replacement no test notices are listed. It takes some seconds per function;
``--only NAME`` checks a single one.
"""

import argparse
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "STEMSTACK_CONSTANT"


def zeros_like(value):
    """Return a value of the same type and shape with nothing in it."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return np.zeros_like(value)
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.map(zeros_like)
    if isinstance(value, bool | np.bool_ | int | float | np.number | str):
        return type(value)()
    if isinstance(value, tuple | list):
        items = [zeros_like(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: zeros_like(item) for key, item in value.items()}
    return None


def pytest_configure():
    """As a pytest plugin: replace the function named by the environment wherever it is imported."""
    module_name, _, name = os.environ.get(VARIABLE, "").partition(":")
    if not name:
        return
    real = getattr(importlib.import_module(module_name), name)

    def constant(*args, **kwargs):
        try:
            return zeros_like(real(*args, **kwargs))
        except Exception:
            return None  # A check that always passes.

    package = importlib.import_module("stemstack")
    for module in pkgutil.walk_packages(package.__path__, "stemstack."):
        if module.name.split(".")[1] in ("tests", "benchmarks", "examples", "docs", "cli"):
            continue
        namespace = vars(importlib.import_module(module.name))
        for key, value in list(namespace.items()):
            if value is real:
                namespace[key] = constant


def list_functions(package_name):
    """List the functions defined in a package, as "module:name"."""
    package = importlib.import_module(f"stemstack.{package_name}")
    found = []
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        namespace = vars(importlib.import_module(module.name))
        found += [
            f"{module.name}:{name}"
            for name, value in namespace.items()
            if inspect.isfunction(value)
            and value.__module__ == module.name
            and not name.startswith("_")
        ]
    return found


def run_tests(function, tests):
    """Run tests with a function replaced by a constant; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "mutation"]
    path = os.pathsep.join([str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {VARIABLE: function, "PYTHONPATH": path}
    command += ["-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True).returncode


def main():
    """Check the functions of the packages on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--only", help="Name of a single function.")
    options = parser.parse_args()
    unnoticed = []
    for package in options.packages:
        tests = [str(ROOT / "tests" / package.split(".")[0])]
        for function in list_functions(package):
            if options.only in (None, function.rpartition(":")[2]):
                code = run_tests(function, tests)
                outcome = {0: "UNNOTICED", 1: "noticed"}.get(code, f"pytest exited with {code}")
                print(outcome, function, flush=True)
                unnoticed += [] if code == 1 else [function]
    print(f"{len(unnoticed)} functions can be replaced by a constant without a test failing")
    return bool(unnoticed)


if __name__ == "__main__":
    sys.exit(main())
