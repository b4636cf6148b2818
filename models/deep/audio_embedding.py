"""AudioEmbedding: scikit-learn transformer of clips to activations of a pretrained audio network.

Importing this module does not import torch; fitting needs the ``deep`` extra.
"""

from numbers import Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, InvalidParameterError

from ...exceptions import DataError, UsageError, first_line
from ...features.transformer import ClipTransformer
from .embeddings.extractor import EmbeddingExtractor
from .embeddings.networks import is_local

__all__ = ["AudioEmbedding"]

_POSITIVE = Interval(Real, 0, None, closed="neither")


class AudioEmbedding(ClipTransformer):
    """Transformer of clips to pooled activations of a network that was pretrained on audio.

    The network is not trained: a clip is embedded once, whatever the folds and models that use it,
    and with ``cache`` once for all.

    Parameters
    ----------
    model : str, default="musicnn"
        ``"musicnn"`` or ``"musicnn_mtt"`` (music tags of the Million Song Dataset or of
        MagnaTagATune; the weights come with ``pip install --no-deps musicnn==0.1.0``); an audio
        model of transformers, by its name on the hub or by a folder (AST, wav2vec 2.0, HuBERT,
        WavLM, CLAP, Whisper); ``"torchaudio:BUNDLE"``, with ``weights``; or ``"timm:BACKBONE"``, a
        network of images on log-mel spectrograms.
    weights : str or os.PathLike, optional
        File of weights of a bundle of torchaudio or, instead of ImageNet's, of a backbone.
    layer : str or int, default="last"
        Which activations: ``"last"``, ``"mean"`` (the average of all layers) or the number of a
        hidden state; for musicnn ``"pooled"`` (1,506 values, which is its last), ``"penultimate"``
        (200) or ``"tags"`` (50 probabilities).
    pool : {"mean", "std", "max"} or sequence of these, default=("mean", "std")
        Statistics over the times or patches of a clip.
    hop_seconds : float, optional
        From one patch of the network's own duration to the next, in s; by default patches follow
        each other, and a backbone has three even ones of 10 s. A clip shorter than a patch is
        repeated.
    max_seconds : float, optional
        Use only the start of longer clips.
    sr : float, optional
        Rate in Hz at which clips are loaded, and which arrays are assumed to have, before they are
        resampled to the rate of the network; by default the rate of the network.
    local_files_only : bool, default=False
        Look for a model of the hub in the local cache only.
    n_jobs : int, optional
        Number of processes on a CPU, as in joblib; None means 1. The numbers are the same for any.
    device : str, default="auto"
        The GPU if there is one, or a torch device by name.
    cache : str or os.PathLike, optional
        Folder of a :class:`~stemstack.features.FeatureStore`: rows are named by the content of the
        clip, the weights and the parameters. No cache by default.

    Attributes
    ----------
    feature_names_ : list of str
        Column names, such as ``musicnn_0000_mean``; ``musicnn_jazz_mean`` for the layer of tags.
    network_key_ : str
        Hash of the network's weights: others are refused by :meth:`transform`.
    extractor_ : EmbeddingExtractor
        Computes the row of one clip.

    See Also
    --------
    EffNetEmbedding : Features of a network of images with all its parameters, and fine-tuned.
    stemstack.features.SpectralFeatures : Handcrafted features.

    References
    ----------
    Pons, Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging", 2019.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from stemstack.models import AudioEmbedding
    >>> model = make_pipeline(AudioEmbedding("musicnn"), StandardScaler(), LogisticRegression())
    >>> model.fit(clips, genres).predict(clips)  # doctest: +SKIP
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [str],
        "hop_seconds": [_POSITIVE, None],
        "max_seconds": [_POSITIVE, None],
        "sr": [_POSITIVE, None],
        "local_files_only": ["boolean"],
    }

    def __init__(
        self,
        model="musicnn",
        *,
        weights=None,
        layer="last",
        pool=("mean", "std"),
        hop_seconds=None,
        max_seconds=None,
        sr=None,
        local_files_only=False,
        n_jobs=None,
        device="auto",
        cache=None,
    ):
        self.model = model
        self.weights = weights
        self.layer = layer
        self.pool = pool
        self.hop_seconds = hop_seconds
        self.max_seconds = max_seconds
        self.sr = sr
        self.local_files_only = local_files_only
        self.n_jobs = n_jobs
        self.device = device
        self.cache = cache

    def fit(self, X, y=None):
        """Load the network; nothing is learnt from the clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,), optional
            Ignored, except that a missing label is an error.

        Returns
        -------
        self

        Raises
        ------
        DataError
            A label is missing (None, NaN).
        UsageError
            A parameter has none of the values expected, or the network is not available.
        MissingExtraError
            A package that the network needs is not installed.
        """
        super().fit(X, y)
        self.network_key_ = self.load().key
        return self

    def transform(self, X):
        """Embed clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        DataFrame of shape (n_clips, n_features), float32
            All finite; with the index of ``X`` when it is a pandas object.

        Raises
        ------
        AudioError
            A clip cannot be read.
        DataError
            The network has other weights than at the fit.
        """
        self.check_network()
        return super().transform(X)

    def check_network(self):
        """Raise DataError if the network has other weights than at the fit."""
        key = self.load().key
        if getattr(self, "network_key_", key) != key:
            raise DataError(
                f"The weights of {self.model} have changed since the fit; restore them or fit again"
            )

    def check_parameters(self):
        """Raise UsageError if a parameter is out of range; nothing is loaded."""
        try:
            self._validate_params()
        except InvalidParameterError as error:
            raise UsageError(first_line(error)) from error

    def load(self):
        """Load the network, and return it.

        Returns
        -------
        object
            With ``name``, ``layers`` and ``tags``, names of the values of the layer of tags.

        Raises
        ------
        UsageError
            A parameter has none of the values expected, or the network is not available.
        MissingExtraError
            A package that the network needs is not installed.
        """
        return self.extractor_.network

    @property
    def local_path(self):
        """Folder or file that the network is read from; None for one that is installed."""
        if self.weights is not None:
            return str(self.weights)
        return self.model if is_local(self.model) else None

    @property
    def extractor_(self):
        """Extractor with these parameters."""
        self.check_parameters()
        return EmbeddingExtractor(
            self.model,
            weights=None if self.weights is None else str(self.weights),
            layer=self.layer,
            pool=self.pool,
            hop_seconds=self.hop_seconds,
            max_seconds=self.max_seconds,
            sr=self.sr,
            device=self.device,
            local_files_only=self.local_files_only,
        )
