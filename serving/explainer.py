"""Explanation of clips by a finished run, without a web page."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..audio import read_clip
from ..exceptions import AudioError, AudioWarning, UsageError
from ..features import log_mel
from ..models.deep.embeddings.tags import find_tagger, name_tags
from ..runs import STACK, ClipList, Run
from ..runs.nearest_clips import NearestClips
from ..runs.predictions import model_proba
from ..runs.run_files import damaged
from ..stacking.calibration import TemperatureScaling
from .explanations import Confidence, Explanation, Predictions
from .fitted_models import CachedClip, FittedModels

# More frames of a spectrogram than a screen has columns cost time only.
_MAX_FRAMES = 1200


@dataclass(frozen=True)
class Limits:
    """Limits of the length and size of a file.

    Parameters
    ----------
    max_seconds : float, default=600
        In s.
    max_mb : float, default=50
        In units of 1,000,000 bytes.

    Attributes
    ----------
    max_samples : int
        Largest number of samples, over all channels, to decode: stereo at 48 kHz of
        ``max_seconds``. A small file may claim, and unpack to, thousands of times its size.

    See Also
    --------
    ClipExplainer : Applies them.

    Examples
    --------
    >>> from stemstack.serving import Limits
    >>> Limits(max_seconds=30)
    Limits(max_seconds=30, max_mb=50.0)
    """

    max_seconds: float = 600.0
    max_mb: float = 50.0

    @property
    def max_samples(self):
        """Largest number of decoded samples, over all channels."""
        return int(96_000 * self.max_seconds)

    def check(self, path, name):
        """Check the size of a file before it is decoded.

        A missing file passes; reading it raises a better message.

        Parameters
        ----------
        path : str or os.PathLike
        name : str
            Name of the file in messages.

        Raises
        ------
        AudioError
            If the file exceeds the limit.
        """
        if not Path(path).is_file():
            return
        size = Path(path).stat().st_size / 1e6
        if size > self.max_mb:
            problem = f"is {size:.1f} MB; the limit is {self.max_mb:g} MB: cut or compress it"
            raise AudioError(name, problem)


class ClipExplainer:
    """Explainer of a finished run's predictions, clip by clip.

    Parameters
    ----------
    run : str or os.PathLike
        Run directory.
    limits : Limits, optional
        600 s and 50 MB by default.
    trust : sequence of str, default=()
        The user's own code whose types may be in the models; see
        :func:`~stemstack.models.load_model`.
    embedding : AudioEmbedding, optional
        By which the nearest training clips are found, and whose tags are named; that of the run's
        first model with one by default. Without any, the nearest clips are found by handcrafted
        features.

    Attributes
    ----------
    run : Run
    models : FittedModels
    classes : list of str
    limits : Limits
    nearest_clips : NearestClips or None
        The training clips of the run, after :meth:`load_training_clips`.

    Raises
    ------
    DataError
        If there is no finished run, or its models hold untrusted types.

    See Also
    --------
    serve_page : Web page of an explainer.

    Examples
    --------
    >>> from stemstack.serving import ClipExplainer
    >>> explainer = ClipExplainer("demo-out/run")  # doctest: +SKIP
    >>> explainer.explain("clip.wav").label  # doctest: +SKIP
    'reggae'
    """

    def __init__(self, run, *, limits=None, trust=(), embedding=None):
        self.run = Run.open(run, trust=trust)
        self.limits = limits or Limits()
        self.nearest_clips = None
        if self.run.target.is_multilabel:
            raise UsageError(
                f"{self.run.path}: its clips have any number of labels, and the page explains one "
                "class of a clip; use predict RUN --proba"
            )
        self.models = FittedModels(self.run)
        self.classes = self.models.classes
        self._embedding = embedding or self.models.embedding
        self._tagger = find_tagger(self._embedding)
        self._calibration = self._calibrate()
        self._scores = self.run.metrics["out_of_fold"][STACK]
        n_classes, f1 = len(self.classes), self._scores.get("per_class_f1", {})
        shape = np.shape(self._scores.get("confusion"))
        if set(f1) != set(self.classes) or shape != (n_classes, n_classes):
            raise damaged(self.run.metrics_path, "without the scores by class")

    def load_training_clips(self, data, *, noise=None, resources):
        """Load the training clips of the run, to find the nearest ones.

        Parameters
        ----------
        data : str or os.PathLike
            Path or URL of the training data. Those that the run names are not opened.
        noise : str or os.PathLike, optional
            The noise folder that was added, for a run with one.
        resources : Resources
            With a cache folder, in which the features of the clips are stored.

        Raises
        ------
        DataError
            If the training data are missing or have changed.
        """
        embedding = self._embedding
        extractor = self.models.extractor if embedding is None else embedding.extractor_
        self.nearest_clips = NearestClips.from_run(
            self.run, extractor, data=data, noise=noise, resources=resources
        )

    def explain(self, path, name=None):
        """Predict one file, and explain the prediction.

        Parameters
        ----------
        path : str or os.PathLike
        name : str, optional
            Name of the file in messages; the last part of ``path`` by default.

        Returns
        -------
        Explanation

        Raises
        ------
        AudioError
            If the file cannot be read or exceeds a limit.
        """
        clip, problems = self._open(path, name or os.path.basename(path))
        proba, windows = self.models.predict_windows(clip)
        proba = proba.sort_values(STACK, ascending=False, kind="stable")
        label, runner_up = proba.index[:2]
        sr = self.models.extractor.sr
        samples = clip.load(sr)
        return Explanation(
            seconds=len(samples) / sr,
            label=label,
            runner_up=runner_up,
            probabilities=proba,
            confidence=self._confidence(label, proba[STACK]),
            reasons=self.models.explain(clip, label, runner_up),
            nearest=self._nearest(clip),
            log_mel=log_mel(samples, sr, hop_length=max(512, -(-len(samples) // _MAX_FRAMES))),
            sr=sr,
            warnings=tuple(problems),
            tags=self._tags(clip),
            windows=windows,
        )

    def predict_many(self, paths, names=None, *, advance=None):
        """Predict several files.

        Parameters
        ----------
        paths : sequence of str or os.PathLike
        names : sequence of str, optional
            Names of the files in the table and in messages; their paths by default.
        advance : callable, optional
            Called with 1 after each file.

        Returns
        -------
        Predictions
        """
        read, rows, problems, warned = [], [], [], []
        for path, name in zip(paths, names or map(os.fspath, paths), strict=True):
            try:
                clip, clip_warnings = self._open(path, name)
                rows.append(self.models.predict(clip)[STACK].to_numpy())
                read.append(name)
                warned += clip_warnings
            except AudioError as error:
                problems.append(str(error))
            if advance is not None:
                advance(1)
        proba = pd.DataFrame(np.reshape(rows, (-1, len(self.classes))), columns=self.classes)
        labels = np.asarray(self.classes, dtype=object)[proba.to_numpy().argmax(axis=1)]
        table = ClipList(read, read).to_table(labels, proba)
        return Predictions(table, tuple(problems), tuple(warned))

    def _open(self, path, name):
        """Return a file as a clip, and the list that collects warnings when it is read."""
        self.limits.check(path, name)
        problems = []

        def load(sr):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", AudioWarning)
                try:
                    # Headers may be wrong, so what counts is what is decoded.
                    samples = read_clip(path, sr, max_samples=self.limits.max_samples)
                except AudioError as error:
                    # The name that the sender gave the file, not that of the uploaded copy.
                    raise AudioError(name, error.problem) from error
            if len(samples) > self.limits.max_seconds * sr:
                seconds, limit = len(samples) / sr, self.limits.max_seconds
                raise AudioError(name, f"is {seconds:.0f} s long; the limit is {limit:g} s: cut it")
            problems.extend(str(one.message).replace(os.fspath(path), name) for one in caught)
            return samples

        return CachedClip(load), problems

    def _nearest(self, clip):
        if self.nearest_clips is None:
            return ()
        return self.nearest_clips.nearest(clip.row(self.nearest_clips.extractor))

    def _tags(self, clip):
        if self._tagger is None:
            return ()
        (proba,) = clip.row(self._tagger.extractor).to_numpy()
        return tuple(name_tags(pd.Series(proba, self._tagger.tags)))

    def _calibrate(self):
        """Fit a temperature to the nested out-of-fold probabilities of the stack."""
        oof = self.run.read_table("ledger/oof")
        return TemperatureScaling().fit(model_proba(oof, STACK, self.classes), oof["label"])

    def _confidence(self, label, proba):
        calibrated = self._calibration.transform(proba.to_numpy()[None])[0]
        position = self.classes.index(label)
        predicted = np.array(self._scores["confusion"])[:, position]
        return Confidence(
            probability=float(calibrated.max()),
            f1=self._scores["per_class_f1"][label],
            n_predicted=int(predicted.sum()),
            n_correct=int(predicted[position]),
        )
