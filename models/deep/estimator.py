"""What the deep estimators share: parameters, fitting, outputs, and a state without a graph.

Importing this imports no torch. A fitted estimator holds the name of its architecture and its
weights as safetensors bytes (``state_``); the live net is built from them when it is first needed
and is no part of a pickle.
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ... import __version__
from ...audio import validate_clips
from ...exceptions import DataError, UsageError, first_line
from .backbones.ast import AST, KaldiFbankConfig, read_norm_stats
from .backbones.fusion import fuse_conv_bn
from .backbones.networks import build_net, count_channels
from .backbones.pretrained import resolve_pretrained, weights_hash
from .data.log_mel import MelSettings
from .data.log_mel_cache import load_log_mels
from .data.remix import Remixer
from .device import num_threads, resolve_device, seeded_rng
from .inference import InferenceConfig, predict_outputs
from .parameters import check_parameters
from .persistence import pack_net, resolve_aliases, unpack_net
from .training.checkpoint import Checkpoint
from .training.early_stopping import EarlyStopping, mashup_groups, split_validation
from .training.trainer import Session, Trainer, TrainingSchedule

# Share of a pretrained backbone's layers that stay frozen by default.
_FROZEN = {"cpu": 0.5}
# What changes no bit of a training.
_MEANS = ("cache", "checkpoint", "verbose")


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
        """Refuse parameters that are out of range.

        Raises
        ------
        UsageError
            A parameter is named, with what it takes.
        """
        check_parameters(self.get_params(deep=False))

    def _fit_classes(self, X, y, groups):
        """Validate, then train a net to tell the classes of ``y``."""
        clips = validate_clips(self, X, reset=True)
        labels = self._encode(clips, y)
        self.check_parameters()
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
        start = self._take_start()
        checkpoint = self._checkpoint(clips, labels, groups, start)
        train, held_out = self._split(clips, labels, groups, rng)
        with seeded_rng(int(rng.integers(2**62)), device), num_threads(self.n_threads):
            trainer = Trainer(
                self._build(start, len(self.classes_)).to(device),
                self._plan(start, device),
                labels[train],
                len(self.classes_),
                device=device,
                rng=rng,
                class_weights=self._class_weights(labels),
            )
            Session(
                trainer,
                self._source([clips[row] for row in train], rng),
                stopping=self._stopping([clips[row] for row in held_out], labels[held_out]),
                checkpoint=checkpoint,
                told_as=type(self).__name__ if self.verbose else None,
            ).run()
        self.history_ = trainer.history
        self._keep(trainer.net)

    def _take_backbone(self):
        """Take a backbone with its first weights, as it is."""
        device, rng = resolve_device(self.device), np.random.default_rng(self.random_state)
        start = self._take_start()
        with seeded_rng(int(rng.integers(2**62)), device):
            self._keep(self._build(start, n_outputs=0))

    def _take_start(self):
        start = resolve_pretrained(self.backbone, self.weights)
        self.backbone_, self.weights_ = start.backbone, start.label
        if start.backbone == AST:
            self.scale_ = read_norm_stats(start, self.mel_settings(), self.crop_seconds)
        return start

    def _build(self, start, n_outputs):
        n_bands = self.n_mels if self.band_norm else None
        return build_net(start, n_outputs, pool=self.pool, n_bands=n_bands)

    def _checkpoint(self, clips, labels, groups, start):
        if self.checkpoint is None:
            return None
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in _MEANS}
        params |= {"class": type(self).__name__, "version": __version__}
        params |= {"start": (start.backbone, start.source), "weights": weights_hash(self.weights)}
        params["groups"] = None if groups is None else list(groups)
        return Checkpoint(self.checkpoint, clips, labels, params)

    def _split(self, clips, labels, groups, rng):
        """Split off the clips that early stopping watches: none without it."""
        if self.patience is None:
            return np.arange(len(labels)), np.arange(0)
        groups = mashup_groups(clips) if groups is None else groups
        return split_validation(labels, groups, int(rng.integers(2**31)))

    def _source(self, clips, rng):
        if not self.remix:
            pictures = self._pictures(clips)
            return lambda epoch: lambda rows: [pictures[row] for row in rows]
        means = {"device": resolve_device(self.device), "cache": self.cache}
        return Remixer(clips, self.mel_settings(), rng=rng, seconds=self.crop_seconds, **means)

    def _stopping(self, clips, labels):
        if self.patience is None:
            return None
        pictures = self._pictures(clips)
        return EarlyStopping(
            lambda net: self._look(net, pictures), labels, len(self.classes_), self.patience
        )

    def _keep(self, net):
        """Keep a net as bytes, and one to predict with."""
        self.state_ = pack_net(net)
        self._net = fuse_conv_bn(net.eval())
        self.n_embedding_ = count_channels(net.backbone)

    def _outputs(self, X, *, embedding=False):
        """Run the fitted net over clips: logits, or pooled embeddings."""
        check_is_fitted(self, "state_")
        clips = validate_clips(self, X, reset=False)
        self.check_parameters()
        net = self._live_net()
        with num_threads(self.n_threads):
            return self._look(net[:-1] if embedding else net, self._pictures(clips))

    def _live_net(self):
        """Give the fitted net, built from its bytes when it is not there yet."""
        if getattr(self, "_net", None) is None:
            self._net = fuse_conv_bn(unpack_net(self.backbone_, self.state_))
        return self._net

    def _pictures(self, clips):
        device = resolve_device(self.device)
        return load_log_mels(clips, self.mel_settings(), device=device, cache=self.cache)

    def _look(self, net, pictures):
        device = resolve_device(self.device)
        return predict_outputs(net.to(device), pictures, self.looks(), device=device)

    def looks(self):
        """Say at what of a picture the net looks.

        Returns
        -------
        InferenceConfig
        """
        bf16 = self._in_bf16(resolve_device(self.device))
        return InferenceConfig(
            self._width(), self.tta_crops, self.tta_shift, self.tta_contrast, bf16
        )

    def mel_settings(self):
        """Say how a picture is made of a clip.

        Returns
        -------
        MelSettings
        """
        sizes = self.sr, self.n_fft, self.hop_length, self.n_mels
        if self.backbone != AST:
            return MelSettings(*sizes)
        return KaldiFbankConfig(*sizes, *getattr(self, "scale_", ()))

    def _width(self):
        return self.mel_settings().n_frames(self.crop_seconds)

    def _plan(self, start, device):
        frozen = self.frozen
        if frozen == "auto":
            frozen = 0.0 if start.source == "none" else _FROZEN.get(device.type, 0.0)
        planned = TrainingSchedule.__dataclass_fields__.keys() & self.get_params(deep=False).keys()
        shared = {name: getattr(self, name) for name in planned}
        own = {"width": self._width(), "frozen": frozen, "bf16": self._in_bf16(device)}
        return TrainingSchedule(**{**shared, **own})

    def _in_bf16(self, device):
        return self.precision == "bf16" or (self.precision == "auto" and device.type == "cuda")

    def _class_weights(self, labels):
        if self.class_weight is None:
            return None
        try:
            y = self.classes_[labels]
            return compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        except ValueError as error:  # It names a class that is not there.
            raise UsageError(f"class_weight: {first_line(error)}") from error

    def __setstate__(self, state):
        super().__setstate__(resolve_aliases(state))

    def __getstate__(self):
        # The weights travel as bytes; a graph would tie the pickle to torch's inner workings.
        return {name: value for name, value in super().__getstate__().items() if name != "_net"}
