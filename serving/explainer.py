"""ClipExplainer: one clip in, everything there is to say of it out; no web page needed."""

import os
import warnings

import numpy as np
import pandas as pd

from ..audio import read_clip
from ..exceptions import AudioError, AudioWarning
from ..features import log_mel
from ..runs import STACK, ClipList, Run
from ..runs.predictions import model_proba
from ..stacking.calibration import TemperatureScaling
from .explanations import Confidence, Explanation, Predictions
from .fitted_models import CachedClip, FittedModels
from .limits import Limits
from .nearest_clips import NearestClips

# Frames of a picture: more than a screen has columns for would only cost time.
_MAX_FRAMES = 1200


class ClipExplainer:
    """Explain the answers of a finished run, clip by clip.

    Parameters
    ----------
    run : str or os.PathLike
        Its directory.
    limits : Limits, optional
    trust : sequence of str, default=()
        The user's own code whose types may be in the models; see
        :func:`~stemstack.models.load_model`.

    Attributes
    ----------
    run : Run
    models : FittedModels
    classes : list of str
    limits : Limits
    neighbourhood : NearestClips or None
        The run's training clips, once :meth:`load_training_clips` found them.

    Raises
    ------
    DataError
        There is no finished run, or its files hold what stemstack does not save.

    Examples
    --------
    >>> explainer = ClipExplainer("demo-out/run")  # doctest: +SKIP
    >>> explainer.explain("clip.wav").label  # doctest: +SKIP
    'reggae'
    """

    def __init__(self, run, *, limits=None, trust=()):
        self.run = Run.open(run, trust=trust)
        self.limits = limits or Limits()
        self.neighbourhood = None
        self.models = FittedModels(self.run)
        self.classes = self.models.classes
        self._calibration = self._calibrate()
        self._scores = self.run.metrics["out_of_fold"][STACK]

    def load_training_clips(self, data=None, *, cache, n_jobs=None, progress=None):
        """Take the run's training clips along, so that the nearest of them can be named.

        Parameters
        ----------
        data : str or os.PathLike, optional
            Where they are now; where they were at the fit by default.
        cache : str or os.PathLike
            Where their features are kept: they are computed once.
        n_jobs : int, optional
        progress : NullProgress, optional

        Raises
        ------
        DataError
            The training data are gone, or are others than those of the run.
        """
        self.neighbourhood = NearestClips.from_run(
            self.run,
            self.models.extractor,
            data=data,
            cache=cache,
            n_jobs=n_jobs,
            progress=progress,
        )

    def explain(self, path, name=None):
        """Explain the answer for one file.

        Parameters
        ----------
        path : str or os.PathLike
        name : str, optional
            What the file is called in messages; the last part of ``path`` by default.

        Returns
        -------
        Explanation

        Raises
        ------
        AudioError
            The file cannot be used, or is beyond a limit.
        """
        name = name or os.path.basename(path)
        clip, noted = self._open(path, name)
        proba = self.models.predict(clip).sort_values(STACK, ascending=False, kind="stable")
        label, runner_up = proba.index[:2]
        sr = self.models.extractor.sr
        samples = clip.load(sr)
        return Explanation(
            seconds=len(samples) / sr,
            label=label,
            runner_up=runner_up,
            probabilities=proba,
            sureness=self._judge(label, proba[STACK]),
            reasons=self.models.explain(clip, label, runner_up),
            neighbours=self._find_neighbours(clip),
            picture=_draw_log_mel(samples, sr),
            sr=sr,
            warnings=tuple(noted),
        )

    def predict_many(self, paths, names=None, *, progress=None):
        """Predict several files.

        Parameters
        ----------
        paths : sequence of str or os.PathLike
        names : sequence of str, optional
            What the files are called in the table and in messages; their paths by default.
        progress : callable, optional
            Called after each file.

        Returns
        -------
        Answers
        """
        good, rows, problems, warned = [], [], [], []
        for path, name in zip(paths, names or map(os.fspath, paths), strict=True):
            try:
                clip, noted = self._open(path, name)
                rows.append(self.models.predict(clip)[STACK].to_numpy())
                good.append(name)
                warned += noted
            except AudioError as error:
                problems.append(str(error))
            if progress is not None:
                progress()
        proba = pd.DataFrame(np.reshape(rows, (-1, len(self.classes))), columns=self.classes)
        labels = np.asarray(self.classes, dtype=object)[proba.to_numpy().argmax(axis=1)]
        table = ClipList(good, good).to_table(labels, proba)
        return Predictions(table, tuple(problems), tuple(warned))

    def _open(self, path, name):
        """Give a file within the limits as a clip, and the list of what turns out odd about it."""
        self.limits.check(path, name)
        noted = []

        def load(sr):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", AudioWarning)
                try:
                    samples = read_clip(path, sr)
                except AudioError as error:
                    # By the name that its sender knows, not that of the uploaded copy.
                    raise AudioError(name, error.problem) from error
            noted.extend(str(one.message).replace(os.fspath(path), name) for one in caught)
            return samples

        return CachedClip(load), noted

    def _find_neighbours(self, clip):
        if self.neighbourhood is None:
            return ()
        return self.neighbourhood.nearest(clip.row(self.neighbourhood.extractor))

    def _calibrate(self):
        """Learn from the nested predictions how much the stack's probabilities claim too much."""
        oof = self.run.read_table("ledger/oof")
        return TemperatureScaling().fit(model_proba(oof, STACK, self.classes), oof["label"])

    def _judge(self, label, stacked):
        calibrated = self._calibration.transform(stacked.to_numpy()[None])[0]
        place = self.classes.index(label)
        guessed = np.array(self._scores["confusion"])[:, place]
        return Confidence(
            confidence=float(calibrated.max()),
            f1=self._scores["per_class_f1"][label],
            n_said=int(guessed.sum()),
            n_right=int(guessed[place]),
        )


def _draw_log_mel(samples, sr):
    hop = max(512, -(-len(samples) // _MAX_FRAMES))
    return log_mel(samples, sr, hop_length=hop)
