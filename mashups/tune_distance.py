"""How far a trial's clips are from the target's, along what the searched parameters move.

A plain distance between summaries is mostly that of the songs. So pilots, mashups by parameters at
random, teach a regression from summaries to parameters; two sets of clips are close when it reads
the same parameters off them.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import RidgeCV

from .checks import TEMPO_MODES
from .tune_space import KNOBS

_PENALTIES = tuple(np.logspace(1, 5, 17))
# In deviations among the pilots: what lies beyond all they show is no guide to how far.
_BEYOND = 4.0
_NAMES = (*(knob.name for knob in KNOBS), *TEMPO_MODES, "gain", "noise", "lowpass")


@dataclass(frozen=True)
class Distance:
    """The distance of summaries from a target's, learnt from pilots.

    Attributes
    ----------
    centre, scale : ndarray of shape (n_statistics,)
        Of the summaries among the pilots.
    model : estimator
        From standardised summaries to the coordinates of the parameters.
    weights : ndarray of shape (n_coordinates,)
        How well each is read off pilots the regression has not seen: R², 0 for those that are not.
    target : ndarray of shape (n_coordinates,)
        What is read off the target.
    """

    centre: np.ndarray
    scale: np.ndarray
    model: object
    weights: np.ndarray
    target: np.ndarray

    @classmethod
    def learn(cls, summaries, parameters, target):
        """Learn a distance.

        Parameters
        ----------
        summaries : ndarray of shape (n_pilots, n_statistics)
        parameters : sequence of dict
            Those of the pilots.
        target : ndarray of shape (n_statistics,)
            The target's summary.

        Returns
        -------
        Distance

        References
        ----------
        Fearnhead and Prangle, "Constructing summary statistics for approximate Bayesian
        computation: semi-automatic ABC", JRSS B 2012.
        """
        summaries = np.asarray(summaries)
        centre, scale = summaries.mean(axis=0), summaries.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        X = _standardise(summaries, centre, scale)
        wanted = np.array([coordinates(row) for row in parameters])
        model = RidgeCV(alphas=_PENALTIES, alpha_per_target=True).fit(X, wanted)
        # The best scores are those of leaving each pilot out: minus the mean squared errors.
        variance = wanted.var(axis=0)
        unexplained = -model.best_score_ / np.where(variance > 0, variance, np.inf)
        weights = np.where(variance > 0, np.maximum(1 - unexplained, 0.0), 0.0)
        read = model.predict(_standardise(target[None], centre, scale))[0]
        return cls(centre, scale, model, weights, read)

    def cost(self, summary):
        """Measure how far a summary is from the target: 0 where the same is read off both."""
        read = self.model.predict(_standardise(summary[None], self.centre, self.scale))[0]
        return float(np.sum(self.weights * (read - self.target) ** 2))

    def guesses(self, tempo_modes):
        """Give the parameters that are read off the target, each within its range.

        Returns
        -------
        list of dict
            One for each tempo mode, the likeliest first.
        """
        places = dict(zip(_NAMES, self.target, strict=True))
        numbers = {knob.name: knob.value(places[knob.name]) for knob in KNOBS}
        likely = sorted(tempo_modes, key=lambda mode: -places[mode])
        return [{"tempo": mode} | numbers for mode in likely]


def coordinates(parameters):
    """Lay parameters out as numbers, those that act together combined as well.

    Parameters
    ----------
    parameters : dict
        As of :func:`~stemstack.mashups.tune_space.apply`.

    Returns
    -------
    list of float
        Each from 0 to 1: the parameters' places in their ranges, the tempo modes, and how much
        gains lower stems, noise is heard and high frequencies are cut, altogether.
    """
    place = {knob.name: knob.place(parameters[knob.name]) for knob in KNOBS}
    tempo = [float(parameters["tempo"] == mode) for mode in TEMPO_MODES]
    together = [
        place["gain_probability"] * (1 - place["gain_low"]),
        place["noise_probability"] * place["noise_top"],
        place["lowpass_probability"] * (1 - place["lowpass_low"]),
    ]
    return [*place.values(), *tempo, *together]


def _standardise(summaries, centre, scale):
    return np.clip((summaries - centre) / scale, -_BEYOND, _BEYOND)
