"""Checks of data sets, with suggested fixes.

The readers of :mod:`stemstack.datasets` stop at the first mistake. The doctor lists all files,
measures each once, and then runs independent checks, each of which yields findings.
"""

from .check_dataset import DoctorReport, check_dataset
from .finding import SEVERITIES, Finding
from .signal_checks import loudness_table

__all__ = ["SEVERITIES", "DoctorReport", "Finding", "check_dataset", "loudness_table"]
