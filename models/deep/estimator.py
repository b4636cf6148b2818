"""What the deep estimators share: parameters, fitting, outputs, and a state without a graph.

Importing this imports no torch. A fitted estimator holds the name of its architecture and its
weights as safetensors bytes (``state_``); the live net is built from them when it is first needed
and is no part of a pickle.
"""

import sys
from functools import partial
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ...audio import validate_clips
from ...errors import DataError, UsageError
from .device import resolve_device
from .logmel import MelSettings
from .nets import build_net, count_channels
from .pictures import PictureSource, load_pictures
from .predicting import predict_outputs
from .saving import pack_net, unpack_net
from .stopping import EarlyStopping, split_validation
from .training import Plan, Trainer, repeatable, threads
from .weights import resolve_start

# Share of a pretrained backbone's layers that stay frozen by default.
_FROZEN = {"cpu": 0.5}
_PLANNED = (
    "epochs",
    "batch_size",
    "learning_rate",
    "backbone_rate",
    "weight_decay",
    "mixup",
    "spec_augment",
    "label_smoothing",
)
_UNSET = (("frozen", "auto"), ("patience", None), ("n_threads", None))
_ANY = float("inf")
_RANGES = {
    "sr": (1000, _ANY),
    "n_fft": (16, _ANY),
    "hop_length": (1, _ANY),
    "n_mels": (1, _ANY),
    "crop_seconds": (0, _ANY),
    "epochs": (1, _ANY),
    "batch_size": (2, _ANY),
    "learning_rate": (0, _ANY),
    "backbone_rate": (0, _ANY),
    "weight_decay": (0, _ANY),
    "frozen": (0, 1),
    "mixup": (0, _ANY),
    "spec_augment": (0, 1),
    "label_smoothing": (0, 1),
    "patience": (1, _ANY),
    "tta": (1, _ANY),
    "n_threads": (1, _ANY),
}


