"""The picture of a gap: how well each family of features tells two sets apart, and what differs."""

from ...exceptions import UsageError, import_optional
from ...utils.atomic_write import atomic_path

_SUFFIXES = (".png", ".svg", ".pdf")
_BAR, _REST = "#3b6ea5", "#b9c4cf"
_MOST = 10


def check_picture(path):
    """Refuse a picture that could not be drawn, before anything is computed for it.

    Parameters
    ----------
    path : str or os.PathLike

    Raises
    ------
    UsageError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    MissingExtraError
        The ``report`` extra is not installed.
    """
    if not str(path).lower().endswith(_SUFFIXES):
        raise UsageError(f"{path}: a picture's name must end in one of {', '.join(_SUFFIXES)}")
    import_optional("matplotlib.figure", "report")


def draw_gap_picture(path, *, title, families, differences):
    """Draw a gap into a file.

    Parameters
    ----------
    path : str or os.PathLike
        Ends in ``.png``, ``.svg`` or ``.pdf``; written whole or not at all.
    title : str
    families : dict of str to float
        AUC by family of features.
    differences : sequence of (str, float, bool)
        What differs in words, its effect from -1 to 1, and whether chance is ruled out; the first
        ten are drawn, those that chance may explain in grey.

    Raises
    ------
    UsageError, MissingExtraError
        As :func:`check_picture`.
    """
    check_picture(path)
    figure_module = import_optional("matplotlib.figure", "report")
    n_rows = max(len(families), min(len(differences), _MOST))
    figure = figure_module.Figure(figsize=(13, 1.6 + 0.27 * n_rows), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _draw_families(left, families)
    _draw_differences(right, differences[:_MOST])
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_families(axes, families):
    """Draw a bar a family, from chance (0.5) to its AUC."""
    names = list(families)[::-1]
    axes.barh(names, [families[name] - 0.5 for name in names], left=0.5, color=_BAR)
    axes.axvline(0.5, color="black", linewidth=0.8)
    axes.set_xlim(min(0.4, *families.values()), 1.0)
    axes.set_xlabel("AUC from this family alone (0.5: not told apart)")
    _lighten(axes)


def _draw_differences(axes, differences):
    """Draw a bar a difference, by its effect, with its words."""
    shown = list(differences)[::-1]
    effects = [effect for _, effect, _ in shown]
    colours = [_BAR if certain else _REST for _, _, certain in shown]
    axes.barh(range(len(shown)), effects, color=colours)
    axes.axvline(0.0, color="black", linewidth=0.8)
    for row, (words, effect, _) in enumerate(shown):
        # On the empty side of the bar, so that the two never overlap.
        side, place = ("right", -0.02) if effect > 0 else ("left", 0.02)
        axes.text(place, row, words, ha=side, va="center", fontsize=8)
    axes.set_yticks([])
    axes.set_xlim(-1.0, 1.0)
    axes.set_xlabel("effect (Cliff's delta); grey: chance may explain it")
    _lighten(axes)


def _lighten(axes):
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
