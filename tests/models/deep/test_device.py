import pytest
import torch

from stemstack.models.deep.device import num_threads, seeded_rng

CPU = torch.device("cpu")


def test_seeded_rng_repeats_and_restores_the_state():
    state = torch.get_rng_state()
    with seeded_rng(5, CPU):
        first = torch.rand(3)
    with pytest.raises(KeyError, match="stop"), seeded_rng(5, CPU):
        second = torch.rand(3)
        raise KeyError("stop")
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)


def test_num_threads_is_restored():
    before = torch.get_num_threads()
    with pytest.raises(KeyError, match="stop"), num_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError("stop")
    with num_threads(None):
        assert torch.get_num_threads() == before
    assert torch.get_num_threads() == before
