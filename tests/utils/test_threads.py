"""The limit of BLAS threads: nested, in several Python threads, and as a decorator."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from stemstack.features import Extractor
from stemstack.features.descriptors.loudness_range import k_weights
from stemstack.utils.parallel import parallel_map
from stemstack.utils.threads import one_blas_thread


def count_threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        yield


def test_limit_ends_with_outermost_block(two_threads):
    assert count_threads() == {2}
    with one_blas_thread():
        with one_blas_thread():
            assert count_threads() == {1}
        assert count_threads() == {1}
    assert count_threads() == {2}
    assert one_blas_thread()(count_threads)() == {1}
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        1 / 0  # noqa: B018
    assert count_threads() == {2}


def test_limit_ends_with_last_python_thread(two_threads):
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with one_blas_thread():
            entered.set()
            leave.wait()

    other = threading.Thread(target=hold)
    with one_blas_thread():
        other.start()
        entered.wait()
    assert count_threads() == {1}
    leave.set()
    other.join()
    assert count_threads() == {2}


def test_parallel_map_limits_blas(two_threads):
    (threads,) = parallel_map(lambda _: count_threads(), [None])
    assert threads == {1}


def test_features_ignore_number_of_threads():
    rng = np.random.default_rng(0)
    power = rng.chisquare(2, (1025, 517)).astype(np.float32)
    # Otherwise the test could not fail: BLAS sums in another order with two threads.
    products = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            products.append(k_weights(22050) @ power)
    if np.array_equal(*products):
        pytest.skip("this BLAS sums in one order with one and two threads")
    rows, extractor = [], Extractor(families="all")
    clip = rng.normal(0, 0.1, 22050 * 12).astype(np.float32)
    clip *= np.linspace(0, 1, len(clip), dtype=np.float32)
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads):
            rows.append(extractor(clip).tobytes())
    assert len(set(rows)) == 1
