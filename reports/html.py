"""The report: one self-contained HTML file made from tables."""

from pathlib import Path

from ..errors import require

_TEMPLATES = Path(__file__).parent / "templates"


def render_report(*, title, classes, sides, balance, left_out, config):
    """Render a run's report as HTML.

    Parameters
    ----------
    title : str
    classes : list of str
    sides : dict of str to dict
        Scores by model, as :func:`score_classes` gives them, by name of the side: such as out of
        fold, or against known answers.
    balance : DataFrame of shape (n_classes, n_folds)
        Training clips by class and fold.
    left_out : list of str
        Test clips that could not be read.
    config : str
        The configuration as YAML.

    Returns
    -------
    str
        A page that asks for nothing outside itself.

    Raises
    ------
    MissingExtraError
        The ``report`` extra is not installed.
    """
    jinja2 = require("jinja2", "report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        title=title,
        classes=classes,
        models=list(next(iter(sides.values()))),
        sides=[{"name": name, "scores": scores} for name, scores in sides.items()],
        balance=balance,
        left_out=left_out,
        config=config,
    )
