"""Device selection, and context managers for torch's random state and number of threads."""

import logging
import threading
from contextlib import contextmanager
from functools import lru_cache

from ...exceptions import UsageError, first_line, import_optional

logger = logging.getLogger("stemstack")

# torch's global generator belongs to the process: only one of several threads may use it at a time.
_RANDOM_STATE = threading.RLock()


def resolve_device(device="auto"):
    """Return a torch device by name.

    Parameters
    ----------
    device : str, default="auto"
        ``"auto"`` (a GPU if there is one, else the CPU, which is logged once), or torch's name:
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.

    Returns
    -------
    torch.device

    Raises
    ------
    MissingExtraError
        torch is not installed.
    UsageError
        The device is not available.
    """
    torch = import_optional("torch", "deep")
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        _log_once("No GPU was found: deep models run on the CPU")
        return torch.device("cpu")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"The device {device!r} cannot be used ({first_line(error)}); give 'auto' or 'cpu'"
        ) from error
    return torch.device(device)


@lru_cache
def _log_once(message):
    logger.info(message)


@contextmanager
def seeded_rng(seed, device):
    """Seed torch's global generators within a block, and restore their states afterwards.

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
    """Set the number of threads that torch uses within a block.

    Parameters
    ----------
    number : int or None
        None leaves the number unchanged.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
