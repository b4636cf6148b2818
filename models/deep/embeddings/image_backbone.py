"""Convolutional backbones of timm, pretrained on images, as networks of embeddings."""

from ....exceptions import UsageError
from ....utils.hashing import content_key, hash_bytes
from ..backbones.pretrained import cached_weights
from ..effnet import EffNetEmbedding


class BackboneNetwork:
    """Pooled features of a backbone for crops of a clip's log-mel.

    The numbers are those of :class:`~stemstack.models.EffNetEmbedding` with its defaults, which is
    the mean over three even crops of 10 s.

    Parameters
    ----------
    backbone : str
        As in :class:`~stemstack.models.EffNetClassifier`.
    weights : str, optional
        File of weights; by default those of ImageNet.
    local_files_only : bool, default=False
        Whether weights are looked up in the local cache only.

    Attributes
    ----------
    sr : int
        Sample rate of the input in Hz.
    layers : tuple of str
        ``"last"``.
    tags : tuple
        Empty: the network has no tags.
    key : str
        Hash of the weights.

    Raises
    ------
    UsageError
        The backbone is unknown, or its weights are not available.
    """

    layers, tags = ("last",), ()

    def __init__(self, backbone, weights=None, *, local_files_only=False):
        if backbone in ("ast", "musicnn", "auto"):
            raise UsageError(f"timm:{backbone}: expected a model of timm, such as efficientnet_b0")
        if weights is None and local_files_only:
            weights = cached_weights(backbone)
        # The same numbers on every device, and random weights that are the same in every process.
        self._estimator = EffNetEmbedding(
            backbone, weights=weights or "imagenet", precision="float32", random_state=0
        ).load()
        self.name, self.sr = self._estimator.backbone_, self._estimator.sr
        self.key = content_key(backbone=hash_bytes(self._estimator.state_))

    def activations(self, samples, layer, hop_seconds, device):
        """Compute the features of crops, one row per crop.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            At the rate ``sr``. A clip shorter than a crop is repeated.
        layer : "last"
        hop_seconds : float or None
            From one crop to the next, in s; None for three even crops.
        device : torch.device

        Returns
        -------
        torch.Tensor of shape (n_crops, n_features), float32
        """
        import torch

        rows = self._estimator.transform_crops(samples, hop_seconds, device=device)
        return torch.from_numpy(rows).float()
