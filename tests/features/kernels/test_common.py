"""The compiled kernels as several processes keep them on disk."""

import importlib
import os
import pkgutil
import subprocess
import sys
from collections import Counter

import numpy as np
from numba.core.dispatcher import Dispatcher

import stemstack
from stemstack.features.kernels import spectrum

STAGES = """
import sys
import numpy
from numba import njit
from stemstack.features.kernels import spectrum
from stemstack.features.kernels.spectrum import _stage_4, _stage_64

points = numpy.random.default_rng(0).standard_normal(spectrum._HALF * spectrum._POINT)
twiddles = spectrum.tables(numpy.float64)[1]
"""
ONE_PROCESS = "_stage_4(points, twiddles)"
ANOTHER = """
one_by_one, together = points.copy(), points.copy()
_stage_64(one_by_one, twiddles)
_stage_4(one_by_one, twiddles)

@njit
def both(z, twiddles):
    _stage_64(z, twiddles)
    _stage_4(z, twiddles)

both(together, twiddles)
numpy.save(sys.argv[1], [one_by_one, together])
"""


def test_kernels_that_processes_compile_at_once_are_not_taken_for_each_other(tmp_path):
    """Numba counts the kernels it compiles: each of two processes calls its first by one number."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}

    def run(code, *arguments):
        command = [sys.executable, "-c", STAGES + code, *arguments]
        subprocess.run(command, env=environment, check=True)

    run(ONE_PROCESS)
    run(ANOTHER, str(tmp_path / "found.npy"))
    points = np.random.default_rng(0).standard_normal(spectrum._HALF * spectrum._POINT)
    twiddles = spectrum.tables(np.float64)[1]
    spectrum._stage_64(points, twiddles)
    spectrum._stage_4(points, twiddles)
    for found in np.load(tmp_path / "found.npy"):
        np.testing.assert_array_equal(found, points)


def test_each_kernel_is_kept_under_a_name_of_its_own():
    kernels = {}
    for module in pkgutil.walk_packages(stemstack.__path__, "stemstack."):
        if module.name.startswith(("stemstack.features.", "stemstack.mashups.")):
            found = vars(importlib.import_module(module.name)).values()
            kernels |= {id(k): k.py_func for k in found if isinstance(k, Dispatcher)}
    names = Counter((f.__module__, f.__qualname__) for f in kernels.values())
    assert len(names) > 30
    assert max(names.values()) == 1
