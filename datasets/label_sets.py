"""Cells that hold several labels, joined by a separator."""

from .names import normalize_name


def split_labels(text, separator):
    """Return the labels of a cell, sorted and each once.

    Parameters
    ----------
    text : str
        Empty for a clip without labels.
    separator : str or None
        None where the whole cell is one label.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from stemstack.datasets.label_sets import split_labels
    >>> split_labels("rain; bird;bird", ";")
    ['bird', 'rain']
    """
    names = [text] if separator is None else text.split(separator)
    return sorted({normalize_name(name) for name in names} - {""})


def sort_labels(text, separator):
    """Return a cell with its labels in the form in which equal ones are equal text.

    Parameters
    ----------
    text : str
    separator : str or None
        None where the whole cell is one label.

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.datasets.label_sets import sort_labels
    >>> sort_labels("rain; bird", ";"), sort_labels("rain; bird", None)
    ('bird;rain', 'rain; bird')
    """
    return (separator or "").join(split_labels(text, separator))


def explode_labels(cells, separator):
    """Return the labels of a column, one row each; a cell with several has several rows.

    Parameters
    ----------
    cells : Series of str
    separator : str or None
        None where each cell is one label.

    Returns
    -------
    Series of str
        With the index of the cells; with a separator without those that have no label.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.datasets.label_sets import explode_labels
    >>> list(explode_labels(pd.Series(["bird;rain", "", "rain"]), ";").items())
    [(0, 'bird'), (0, 'rain'), (2, 'rain')]
    """
    if separator is None:
        return cells
    return cells.map(lambda cell: split_labels(cell, separator)).explode().dropna()
