"""Selection of generators by the test: density ratios of mashups, and their regression.

A classifier that separates the pilots (mashups of known generators) from the test clips gives the
density ratio of test and pilots at each pilot (Sugiyama et al. 2012). Its expectation over the
mashups of a generator is the factor by which the likelihood of the test changes the generator's
prior probability. One mashup is a noisy sample of it, of songs as well as of a generator; so the
ratio is regressed on the generators' settings, and predicted for candidates that were not rendered.

References
----------
Sugiyama, M., Suzuki, T., Kanamori, T. (2012). Density ratio estimation in machine learning.
Cambridge University Press.
Cranmer, K., Brehmer, J., Louppe, G. (2020). The frontier of simulation-based inference. PNAS 117.
"""

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.linear_model import LogisticRegression

from ..gap.two_sample import gap_scores
from .generators import encode

# Of the probability of all candidates that does not depend on the test.
PRIOR_SHARE = 0.3


def log_density_ratios(X, X_test, groups, seed):
    """Estimate the logarithm of the density of the test, relative to that of pilots, at the pilots.

    Parameters
    ----------
    X, X_test : DataFrame of shape (n_clips, n_features)
    groups : sequence of shape (n_pilots,)
        Pilots of one group share songs.
    seed : int

    Returns
    -------
    log_ratios : ndarray of shape (n_pilots,)
        From classifiers that were not fitted on the pilot.
    auc : float
        Of these classifiers.
    """
    scores, test_scores, auc = gap_scores(X, X_test, groups, seed=seed)
    both = np.concatenate([scores, test_scores])[:, None]
    is_test = np.arange(len(both)) >= len(scores)
    odds = LogisticRegression(C=np.inf).fit(both, is_test).decision_function(scores[:, None])
    return odds + np.log(len(scores) / len(test_scores)), auc


def select_generators(candidates, pilots, log_ratios, n, rng):
    """Sample generators by the density ratios that are predicted for them.

    Parameters
    ----------
    candidates : sequence of Settings
        Generators, distributed like those of the pilots.
    pilots : sequence of Settings
        Generators that a mashup was rendered of.
    log_ratios : ndarray of shape (n_pilots,)
        Of these mashups.
    n : int
        Number of generators to sample, without replacement.
    rng : numpy.random.Generator

    Returns
    -------
    list of Settings
        On average, 30 % of them are sampled regardless of the ratios.
    """
    table = encode([*pilots, *candidates]).to_numpy()
    regressor = _make_regressor().fit(table[: len(pilots)], log_ratios)
    predicted = regressor.predict(table[len(pilots) :])
    weights = np.exp(predicted - predicted.max())
    weights = (1 - PRIOR_SHARE) * weights / weights.sum() + PRIOR_SHARE / len(candidates)
    return [candidates[i] for i in rng.choice(len(candidates), n, replace=False, p=weights)]


def _make_regressor():
    return LGBMRegressor(
        n_estimators=80,
        learning_rate=0.06,
        num_leaves=7,
        min_child_samples=15,
        colsample_bytree=0.7,
        subsample=0.8,
        subsample_freq=1,
        random_state=0,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbose=-1,
    )