class DeepEstimator(BaseEstimator):
    """Base of the deep estimators; see :class:`EffNetClassifier` for the parameters."""

    def __init__(
        self,
        backbone="auto",
        *,
        weights="imagenet",
        sr=22050,
        n_fft=2048,
        hop_length=1024,
        n_mels=64,
        crop_seconds=10.0,
        epochs=8,
        batch_size=32,
        learning_rate=3e-3,
        backbone_rate=1.0,
        weight_decay=0.01,
        frozen="auto",
        mixup=0.0,
        spec_augment=0.0,
        label_smoothing=0.1,
        class_weight=None,
        remix=False,
        patience=None,
        tta=3,
        cache=None,
        device="auto",
        n_threads=None,
        random_state=None,
        verbose=False,
    ):
        self.backbone = backbone
        self.weights = weights
        self.sr = sr
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.crop_seconds = crop_seconds
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.backbone_rate = backbone_rate
        self.weight_decay = weight_decay
        self.frozen = frozen
        self.mixup = mixup
        self.spec_augment = spec_augment
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.remix = remix
        self.patience = patience
        self.tta = tta
        self.cache = cache
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def _fit_classes(self, X, y, groups):
        """Validate, then train a net to tell the classes of ``y``."""
        clips = validate_clips(self, X, reset=True)
        labels = self._encode(clips, y)
        self._check_params()
        self._train(clips, labels, groups)
        return self

    def _encode(self, clips, y):
        y = column_or_1d(y, warn=True)
        check_consistent_length(clips, y)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        if len(y) < 2:
            raise DataError("Training a net needs 2 clips or more. Got n_samples=1.")
        self.classes_, labels = np.unique(y, return_inverse=True)
        return labels.astype(np.int64)

    def _train(self, clips, labels, groups):
        device, rng = resolve_device(self.device), np.random.default_rng(self.random_state)
        start = resolve_start(self.backbone, self.weights)
        self.backbone_, self.weights_ = start.backbone, start.label
        train, held_out = self._split(labels, groups, rng)
        with repeatable(int(rng.integers(2**62)), device), threads(self.n_threads):
            net = build_net(start, len(self.classes_)).to(device)
            trainer = Trainer(
                net,
                self._plan(start, device),
                len(self.classes_),
                class_weights=self._class_weights(labels),
                device=device,
                rng=rng,
            )
            source = PictureSource(
                [clips[row] for row in train],
                self._mels(),
                device=device,
                cache=self.cache,
                rng=rng if self.remix else None,
            )
            stopping = self._stopping(net, [clips[row] for row in held_out], labels[held_out])
            self.history_ = trainer.run(
                source, labels[train], on_epoch=partial(self._after_epoch, stopping, net)
            )
        self._keep(net, stopping.best_state if stopping else None)

    def _take_backbone(self):
        """Take a backbone with its first weights, as it is."""
        device, rng = resolve_device(self.device), np.random.default_rng(self.random_state)
        start = resolve_start(self.backbone, self.weights)
        self.backbone_, self.weights_ = start.backbone, start.label
        with repeatable(int(rng.integers(2**62)), device):
            self._keep(build_net(start, n_outputs=0))

    def _split(self, labels, groups, rng):
        """Split off the clips that early stopping watches: none without it."""
        if self.patience is None:
            return np.arange(len(labels)), np.arange(0)
        return split_validation(labels, groups, int(rng.integers(2**31)))

    def _stopping(self, net, clips, labels):
        if self.patience is None:
            return None
        predict = partial(self._look, net, self._pictures(clips))
        return EarlyStopping(predict, labels, len(self.classes_), self.patience)

    def _after_epoch(self, stopping, net, epoch, seconds):
        stop = stopping is not None and stopping(net, epoch)
        if self.verbose:
            numbers = ", ".join(f"{name} {value:.3g}" for name, value in epoch.items())
            print(f"{type(self).__name__}: {numbers}, {seconds:.1f} s", file=sys.stderr)
        return stop

    def _keep(self, net, state=None):
        """Keep a net as bytes, and the live one where it is the same."""
        self.state_ = state or pack_net(net)
        self._net = unpack_net(self.backbone_, state) if state else net.eval()
        self.n_embedding_ = count_channels(net.backbone)

    def _outputs(self, X, *, embedding=False):
        """Run the fitted net over clips: logits, or pooled embeddings."""
        check_is_fitted(self, "state_")
        clips = validate_clips(self, X, reset=False)
        self._check_params()
        if getattr(self, "_net", None) is None:
            self._net = unpack_net(self.backbone_, self.state_)
        with threads(self.n_threads):
            return self._look(self._net[:-1] if embedding else self._net, self._pictures(clips))

    def _pictures(self, clips):
        device = resolve_device(self.device)
        return load_pictures(clips, self._mels(), device=device, cache=self.cache)

    def _look(self, net, pictures):
        device, width = resolve_device(self.device), self._mels().n_frames(self.crop_seconds)
        return predict_outputs(
            net.to(device), pictures, width=width, n_crops=self.tta, device=device
        )

    def _mels(self):
        return MelSettings(self.sr, self.n_fft, self.hop_length, self.n_mels)

    def _plan(self, start, device):
        frozen = self.frozen
        if frozen == "auto":
            frozen = 0.0 if start.source == "none" else _FROZEN.get(device.type, 0.0)
        shared = {name: getattr(self, name) for name in _PLANNED}
        return Plan(width=self._mels().n_frames(self.crop_seconds), frozen=frozen, **shared)

    def _class_weights(self, labels):
        if self.class_weight is None:
            return None
        return compute_class_weight(
            self.class_weight, classes=self.classes_, y=self.classes_[labels]
        )

    def _check_params(self):
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if (name, value) in _UNSET:
                continue
            if not isinstance(value, Real) or not lowest <= value <= highest:
                raise UsageError(
                    f"The {name!r} parameter must be a number from {lowest} to {highest}. "
                    f"Got {value!r} instead."
                )

    def __getstate__(self):
        # The weights travel as bytes; a graph would tie the pickle to torch's inner workings.
        return {name: value for name, value in super().__getstate__().items() if name != "_net"}
