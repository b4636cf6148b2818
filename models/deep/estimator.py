"""Base class of the deep estimators: parameters, training, inference, and pickling.

Importing this module does not import torch. A fitted estimator stores the name of its architecture
and its weights as safetensors bytes (``state_``); the network is built from them on first use and
is not part of a pickle.
"""

import os
from numbers import Integral, Real
from pathlib import Path
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ... import __version__
from ...audio import validate_clips
from ...exceptions import DataError, UsageError, first_line
from ...stacking.folds import check_groups
from ...stacking.groups import clip_groups, warn_of_shared_recordings
from ...stacking.multilabel import check_targets, label_sets
from .backbones.ast import AST, KaldiFbankConfig, read_norm_stats
from .backbones.fusion import fuse_conv_bn
from .backbones.musicnn import MUSICNN, MusicnnSettings
from .backbones.networks import build_net, count_channels
from .backbones.pretrained import resolve_pretrained, weights_hash
from .data.dataset import LogMelDataset, RemixedDataset
from .data.log_mel import MelSettings, load_log_mels
from .device import num_threads, resolve_device, seeded_rng
from .inference import InferenceConfig, predict_outputs
from .persistence import pack_net, resolve_aliases, unpack_net
from .targets import encode_labels, targets_of
from .training.checkpoint import Checkpoint
from .training.early_stopping import EarlyStopping, split_validation
from .training.trainer import Trainer, TrainingSchedule


class _Number(Interval):
    """Interval without booleans, which are ints in Python."""

    def is_satisfied_by(self, val):
        return not isinstance(val, bool) and super().is_satisfied_by(val)


def _at_least(minimum):
    return _Number(Integral, minimum, None, closed="left")


_NON_NEGATIVE = _Number(Real, 0, None, closed="left")
_SHARE = _Number(Real, 0, 1, closed="both")
# Share of a pretrained backbone's layers that stay frozen with ``frozen="auto"``: none elsewhere.
_AUTO_FROZEN = {"cpu": 0.5}
# Parameters that do not affect the result of a training.
_WITHOUT_EFFECT = ("cache", "checkpoint", "verbose")


