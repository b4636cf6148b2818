"""The doctor: looks for every fault of a data set at once, and says how to mend each.

The readers of this room stop at the first fault; the doctor lists what the tree holds, measures
every file once (``measuring``), and then runs checks, each of which takes a plain table and yields
findings.
"""

from .check_dataset import DoctorReport, check_dataset
from .finding import SEVERITIES, Finding
from .signal_checks import loudness_table

__all__ = ["SEVERITIES", "DoctorReport", "Finding", "check_dataset", "loudness_table"]
