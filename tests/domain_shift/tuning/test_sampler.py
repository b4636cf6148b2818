"""Fast features of clips."""

import numpy as np

from stemstack.domain_shift.tuning.sampler import FAMILIES, compute_fast_features


def test_fast_features_are_of_the_beginning():
    rng = np.random.default_rng(0)
    loud = 0.1 * rng.standard_normal(22050 * 10).astype(np.float32)
    longer = np.concatenate([loud, np.zeros(22050 * 2, np.float32)])
    table = compute_fast_features([loud, longer])
    assert table["duration"].tolist() == [10.0, 12.0]
    features = table.drop(columns=["duration", "rms_dbfs"])
    np.testing.assert_array_equal(features.iloc[0], features.iloc[1])
    assert all(any(name.startswith(family[:4]) for name in table) for family in FAMILIES[:-1])
