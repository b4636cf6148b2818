"""What a training borrows from torch and gives back: its random state and its threads."""

import threading
from contextlib import contextmanager

# The random state is one a process: of several trainings in threads one is in it at a time.
_RANDOM_STATE = threading.RLock()


@contextmanager
def repeatable(seed, device):
    """Seed torch's generators for a block, and leave them afterwards as they were before.

    Parameters
    ----------
    seed : int
    device : torch.device
    """
    import torch

    on_gpu = device.type == "cuda"
    with _RANDOM_STATE, torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            torch.cuda.manual_seed(seed)
        yield


@contextmanager
def threads(number):
    """Have torch use a number of threads within a block; None leaves it as it is.

    Parameters
    ----------
    number : int or None
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
