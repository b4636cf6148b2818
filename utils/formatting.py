"""Numbers and durations as text."""


def format_number(value):
    """Write a number with three digits, and whole from 1000 on."""
    return f"{value:.0f}" if 1000 <= abs(value) < float("inf") else f"{value:.3g}"


def format_duration(seconds):
    """Write a duration as one reads it.

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
