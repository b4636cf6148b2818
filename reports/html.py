"""The report: one self-contained HTML file made from tables."""

from pathlib import Path

from ..errors import require

_TEMPLATES = Path(__file__).parent / "templates"


def render_report(*, title, classes, out_of_fold, answers, balance, left_out, config):
    """Render a run's report as HTML.

    Parameters
    ----------
    title : str
    classes : list of str
    out_of_fold : dict of str to dict
        Scores by model, the stack's nested, as :func:`score_classes` gives them.
    answers : dict of str to dict or None
        The same against known answers.
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
    sides = [{"name": "out of fold", "scores": out_of_fold}]
    if answers is not None:
        sides.append({"name": "answers", "scores": answers})
    return environment.get_template("report.html").render(
        title=title,
        classes=classes,
        models=list(out_of_fold),
        sides=sides,
        balance=balance,
        left_out=left_out,
        config=config,
    )
