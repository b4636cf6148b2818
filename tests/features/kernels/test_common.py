"""Shared kernels, and the cache of compiled kernels on disk."""

import importlib
import os
import pkgutil
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import scipy.signal
from numba.core.dispatcher import Dispatcher

import stemstack
from stemstack.features.descriptors.loudness_range import k_weights
from stemstack.features.kernels import spectrum
from stemstack.features.kernels.banded import banded_matrix
from stemstack.features.kernels.common import (
    fast_log,
    hann_window,
    parabola_vertex,
    parabola_vertices,
)


@pytest.mark.parametrize("n", [1, 2, 3, 344, 512, 2048])
def test_hann_window_has_the_bits_of_scipy(n):
    np.testing.assert_array_equal(hann_window(n), scipy.signal.get_window("hann", n))


def test_cached_arrays_are_read_only():
    matrix = banded_matrix(np.eye(3, dtype=np.float32))
    arrays = [hann_window(1), hann_window(8), *spectrum.tables(np.float32), k_weights(22050)]
    for array in [*arrays, matrix.row, matrix.column, matrix.weights]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_vertices_of_sampled_parabolas():
    vertex = np.array([-0.5, -0.1, 0.0, 0.3])
    below, here, above = (-3 * (x - vertex) ** 2 for x in (-1, 0, 1))
    # Float64 of order 1.
    np.testing.assert_allclose(parabola_vertices(below, here, above), vertex, atol=1e-12)
    assert parabola_vertex(below[3], here[3], above[3]) == pytest.approx(0.3, abs=1e-12)


def test_vertex_of_a_line_is_zero():
    values = np.array([1.0]), np.array([2.0]), np.array([3.0])
    assert parabola_vertices(*values).tolist() == [0.0]


def test_fast_log_equals_numpy():
    exponents = np.linspace(-87, 88, 20000)
    values = np.concatenate([np.exp(exponents), 1 + exponents / 200]).astype(np.float32)
    expected = np.log(values.astype(float))
    found = np.array([fast_log(value) for value in values])
    # Float32, with errors of one polynomial.
    np.testing.assert_allclose(found, expected, rtol=1.3e-7, atol=1.3e-7)


STAGES = """
import sys
import numpy
from numba import njit
from stemstack.features.descriptors.loudness_range import k_weights
from stemstack.features.kernels import spectrum
from stemstack.features.kernels.banded import banded_matrix
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


@pytest.mark.slow
def test_kernels_compiled_concurrently_are_not_confused(tmp_path):
    """Numba numbers the kernels that a process compiles: two processes use the same numbers."""
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


def test_compiled_kernels_have_unique_names():
    kernels = {}
    for module in pkgutil.walk_packages(stemstack.__path__, "stemstack."):
        if module.name.startswith(("stemstack.features.", "stemstack.mashups.")):
            found = vars(importlib.import_module(module.name)).values()
            kernels |= {id(k): k.py_func for k in found if isinstance(k, Dispatcher)}
    names = Counter((f.__module__, f.__qualname__) for f in kernels.values())
    assert len(names) > 30
    assert max(names.values()) == 1
