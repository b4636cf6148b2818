"""Figure of a domain gap: the AUC of each feature family, and the differences."""

from ...exceptions import UsageError, import_optional
from ...utils.atomic_write import atomic_path

_SUFFIXES = (".png", ".svg", ".pdf")
_BAR, _NOT_SIGNIFICANT = "#3b6ea5", "#b9c4cf"
_MAX_DIFFERENCES = 10


def check_figure_path(path):
    """Check that a figure can be written, before anything is computed for it.

    Parameters
    ----------
    path : str or os.PathLike

    Raises
    ------
    UsageError
        If the name does not end in ``.png``, ``.svg`` or ``.pdf``.
    MissingExtraError
        If the ``report`` extra is not installed.
    """
    if not str(path).lower().endswith(_SUFFIXES):
        raise UsageError(f"{path}: the name of a figure must end in one of {', '.join(_SUFFIXES)}")
    import_optional("matplotlib.figure", "report")


def draw_gap(path, *, title, families, differences):
    """Draw a gap and write it to a file, atomically.

    Parameters
    ----------
    path : str or os.PathLike
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    title : str
    families : dict of str to float
        AUC by feature family.
    differences : sequence of (str, float, bool)
        Description, effect from -1 to 1, and whether it is significant. The first ten are drawn,
        in grey if not significant.

    Raises
    ------
    UsageError
        If the path has another suffix.
    MissingExtraError
        If the ``report`` extra is not installed.
    """
    check_figure_path(path)
    figure_module = import_optional("matplotlib.figure", "report")
    n_rows = max(len(families), min(len(differences), _MAX_DIFFERENCES))
    figure = figure_module.Figure(figsize=(13, 1.6 + 0.27 * n_rows), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _draw_families(left, families)
    _draw_differences(right, differences[:_MAX_DIFFERENCES])
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_families(axes, families):
    """Draw a bar per family, from chance (0.5) to its AUC."""
    names = list(families)[::-1]
    axes.barh(names, [families[name] - 0.5 for name in names], left=0.5, color=_BAR)
    axes.axvline(0.5, color="black", linewidth=0.8)
    axes.set_xlim(min(0.4, *families.values()), 1.0)
    axes.set_xlabel("AUC of this family alone (0.5: chance)")
    _remove_frame(axes)


def _draw_differences(axes, differences):
    """Draw a bar per difference, with its description."""
    rows = list(differences)[::-1]
    colours = [_BAR if significant else _NOT_SIGNIFICANT for _, _, significant in rows]
    axes.barh(range(len(rows)), [effect for _, effect, _ in rows], color=colours)
    axes.axvline(0.0, color="black", linewidth=0.8)
    for row, (description, effect, _) in enumerate(rows):
        # On the empty half of the row, so that text and bar do not overlap.
        align, x = ("right", -0.02) if effect > 0 else ("left", 0.02)
        axes.text(x, row, description, ha=align, va="center", fontsize=8)
    axes.set_yticks([])
    axes.set_xlim(-1.0, 1.0)
    axes.set_xlabel("effect (Cliff's delta); grey: not significant")
    _remove_frame(axes)


def _remove_frame(axes):
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
