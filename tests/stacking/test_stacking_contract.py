"""scikit-learn's own tests of ``StackingClassifier``, run on ``OutOfFoldStacker``.

The tests are imported from the installed scikit-learn, with its class substituted; none is copied.
"""

import importlib
from functools import partial
from unittest import mock

import pytest
from sklearn.ensemble import RandomForestClassifier, StackingRegressor

from stemstack.stacking import OutOfFoldStacker

COLUMN_NAMES = "columns are named <name>__<class>, like those of all out-of-fold tables here"
NAMES = "test_get_feature_names_out[{}-StackingClassifier_{}]"
BY_DESIGN = {
    **{
        NAMES.format(passthrough, kind): COLUMN_NAMES
        for passthrough in (True, False)
        for kind in ("multiclass", "binary")
    },
}

# scikit-learn's tests do not turn the warnings of its solvers into errors.
pytestmark = pytest.mark.filterwarnings("ignore")


class StackingClassifier(OutOfFoldStacker):
    """The stacker with the defaults of the class that it stands for."""

    def __init__(
        self,
        estimators,
        final_estimator=None,
        *,
        cv=5,
        stack_method="auto",
        passthrough=False,
        refit=True,
        n_jobs=None,
        random_state=0,
    ):
        super().__init__(
            estimators,
            final_estimator,
            cv=cv,
            stack_method=stack_method,
            passthrough=passthrough,
            refit=refit,
            n_jobs=n_jobs,
            random_state=random_state,
        )


def import_tests():
    """Return scikit-learn's tests of the classifier; those of the regressor are left out."""
    # Fifteen trees in a forest are enough here, and six times as fast.
    forest = partial(RandomForestClassifier, n_estimators=15)
    with (
        mock.patch("sklearn.ensemble.StackingClassifier", StackingClassifier),
        mock.patch("sklearn.ensemble.RandomForestClassifier", forest),
    ):
        module = importlib.import_module("sklearn.ensemble.tests.test_stacking")
    tests = {
        name: test
        for name, test in vars(module).items()
        if name.startswith("test_") and not name.startswith("test_stacking_regressor")
    }
    for test in tests.values():
        test.pytestmark = [without_regressors(mark) for mark in getattr(test, "pytestmark", ())]
    return tests


def without_regressors(mark):
    if mark.name != "parametrize":
        return mark
    names, cases = mark.args
    ids = mark.kwargs.get("ids") or [None] * len(cases)
    cases_left = [
        pytest.param(*(case if "," in names else [case]), id=name)
        for case, name in zip(cases, ids, strict=True)
        if not is_about_regressors(case)
    ]
    return pytest.mark.parametrize(names, cases_left).mark


def is_about_regressors(case):
    values = case if isinstance(case, tuple) else (case,)
    return any(
        value is StackingRegressor or isinstance(value, StackingRegressor) for value in values
    )


@pytest.fixture(autouse=True)
def expected_outcome(request):
    if request.node.name in BY_DESIGN:
        reason = BY_DESIGN[request.node.name]
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def test_at_most_five_tests_differ_by_design():
    assert len(BY_DESIGN) <= 5


globals().update(import_tests())
