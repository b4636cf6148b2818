"""What figures with a row a name have in common."""

from ..svg import FAINT, shorten

# In inches: on a phone the letters are as large as in a footnote, not smaller.
WIDTH = 4.8


def height(n_rows, row=0.25):
    """Say how high a figure of rows is, in inches, its axis and legend included."""
    return 0.85 + row * n_rows


def name_rows(axes, names):
    """Name the rows 0, 1, … from the bottom, and leave of the frame what helps to read."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(-0.65, len(names) - 0.35)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def write_beside(axes, x, y, text, *, left=False):
    """Write to the right of a point, or to its left."""
    place, align = ((-4, 0), "right") if left else ((4, 0), "left")
    axes.annotate(
        text, (x, y), place, textcoords="offset points", va="center", ha=align, fontsize=8.5
    )


def put_legend(axes):
    """Put the legend above the axes, in one line."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.03, 1),
        ncols=3,
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.2,
    )
