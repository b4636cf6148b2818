"""The models of a run in memory: they answer for one clip after another without being read again.

Clips are read once a sample rate and described once an extractor, whatever the number of models.
"""

from functools import cached_property

import pandas as pd

from ..audio import DEFAULT_SR, clip_key
from ..features import Extractor
from ..models import set_resources
from ..models.importance import (
    classifier_inputs,
    feature_contributions,
    sum_by_family,
    supports_contributions,
)
from ..models.inspection import find_extractors, leading_extractor
from ..runs import STACK
from ..runs.fitting.meta_fit import predict_stack
from ..runs.predictions import METHOD
from ..stacking.out_of_fold import predict_with, prediction_table
from .explanations import Reasons


class FittedModels:
    """The fold models of a run and its second level.

    Parameters
    ----------
    run : Run
        Finished. Its models are loaded as :func:`~stemstack.models.load_model` does: a stranger's
        cannot run code. torch is imported only if one is a net.

    Attributes
    ----------
    classes : list of str
    folds : dict of str to list of estimator
        The fold models by name.
    """

    def __init__(self, run):
        self.classes = run.metrics["classes"]
        self.folds = {
            name: [set_resources(run.load_model(name, fold)) for fold in run.model_folds(name)]
            for name in run.model_names
        }
        self._final = run.load_model(STACK)

    @cached_property
    def extractor(self):
        """The widest extractor of a model, or librosa's features where none has any."""
        found = [e for models in self.folds.values() for e in find_extractors(models[0])]
        return max(found, key=lambda extractor: len(extractor.names), default=Extractor())

    def predict(self, clip):
        """Give the probabilities of one clip by every model and by the stack.

        Parameters
        ----------
        clip : CachedClip

        Returns
        -------
        DataFrame of shape (n_classes, n_models + 1)
            In the order of ``classes``; the same as :func:`~stemstack.runs.predict_run` gives.
        """
        parts = {}
        for name, models in self.folds.items():
            mean = sum(_predict(model, clip) for model in models) / len(models)
            parts[name] = prediction_table(name, mean, self.classes)
        said = predict_stack(self._final, parts, self.classes)
        return pd.DataFrame({name: values[0] for name, values in said.items()}, index=self.classes)

    def explain(self, clip, label, runner_up):
        """Tell for each model that can why it prefers one class to another.

        Parameters
        ----------
        clip : CachedClip
        label, runner_up : str

        Returns
        -------
        tuple of Reasons
        """
        first, second = self.classes.index(label), self.classes.index(runner_up)
        reasons = []
        for name, models in self.folds.items():
            explained = [model for model in models if supports_contributions(model)]
            split = [_split(model, clip, first, second) for model in explained]
            if split:
                mean = pd.concat(split, axis=1).mean(axis=1)
                families = sum_by_family(mean.iloc[:-1])
                reasons.append(Reasons(name, float(mean.sum()), float(mean.iloc[-1]), families))
        return tuple(reasons)


class CachedClip:
    """One clip, read and described no more often than needed.

    Parameters
    ----------
    load : callable
        Gives the mono float32 samples at a rate in Hz.
    """

    def __init__(self, load):
        self._load = load
        self._samples, self._rows = {}, {}

    def load(self, sr):
        """Return the samples at a rate in Hz: models take this object as a clip."""
        if sr not in self._samples:
            self._samples[sr] = self._load(sr)
        return self._samples[sr]

    def key(self):
        """Return a hash of the content."""
        return clip_key(self.load(DEFAULT_SR))

    def row(self, extractor):
        """Give the features as a DataFrame of one row."""
        if extractor not in self._rows:
            values = extractor(self.load(extractor.sr))
            self._rows[extractor] = pd.DataFrame(values[None], columns=extractor.names)
        return self._rows[extractor]


def _predict(model, clip):
    extractor = leading_extractor(model)
    if extractor is None:
        return predict_with(model, [clip], METHOD)
    return predict_with(model[1:], clip.row(extractor), METHOD)


def _split(model, clip, first, second):
    """Return what each feature adds to the logit of one class over another, and the base last."""
    row = classifier_inputs(model, clip.row(leading_extractor(model)))
    added = feature_contributions(model[-1], row)
    return pd.Series(added[first] - added[second], index=[*row.columns, "base"])
