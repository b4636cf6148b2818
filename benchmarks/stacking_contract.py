"""scikit-learn's own tests of ``StackingClassifier``, run on ``OutOfFoldStacker``.

Run ``python benchmarks/stacking_contract.py``. The tests are those of the installed scikit-learn,
collected by ``tests/stacking/test_stacking_contract.py``, which lists what differs by design.
"""

import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import sklearn

TESTS = Path(__file__).parents[1] / "tests" / "stacking" / "test_stacking_contract.py"


class Outcomes:
    """pytest plugin that counts outcomes by test function, and those by design by reason."""

    def __init__(self):
        self.counts = Counter()
        self.reasons = Counter()

    def pytest_runtest_logreport(self, report):
        """Count the outcome of one test."""
        name = report.nodeid.split("::")[-1].split("[")[0]
        if report.when != "call" or name == "test_at_most_five_tests_differ_by_design":
            return
        by_design = report.outcome == "skipped"
        self.counts[name, "by design" if by_design else report.outcome] += 1
        if by_design:
            self.reasons[report.wasxfail] += 1


def main():
    """Run the tests, and print one row per test function, then the reasons."""
    outcomes = Outcomes()
    status = pytest.main([str(TESTS), "-q", "-n0", "--no-summary"], plugins=[outcomes])
    table = pd.Series(outcomes.counts).unstack(fill_value=0).sort_index()
    table.loc["total"] = table.sum()
    print(f"\nscikit-learn {sklearn.__version__}\n{table.to_string()}\n")
    for reason, count in outcomes.reasons.items():
        print(f"{count} by design: {reason}")
    return status


if __name__ == "__main__":
    sys.exit(main())
