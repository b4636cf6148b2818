"""The vote of meta-models is their mean."""

import numpy as np

from stemstack.stacking import make_blend


def test_vote_is_mean_of_meta_models():
    rng = np.random.default_rng(0)
    y = np.array(list("abc"))[np.arange(60) % 3]
    proba = np.hstack(rng.dirichlet(np.ones(3), size=(2, 60)))
    vote = make_blend("vote").fit(proba, y)
    parts = [make_blend(name).fit(proba, y) for name in ("logistic", "greedy", "nnls")]
    expected = np.mean([part.predict_proba(proba) for part in parts], axis=0)
    np.testing.assert_allclose(vote.predict_proba(proba), expected, atol=1e-12)
