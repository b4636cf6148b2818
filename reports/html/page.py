"""The report: one self-contained HTML file made from sections."""

from pathlib import Path

from ...exceptions import import_optional

_TEMPLATES = Path(__file__).parent / "templates"


def render_report(*, title, headline, key_figures, sections):
    """Render a run's report as HTML.

    Parameters
    ----------
    title : str
    headline : str
        What came of the run, in a sentence or two.
    key_figures : dict of str to str
        What a number is, and the number: the few to see first.
    sections : sequence of Section
        In their order; each anchor once.

    Returns
    -------
    str
        A page that asks for nothing outside itself, and forbids it to whatever it holds.

    Raises
    ------
    MissingExtraError
        The ``report`` extra is not installed.
    """
    jinja2 = import_optional("jinja2", "report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        title=title, headline=headline, key_figures=key_figures, sections=sections
    )
