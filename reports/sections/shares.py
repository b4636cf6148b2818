"""The data behind a run: folds, shares of the classes, and what was left out."""

from ..section import Section, bullets, figure, fold, heading, paragraph, percent, table
from ..svg import MAIN, SECOND, THIRD, draw_svg
from .rows import WIDTH, height, name_rows, put_legend

_MOST = 40
_LOOKS = {"training": (THIRD, "|", 11), "guess, out of fold": (MAIN, "o", 5)}


def shares_section(balance, shares, hint, left_out):
    """Show how classes are spread over folds, guesses and the test.

    Parameters
    ----------
    balance : DataFrame of shape (n_classes, n_folds)
        Training clips by class and the fold they are held out in.
    shares : DataFrame
        A row a class; columns ``training``, ``guess, out of fold`` and, where there is a test,
        ``guess, test``: shares of the clips, each summing to 1.
    hint : str
        What the shares say of the test, in words.
    left_out : list of str
        Test clips that could not be read.

    Returns
    -------
    Section
    """
    shown = shares.sort_values(shares.columns[-1], kind="stable").iloc[-_MOST:]
    svg = draw_svg(
        lambda axes: _draw(axes, shown),
        name="shares",
        alt=_alt(shares),
        size=(WIDTH, height(len(shown))),
    )
    body = paragraph(hint) + figure(
        svg, "How often each class occurs, and how often it is guessed."
    )
    body += fold("shares as a table", table(shares.rename_axis("class"), "Share of the clips"))
    body += heading("Folds")
    counted = balance.assign(all=balance.sum(axis=1)).rename_axis("class")
    body += table(counted, "Training clips by class and the fold they are held out in")
    if left_out:
        body += heading("Test clips left out")
        body += paragraph(
            f"{len(left_out)} test clips could not be read and are not in the submission:"
        )
        body += bullets(left_out)
    return Section("data", "Classes and folds", body)


def _alt(shares):
    last = shares.iloc[:, -1].sort_values(ascending=False, kind="stable")
    most, least = percent(last.iloc[0], 1), percent(last.iloc[-1], 1)
    return (
        f"Share of each class: {', '.join(shares.columns)}. {last.name}: {last.index[0]} most "
        f"({most}), {last.index[-1]} least ({least})."
    )


def _draw(axes, shares):
    rows = range(len(shares))
    for name in shares:
        colour, marker, size = _LOOKS.get(name, (SECOND, "D", 5))
        edge = {"markeredgewidth": 2} if marker == "|" else {}
        axes.plot(
            shares[name], rows, marker, color=colour, markersize=size, label=name, zorder=3, **edge
        )
    axes.set_xlim(0, shares.to_numpy().max() * 1.1)
    name_rows(axes, list(shares.index))
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    put_legend(axes)
