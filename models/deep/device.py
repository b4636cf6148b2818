"""Where a net runs: the GPU when there is one, else the CPU, said once."""

import logging
from functools import lru_cache

from ...errors import UsageError, first_line, require

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
    torch = require("torch", "deep")
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
