"""EmbeddingExtractor: from the samples of one clip to its row of pooled activations."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ....audio import resample
from ....exceptions import UsageError
from ....utils.hashing import content_key
from ..device import num_threads, resolve_device
from .networks import load_network

POOLS = ("mean", "std", "max")
# Part of the key of every stored row: raise it whenever any number may change.
_VERSION = 1


@dataclass(frozen=True)
class EmbeddingExtractor:
    """Checked parameters of an embedding, and the function from samples to a row.

    It has the interface of :class:`~stemstack.features.Extractor`, so that its rows are computed in
    parallel, streamed and stored by the same code. Parameters are those of
    :class:`~stemstack.models.AudioEmbedding`.

    Raises
    ------
    UsageError
        A parameter has none of the values expected, or the network is not available.
    """

    model: str
    weights: str | None = None
    layer: str | int = "last"
    pool: tuple = ("mean", "std")
    hop_seconds: float | None = None
    max_seconds: float | None = None
    sr: float | None = None
    device: str = "auto"
    local_files_only: bool = False

    def __post_init__(self):
        pool = (self.pool,) if isinstance(self.pool, str) else tuple(self.pool)
        if not pool or not set(pool) <= set(POOLS):
            raise UsageError(f"The 'pool' parameter must be some of {POOLS}. Got {pool!r} instead.")
        # The one way to fill a frozen dataclass.
        object.__setattr__(self, "pool", tuple(name for name in POOLS if name in pool))
        network = self.network
        object.__setattr__(self, "sr", self.sr or network.sr)
        if self.layer != "last" and self.layer not in network.layers:
            raise UsageError(
                f"The 'layer' parameter must be 'last' or one of {network.layers} for "
                f"{self.model}. Got {self.layer!r} instead."
            )

    @property
    def network(self):
        """The network; loaded once per process, and not part of a pickle."""
        return load_network(
            self.model, weights=self.weights, local_files_only=self.local_files_only
        )

    @property
    def forks(self):
        """Whether several processes may compute: a GPU belongs to the process that uses it."""
        return resolve_device(self.device).type == "cpu"

    @cached_property
    def names(self):
        """Column names, ``<network>_<number>_<pool>``, as a list of str."""
        network = self.network
        if self.layer == "tags":
            labels = [tag.lower().replace(" ", "_") for tag in network.tags]
        else:
            n_features = _count_features(network, self._layer)
            labels = [f"{number:04d}" for number in range(n_features)]
        return [f"{network.name}_{label}_{pool}" for pool in self.pool for label in labels]

    @property
    def _layer(self):
        return self.network.layers[0] if self.layer == "last" else self.layer

    @property
    def store_name(self):
        """Folder of its rows in a store: what the numbers depend on, except for the columns."""
        options = (self.layer, self.hop_seconds, self.max_seconds)
        key = content_key(weights=self.network.key, options=options, pool=self.pool)
        return f"embedding-v{_VERSION}-{self.network.name}-{self.sr:g}hz-{key}"

    def __call__(self, samples):
        """Compute the pooled activations of one clip.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            Mono, at the rate ``sr``; one sample is enough.

        Returns
        -------
        ndarray of shape (n_features,), float32
            All finite, in the order of ``names``.
        """
        import torch

        network, device = self.network, resolve_device(self.device)
        if self.max_seconds is not None:
            samples = samples[: max(1, round(self.max_seconds * self.sr))]
        if self.sr != network.sr:
            samples = resample(samples, self.sr, network.sr)
        with torch.inference_mode(), num_threads(1):
            rows = network.activations(samples, self._layer, self.hop_seconds, device)
            pooled = [_pool(rows, name) for name in self.pool]
            return torch.cat(pooled).float().cpu().numpy()


@lru_cache(maxsize=64)
def _count_features(network, layer):
    return network.activations(np.zeros(1, np.float32), layer, None, "cpu").shape[1]


def _pool(rows, name):
    """Pool activations of shape (n_times, n_features) over time."""
    if name == "std":
        return rows.std(dim=0, correction=0)
    return rows.mean(dim=0) if name == "mean" else rows.amax(dim=0)
