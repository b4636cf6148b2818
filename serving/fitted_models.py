"""Models of a run in memory, to predict and explain single clips.

A clip is read once per sample rate, and its features are extracted once per extractor.
"""

from functools import cached_property, partial

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR, clip_key
from ..audio.windows import MIN_WINDOW, cut_evenly, is_longer
from ..features import Extractor
from ..features.transformer import ClipTransformer
from ..models import AudioEmbedding, set_resources
from ..models.importance import (
    classifier_inputs,
    feature_contributions,
    sum_by_family,
    supports_contributions,
)
from ..models.inspection import find_extractors, find_parts, leading_extractor
from ..runs import STACK
from ..runs.clip_list import average_windows
from ..runs.fitting.meta_fit import predict_stack
from ..runs.prediction.windows import WindowPredictions, trained_lengths
from ..runs.predictions import METHOD
from ..stacking.out_of_fold import predict_with, prediction_table
from .explanations import Reasons


class FittedModels:
    """Fold models and meta-model of a run.

    Parameters
    ----------
    run : Run
        Finished. Loading its models runs no code of the run; torch is imported only for networks.

    Attributes
    ----------
    classes : list of str
    folds : dict of str to list of estimator
        Fold models by name.
    """

    def __init__(self, run):
        self._run = run
        self.classes = run.metrics["classes"]
        self.folds = {
            name: [set_resources(run.load_model(name, fold)) for fold in run.fitted_folds(name)]
            for name in run.model_names
        }
        self._final = run.load_model(STACK)
        self._lengths = _usable(run.window_lengths())
        # A run on mashups predicts clips whole, and has windows of their lengths if requested.
        self._timeline_lengths = self._lengths or _usable(trained_lengths(run))

    @cached_property
    def extractor(self):
        """The handcrafted extractor with the most features; the default one where there is none."""
        found = [e for models in self.folds.values() for e in find_extractors(models[0])]
        handcrafted = [extractor for extractor in found if isinstance(extractor, Extractor)]
        return max(handcrafted, key=lambda extractor: len(extractor.names), default=Extractor())

    @cached_property
    def embedding(self):
        """The AudioEmbedding of the first model that has one; None where there is none."""
        found = (e for models in self.folds.values() for e in find_parts(models[0], AudioEmbedding))
        return next(found, None)

    def predict(self, clip):
        """Predict the class probabilities of one clip by every model and by the stack.

        Parameters
        ----------
        clip : CachedClip

        Returns
        -------
        DataFrame of shape (n_classes, n_models + 1)
            Rows in the order of ``classes``; equal to those of :func:`~stemstack.runs.predict_run`.
            Of a clip that is longer than the windows that models were trained on, the geometric
            mean of its windows.
        """
        return self._average([self._predict(part) for part in _cut(clip, self._lengths)[1]])

    def predict_windows(self, clip):
        """Predict the class probabilities of one clip, and of its windows.

        Parameters
        ----------
        clip : CachedClip

        Returns
        -------
        proba : DataFrame of shape (n_classes, n_models + 1)
            As from :meth:`predict`.
        windows : WindowPredictions or None
            Those of ``predict --windows``; None where the clip is not longer than the windows, or
            mashups, that models were trained on.
        """
        places, parts = _cut(clip, self._timeline_lengths)
        if not places:
            return self.predict(clip), None
        tables = [self._predict(part) for part in parts]
        stacked = np.array([table[STACK] for table in tables])
        windows = WindowPredictions.from_windows(places, self.classes, stacked)
        return self.predict(clip) if self._lengths is None else self._average(tables), windows

    def _average(self, tables):
        """Return the geometric mean of the predictions of a clip's windows."""
        proba = average_windows(np.array([table.to_numpy().T for table in tables]))
        return pd.DataFrame(proba.T, index=self.classes, columns=tables[0].columns)

    def _predict(self, clip):
        parts = {}
        for name, models in self.folds.items():
            with self._run.using_model(name):
                mean = sum(_predict(model, clip) for model in models) / len(models)
                parts[name] = prediction_table(name, mean, self.classes)
        with self._run.using_model(STACK):
            proba = predict_stack(self._final, parts, self.classes)
        return pd.DataFrame({name: rows[0] for name, rows in proba.items()}, index=self.classes)

    def explain(self, clip, label, runner_up):
        """Split the preference between two classes by feature family, for models that support it.

        Parameters
        ----------
        clip : CachedClip
        label, runner_up : str

        Returns
        -------
        tuple of Reasons
        """
        first, second = self.classes.index(label), self.classes.index(runner_up)
        windows, reasons = _cut(clip, self._lengths)[1], []
        for name, models in self.folds.items():
            parts = [
                _split(model, window, first, second)
                for model in models
                if supports_contributions(model)
                for window in windows
            ]
            if parts:
                mean = pd.concat(parts, axis=1).mean(axis=1)
                families = sum_by_family(mean.iloc[:-1])
                reasons.append(Reasons(name, float(mean.sum()), float(mean.iloc[-1]), families))
        return tuple(reasons)


class CachedClip:
    """Clip that caches its samples by sample rate and its features by extractor.

    Parameters
    ----------
    load : callable
        Returns the mono float32 samples at a sample rate in Hz.
    """

    def __init__(self, load):
        self._load = load
        self._samples, self._rows, self._parts = {}, {}, {}

    def load(self, sr):
        """Return the samples at a sample rate in Hz; models take this object as a clip."""
        if sr not in self._samples:
            self._samples[sr] = self._load(sr)
        return self._samples[sr]

    def key(self):
        """Return a hash of the content."""
        return clip_key(self.load(DEFAULT_SR))

    def row(self, extractor):
        """Return the features as a DataFrame of one row."""
        if extractor not in self._rows:
            values = extractor(self.load(extractor.sr))
            self._rows[extractor] = pd.DataFrame(values[None], columns=extractor.names)
        return self._rows[extractor]

    def part(self, window):
        """Return a window of the clip as a clip, which caches its features, too."""
        if window not in self._parts:
            self._parts[window] = CachedClip(partial(_load_part, self, window))
        return self._parts[window]


def _usable(lengths):
    """Return lengths of windows; None where clips of that length cannot be cut."""
    return lengths if lengths and np.median(lengths) >= MIN_WINDOW else None


def _cut(clip, lengths):
    """Return the windows of a clip, none if it is not longer than ``lengths``, and its parts."""
    seconds = 0.0 if lengths is None else len(clip.load(DEFAULT_SR)) / DEFAULT_SR
    if lengths is None or not is_longer(seconds, lengths):
        return [], [clip]
    places = cut_evenly("", seconds, float(np.median(lengths)))
    return places, [clip.part(place) for place in places]


def _load_part(clip, window, sr):
    return clip.load(sr)[round(window.start * sr) : round(window.stop * sr)]


def _predict(model, clip):
    """Predict a clip; all models that begin with the same extraction share its row."""
    first = model.steps[0][1] if isinstance(model, Pipeline) else None
    if not isinstance(first, ClipTransformer):
        return predict_with(model, [clip], METHOD)
    if isinstance(first, AudioEmbedding):
        first.check_network()
    return predict_with(model[1:], clip.row(first.extractor_), METHOD)


def _split(model, clip, first, second):
    """Return what each feature adds to the logit of one class over another, and the base last."""
    row = classifier_inputs(model, clip.row(leading_extractor(model)))
    added = feature_contributions(model[-1], row)
    return pd.Series(added[first] - added[second], index=[*row.columns, "base"])
