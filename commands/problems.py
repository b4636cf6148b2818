"""How a batch ends when some of its clips could not be used."""

from ..errors import DataError


def report_problems(problems, outcome):
    """End with exit code 1 and a list, when there are problems; everything else is done by then.

    Parameters
    ----------
    problems : sequence of str
        Each names a file and what is wrong with it.
    outcome : str
        What came of it, such as ``"clips were left out"``.

    Raises
    ------
    DataError
        There are problems.
    """
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise DataError(f"{len(problems)} {outcome}:{listed}")
