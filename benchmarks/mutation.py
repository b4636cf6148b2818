"""Find tests that prove nothing: replace each result by a constant and see whether a test fails.

``python benchmarks/mutation.py features mashups.rendering stacking`` takes each public function,
method and fitted attribute of these packages or modules in turn. In a process of its own the result
is zeros of its real type and shape, or None; what returns nothing does nothing. The tests of the
package run until the first failure. The line printed has the test that failed, or UNNOTICED. Most
take a few seconds. ``--constant 1`` replaces by ones (and True), ``--only NAME`` checks what ends
with that name, ``--skip N`` goes on after N targets.

A process that imported the packages is forked, so this needs Linux or macOS.
"""

import argparse
import copy
import dataclasses
import functools
import importlib
import inspect
import os
import pkgutil
import re
import signal
import sys
from pathlib import Path
from types import FunctionType

import joblib
import numpy as np
import pandas as pd
import pytest
from numba.core.dispatcher import Dispatcher

ROOT = Path(__file__).resolve().parent.parent
# Seconds of CPU time, and in all, of one run of tests.
CPU_LIMIT, TIME_LIMIT = 300, 1800


def constant_like(value, number):
    """Return a value of the same type and shape that is the number everywhere, or else None."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return np.full_like(value, number)
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.map(lambda item: constant_like(item, number))
    if isinstance(value, bool | np.bool_ | int | float | np.number | str):
        return type(value)(number or "") if isinstance(value, str) else type(value)(number)
    if isinstance(value, tuple | list):
        items = [constant_like(item, number) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: constant_like(item, number) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        value = copy.copy(value)
        for name, item in vars(value).items():
            object.__setattr__(value, name, constant_like(item, number))
        return value
    return None


def forward(*args, **kwargs):
    return _replacement(*args, **kwargs)  # noqa: F821 - a global of the function replaced.


def replace(function, make_replacement):
    """Exchange what a function does, so that every reference to it, as in a table, is reached."""
    if isinstance(function, Dispatcher):
        return replace_compiled(function, make_replacement(function))
    original = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    original.__kwdefaults__ = function.__kwdefaults__
    function.__globals__[forward.__code__.co_names[0]] = make_replacement(original)
    function.__wrapped__ = original
    function.__defaults__ = function.__kwdefaults__ = None
    function.__code__ = forward.__code__.replace(co_freevars=function.__code__.co_freevars)


def replace_compiled(kernel, replacement):
    """Exchange a kernel where Python calls it; other kernels have it compiled in."""
    for module_name, module in list(sys.modules.items()):
        for name, value in list(vars(module).items() if module_name.startswith("stem") else ()):
            if value is kernel:
                setattr(module, name, replacement)


def return_constant(function, number):
    if not re.search(r"\b(return|yield) \S", inspect.getsource(function)):
        return lambda *args, **kwargs: None  # Works by its effect, as a writer or a check does.

    def constant(*args, **kwargs):
        try:
            return constant_like(function(*args, **kwargs), number)
        except Exception:
            return None

    return constant


def fit_constant(fit, attribute, number):
    def constant(*args, **kwargs):
        estimator = fit(*args, **kwargs)
        value = constant_like(getattr(estimator, attribute), number)
        setattr(estimator, attribute, value)
        return estimator

    return constant


def unwrap(value):
    """Return the function of a property, a class method, or under a decorator."""
    value = getattr(value, "fget", None) or getattr(value, "func", None) or value
    return value if isinstance(value, Dispatcher) else inspect.unwrap(value)


def list_targets(package_name):
    """Return what can be replaced in a package: (module, name, function, fitted attribute)."""
    package = importlib.import_module(f"stemstack.{package_name}")
    path, targets = getattr(package, "__path__", None), []
    found = [package] if path is None else pkgutil.walk_packages(path, package.__name__ + ".")
    for module in (getattr(one, "name", package.__name__) for one in found):
        for name, value in vars(importlib.import_module(module)).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module:
                continue
            members = list_members(value) if inspect.isclass(value) else [("", value, None)]
            targets += [
                (module, name + member, unwrap(item), attribute)
                for member, item, attribute in members
                if callable(unwrap(item))
            ]
    return [t for t in targets if isinstance(t[2], FunctionType | Dispatcher)]


def list_members(cls):
    """Return the public methods of a class and the attributes that its ``fit`` sets."""
    members = [
        (f".{name}", value, None)
        for name, value in vars(cls).items()
        if not name.startswith("_") or name == "__call__"
    ]
    if hasattr(cls, "fit"):
        fitted = re.findall(r"^(\w+_) : ", inspect.getdoc(cls), re.MULTILINE)
        members += [(f".{a}", cls.fit, a) for a in fitted if not hasattr(cls, a)]
    return members


class FirstFailure:
    """pytest plugin that remembers the first test to fail."""

    name = None

    def pytest_configure(self):
        from hypothesis import Phase, settings

        # Shrinking a failing example takes longer than finding it.
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutation", database=None, deadline=None, phases=phases)
        settings.load_profile("mutation")

    def pytest_runtest_logreport(self, report):
        if report.failed and self.name is None:
            self.name = report.nodeid

    def pytest_collectreport(self, report):
        self.pytest_runtest_logreport(report)


def run_tests(path, left_out=()):
    """Run the tests of a path until the first failure; return its name, or None if all pass."""
    first = FirstFailure()
    arguments = ["-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"]
    arguments += [f"--deselect={name}" for name in left_out]
    with open(os.devnull, "w") as null:
        os.dup2(null.fileno(), 1)
    # joblib's processes would import the packages anew, with nothing replaced.
    with joblib.parallel_config("threading"):
        code = pytest.main([f"--rootdir={ROOT}", *arguments, path], plugins=[first])
    return None if code == 0 else first.name or f"pytest exited with {code}"


def in_child(work):
    """Return what a function returns, as a str, called in a forked process; "" for None."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT)
        signal.alarm(TIME_LIMIT)
        try:
            os.write(write, (work() or "").encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(pid, 0)
    return answer if status == 0 else f"ended with status {status}"


@functools.cache
def fails_anyway(name):
    """Return whether a test fails with nothing replaced, as tests of processes do in threads."""
    return in_child(lambda: run_tests(f"{ROOT}/{name}")) != ""


def list_tests(module_name):
    """Return the file with the tests of a module, if there is one, then the folders around it."""
    folders = module_name.split(".")[1:-1]
    own = ROOT.joinpath("tests", *folders, f"test_{module_name.rpartition('.')[2]}.py")
    paths = [own, ROOT.joinpath("tests", *folders), ROOT / "tests" / folders[0]]
    return [str(path) for path in dict.fromkeys(paths) if path.exists()]


def find_failure(target, number, path):
    """Return the first test of a path that fails because a result is replaced; "" if none does."""
    left_out = []
    while failed := in_child(lambda: check(target, number, path, left_out)):
        if "::" not in failed or not fails_anyway(failed):
            return failed
        left_out.append(failed)
    return ""


def check(target, number, path, left_out):
    """Replace a result and run tests; return the name of the first that failed."""
    _, _, function, attribute = target
    if attribute is None:
        replace(function, lambda original: return_constant(original, number))
    else:
        replace(function, lambda original: fit_constant(original, attribute, number))
    return run_tests(path, left_out)


def main():
    """Check the packages on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--constant", type=int, default=0)
    parser.add_argument("--only", default="", help="End of the names to check.")
    parser.add_argument("--skip", type=int, default=0, help="Targets already checked before.")
    options = parser.parse_args()
    targets = [t for package in options.packages for t in list_targets(package)]
    targets = [t for t in targets if f"{t[0]}:{t[1]}".endswith(options.only)][options.skip :]
    unnoticed = 0
    for target in targets:
        paths = list_tests(target[0])
        failed = next(filter(None, (find_failure(target, options.constant, p) for p in paths)), "")
        unnoticed += not failed
        print(
            f"{'noticed' if failed else 'UNNOTICED'} {target[0]}:{target[1]} {failed}", flush=True
        )
    print(f"{unnoticed} of {len(targets)} unnoticed")
    return unnoticed > 0


if __name__ == "__main__":
    sys.exit(main())
