"""Where a net runs: the GPU when there is one, else the CPU, said once."""

import logging
import threading
from contextlib import contextmanager
from functools import lru_cache

from ...exceptions import UsageError, first_line, import_optional

logger = logging.getLogger("stemstack")


def resolve_device(device="auto"):
    """Turn a device name into a torch device.

    Parameters
    ----------
    device : str, default="auto"
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``: as torch names them.

    Returns
    -------
    torch.device

    Raises
    ------
    MissingExtraError
        torch is not installed.
    UsageError
        The device was asked for by name and is not there.
    """
    torch = import_optional("torch", "deep")
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        _say_once("No GPU was found: deep models run on the CPU")
        return torch.device("cpu")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"The device {device!r} cannot be used ({first_line(error)}); give 'auto' or 'cpu'"
        ) from error
    return torch.device(device)


@lru_cache
def _say_once(message):
    logger.info(message)


# The random state is one a process: of several trainings in threads one is in it at a time.
_RANDOM_STATE = threading.RLock()


@contextmanager
def seeded_rng(seed, device):
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
def num_threads(number):
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