class DeepEstimator(BaseEstimator):
    """Base class of the deep estimators; see :class:`~stemstack.models.EffNetClassifier`."""

    _parameter_constraints: ClassVar[dict] = {
        "backbone": [str, os.PathLike],
        "weights": [str, os.PathLike],
        "sr": [_at_least(1000)],
        "n_fft": [_at_least(16)],
        "hop_length": [_at_least(1)],
        "n_mels": [_at_least(1)],
        "crop_seconds": [_NON_NEGATIVE],
        "band_norm": ["boolean"],
        "pool": [StrOptions({"avg", "gem"})],
        "epochs": [_at_least(1)],
        "batch_size": [_at_least(2)],
        "accumulate_grad_batches": [_at_least(1)],
        "learning_rate": [_NON_NEGATIVE],
        "schedule": [StrOptions({"one_cycle", "cosine"})],
        "layer_decay": [_SHARE],
        "weight_decay": [_NON_NEGATIVE],
        "frozen": [StrOptions({"auto"}), _SHARE],
        "warmup_epochs": [_at_least(0)],
        "ema": [_Number(Real, 0, 0.9999, closed="both")],
        "mixup": [_NON_NEGATIVE],
        "spec_augment": [_SHARE],
        "label_smoothing": [_SHARE],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "remix": ["boolean"],
        "patience": [_at_least(1), None],
        "tta_crops": [_at_least(1)],
        "tta_shift": [_at_least(0)],
        "tta_contrast": [_SHARE],
        "precision": [StrOptions({"auto", "float32", "bf16"})],
        "compile": ["boolean"],
        "cache": [str, os.PathLike, None],
        "checkpoint": [str, os.PathLike, None],
        "n_threads": [_at_least(1), None],
        "random_state": [_at_least(0), np.random.Generator, np.random.RandomState, None],
    }

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
        band_norm=False,
        pool="avg",
        epochs=8,
        batch_size=32,
        accumulate_grad_batches=1,
        learning_rate=3e-3,
        schedule="one_cycle",
        layer_decay=1.0,
        weight_decay=0.01,
        frozen="auto",
        warmup_epochs=0,
        ema=0.0,
        mixup=0.0,
        spec_augment=0.0,
        label_smoothing=0.1,
        class_weight=None,
        remix=False,
        patience=None,
        tta_crops=3,
        tta_shift=0,
        tta_contrast=0.0,
        precision="auto",
        compile=False,
        cache=None,
        checkpoint=None,
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
        self.band_norm = band_norm
        self.pool = pool
        self.epochs = epochs
        self.batch_size = batch_size
        self.accumulate_grad_batches = accumulate_grad_batches
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.layer_decay = layer_decay
        self.weight_decay = weight_decay
        self.frozen = frozen
        self.warmup_epochs = warmup_epochs
        self.ema = ema
        self.mixup = mixup
        self.spec_augment = spec_augment
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.remix = remix
        self.patience = patience
        self.tta_crops = tta_crops
        self.tta_shift = tta_shift
        self.tta_contrast = tta_contrast
        self.precision = precision
        self.compile = compile
        self.cache = cache
        self.checkpoint = checkpoint
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def check_parameters(self):
        """Raise UsageError if a parameter is out of range; the message names it."""
        try:
            self._validate_params()
        except InvalidParameterError as error:
            raise UsageError(first_line(error)) from error
        for name in ("cache", "checkpoint"):
            folder = getattr(self, name)
            if folder is not None and Path(folder).is_file():
                raise UsageError(
                    f"The {name!r} parameter of {type(self).__name__} must be a folder. "
                    f"Got {folder!r}, which is a file."
                )
        weights = self.class_weight.values() if isinstance(self.class_weight, dict) else ()
        if not all(_NON_NEGATIVE.is_satisfied_by(weight) for weight in weights):
            raise UsageError(
                f"The 'class_weight' parameter of {type(self).__name__} must have values of at "
                f"least 0. Got {self.class_weight!r} instead."
            )

    def inference_config(self):
        """Return the number, size and augmentation of the crops used for inference.

        Returns
        -------
        InferenceConfig
        """
        return InferenceConfig(
            width=self._crop_width(),
            n_crops=self.tta_crops,
            shift=self.tta_shift,
            contrast=self.tta_contrast,
            bf16=self._uses_bf16(resolve_device(self.device)),
        )

    def mel_settings(self):
        """Return the parameters of the log-mels, of AST's filter banks or of musicnn's input.

        Returns
        -------
        MelSettings
        """
        sizes = self.sr, self.n_fft, self.hop_length, self.n_mels
        if self.backbone == AST:
            return KaldiFbankConfig(*sizes, *getattr(self, "scale_", ()))
        return MusicnnSettings(*sizes) if self.backbone == MUSICNN else MelSettings(*sizes)

    def _fit_classes(self, X, y, groups):
        """Validate the arguments and train a network to predict the classes of ``y``."""
        clips = validate_clips(self, X, reset=True)
        labels = self._encode_labels(clips, y)
        if groups is not None:
            check_groups(groups, len(clips))
        self.check_parameters()
        if self.remix and labels.ndim == 2:
            raise UsageError(
                "remix resamples mashups of one class each, and y is an indicator matrix: leave "
                "remix out"
            )
        device, rng = resolve_device(self.device), np.random.default_rng(self.random_state)
        pretrained = self._resolve_pretrained()
        checkpoint = self._make_checkpoint(clips, labels, groups, pretrained)
        train, validation = self._split_validation(clips, labels, groups, rng)
        with seeded_rng(int(rng.integers(2**62)), device), num_threads(self.n_threads):
            trainer = Trainer(
                self._build_net(pretrained, len(self.classes_)).to(device),
                self._training_schedule(pretrained, device),
                labels[train],
                self._targets,
                device=device,
                rng=rng,
                class_weights=self._class_weights(labels),
                early_stopping=self._early_stopping(clips, labels, validation),
                checkpoint=checkpoint,
                log_prefix=type(self).__name__ if self.verbose else None,
            )
            trainer.fit(self._make_dataset([clips[row] for row in train], device, rng))
        self.history_ = trainer.history_
        self._store(trainer.net)
        return self

    def _use_pretrained(self):
        """Store a backbone with its initial weights, without training."""
        device, rng = resolve_device(self.device), np.random.default_rng(self.random_state)
        pretrained = self._resolve_pretrained()
        with seeded_rng(int(rng.integers(2**62)), device):
            self._store(self._build_net(pretrained, n_outputs=0))
        # Of an earlier fit with labels.
        vars(self).pop("classes_", None)

    def _encode_labels(self, clips, y):
        y = check_targets(y, len(clips))
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        if len(y) < 2:
            raise DataError("Training a network needs at least 2 clips. Got n_samples=1.")
        self.classes_, labels = encode_labels(y)
        return labels

    @property
    def _targets(self):
        return targets_of(self.classes_)

    def _resolve_pretrained(self):
        pretrained = resolve_pretrained(self.backbone, self.weights)
        self.backbone_, self.weights_ = pretrained.backbone, pretrained.label
        if pretrained.backbone == AST:
            self.scale_ = read_norm_stats(pretrained, self.mel_settings(), self.crop_seconds)
        return pretrained

    def _build_net(self, pretrained, n_outputs):
        n_bands = self.n_mels if self.band_norm else None
        return build_net(pretrained, n_outputs, pool=self.pool, n_bands=n_bands)

    def _make_checkpoint(self, clips, labels, groups, pretrained):
        if self.checkpoint is None:
            return None
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in _WITHOUT_EFFECT}
        params |= {
            "class": type(self).__name__,
            "version": __version__,
            "pretrained": (pretrained.backbone, pretrained.source),
            "weights": weights_hash(self.weights),
            "groups": None if groups is None else list(groups),
        }
        return Checkpoint(self.checkpoint, clips, labels, params)

    def _split_validation(self, clips, labels, groups, rng):
        """Split off the clips for early stopping: none without it."""
        if self.patience is None:
            return np.arange(len(labels)), np.arange(0)
        groups = clip_groups(clips) if groups is None else groups
        train, validation = split_validation(labels, groups, int(rng.integers(2**31)))
        if groups is None:
            kinds = label_sets(labels) if labels.ndim == 2 else labels
            warn_of_shared_recordings(clips, kinds, np.isin(np.arange(len(labels)), validation))
        return train, validation

    def _make_dataset(self, clips, device, rng):
        options = {"device": device, "cache": self.cache}
        if not self.remix:
            return LogMelDataset(clips, self.mel_settings(), **options)
        seconds = self.crop_seconds
        return RemixedDataset(clips, self.mel_settings(), rng=rng, seconds=seconds, **options)

    def _early_stopping(self, clips, labels, validation):
        if self.patience is None:
            return None
        log_mels = self._load_log_mels([clips[row] for row in validation])
        return EarlyStopping(
            lambda net: self._predict_log_mels(net, log_mels),
            labels[validation],
            self._targets,
            self.patience,
        )

    def _training_schedule(self, pretrained, device):
        frozen = self.frozen
        if frozen == "auto":
            frozen = 0.0 if pretrained.source == "none" else _AUTO_FROZEN.get(device.type, 0.0)
        params = self.get_params(deep=False)
        shared = {k: params[k] for k in TrainingSchedule.__dataclass_fields__.keys() & params}
        resolved = {"width": self._crop_width(), "frozen": frozen, "bf16": self._uses_bf16(device)}
        return TrainingSchedule(**{**shared, **resolved})

    def _crop_width(self):
        return self.mel_settings().n_frames(self.crop_seconds)

    def _uses_bf16(self, device):
        return self.precision == "bf16" or (self.precision == "auto" and device.type == "cuda")

    def _class_weights(self, labels):
        if self.class_weight is None:
            return None
        return self._targets.class_weights(self.class_weight, labels)

    def _store(self, net):
        """Store a network as bytes, and a fused copy to predict with."""
        self.state_ = pack_net(net)
        self._net = fuse_conv_bn(net.eval())
        self.n_embedding_ = count_channels(net.backbone)

    def _predict(self, X, *, embedding=False):
        """Return the fitted network's logits, or pooled embeddings, of clips."""
        check_is_fitted(self, "state_")
        clips = validate_clips(self, X, reset=False)
        self.check_parameters()
        net = self._fitted_net()[:-1] if embedding else self._fitted_net()
        with num_threads(self.n_threads):
            return self._predict_log_mels(net, self._load_log_mels(clips))

    def _fitted_net(self):
        """Return the fitted network, with batch norms fused; the last child is the head."""
        if getattr(self, "_net", None) is None:
            self._net = fuse_conv_bn(unpack_net(self.backbone_, self.state_))
        return self._net

    def _load_log_mels(self, clips):
        device = resolve_device(self.device)
        return load_log_mels(clips, self.mel_settings(), device=device, cache=self.cache)

    def _predict_log_mels(self, net, log_mels):
        device = resolve_device(self.device)
        return predict_outputs(net.to(device), log_mels, self.inference_config(), device=device)

    def __setstate__(self, state):
        super().__setstate__(resolve_aliases(state))

    def __getstate__(self):
        # The weights are in ``state_``; a network would tie the pickle to torch's internals.
        return {name: value for name, value in super().__getstate__().items() if name != "_net"}
