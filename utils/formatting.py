"""Numbers, durations and lists of names as text."""


def format_number(value):
    """Format a number with three significant digits, or as an integer from 1000 on.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> format_number(0.012345), format_number(1234.5)
    ('0.0123', '1234')
    """
    return f"{value:.0f}" if 1000 <= abs(value) < float("inf") else f"{value:.3g}"


def format_duration(seconds):
    """Format a duration with its two largest units.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str

    Examples
    --------
    >>> format_duration(4.21), format_duration(312), format_duration(9000)
    ('4.2 s', '5 min 12 s', '2 h 30 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if round(seconds) < 3600:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def format_names(names, limit=5):
    """Format the first few names of a list, with the total number if some are left out.

    Parameters
    ----------
    names : iterable of str
    limit : int, default=5

    Returns
    -------
    str

    Examples
    --------
    >>> format_names("abcdefg", limit=2)
    'a, b, … (7 in all)'
    """
    names = list(names)
    more = f", … ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
