"""Report and model card of a run."""

import re
from pathlib import Path

from ..datasets.label_sets import explode_labels
from ..runs.prediction.evaluate import read_test_labels
from ..runs.run import STACK
from ..utils.atomic_write import write_text
from ..utils.formatting import visible
from ..utils.lazy_import import import_blocking
from ..utils.threads import one_blas_thread
from .evaluation import collect_evaluations, headline, key_figures, scores_table
from .html.blocks import render_page
from .section import ReportInputs
from .sections import SECTIONS


@one_blas_thread()
def write_report(
    run,
    *,
    answers=None,
    out=None,
    audio=True,
    data=None,
    noise=None,
    resources=None,
    embedding=None,
    sections=SECTIONS,
):
    """Write the report of a run as one self-contained HTML file.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike, optional
        CSV of the labels of the test clips, as for :func:`~stemstack.runs.evaluate_run`.
    out : str or os.PathLike, optional
        File to write; ``report.html`` in the run by default.
    audio : bool, default=True
        Whether clips can be played, about 1 MB of the page.
    data : str or os.PathLike, optional
        Path or URL of the run's data set. Without it the report is made from the run's tables only,
        which takes seconds: sections that need the data set are left out. The data set that the run
        names is not opened.
    noise : str or os.PathLike, optional
        The noise folder that was added, for a run with one.
    resources : Resources, optional
        With a cache folder; needed with ``data``.
    embedding : AudioEmbedding, optional
        Network for nearest clips and tags, if there are ``data``; by default that of a model of the
        run.
    sections : sequence of Section, default=SECTIONS
        Sections in their order.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    DataError
        If the answers do not fit the run.
    MissingExtraError
        If the ``report`` extra is not installed.

    See Also
    --------
    Section : A section of the report.
    write_model_card : Summary of a run as Markdown.

    Examples
    --------
    >>> from stemstack.reports import write_report
    >>> from stemstack.runs import Run
    >>> write_report(Run.open("RUN"), answers="answers.csv")  # doctest: +SKIP
    PosixPath('RUN/report.html')
    """
    test_labels = None if answers is None else read_test_labels(run, answers)
    inputs = ReportInputs(
        run,
        collect_evaluations(run, test_labels),
        test_labels,
        audio,
        resources,
        data,
        noise,
        embedding,
    )
    bodies = [(section.anchor, section.title, section.body(inputs)) for section in sections]
    page = render_page(
        title=run.path.resolve().name,
        headline=headline(run, inputs.evaluations),
        key_figures=key_figures(run, inputs.evaluations),
        sections=[section for section in bodies if section[-1] is not None],
    )
    path = run.path / "report.html" if out is None else Path(out)
    write_text(path, page)
    return path


@one_blas_thread()
def write_model_card(run):
    """Write ``model_card.md``: models, training data, scores and limits of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Path
        The file that was written.

    See Also
    --------
    write_report : The scores in detail.

    References
    ----------
    Mitchell, M. et al. (2019). Model cards for model reporting. FAT*.

    Examples
    --------
    >>> from stemstack.reports import write_model_card
    >>> from stemstack.runs import Run
    >>> write_model_card(Run.open("RUN"))  # doctest: +SKIP
    PosixPath('RUN/model_card.md')
    """
    cells = run.read_table("ledger/oof")["label"]
    counts = explode_labels(cells, run.config.label_separator).value_counts().sort_index()
    by_class = ", ".join(f"{label} {count}" for label, count in counts.items())
    final_estimator = run.load_model(STACK)
    card = import_blocking("skops.card").Card(final_estimator, template=None)
    card.add(
        **{
            "Model": "Fold models of several kinds, averaged by kind and stacked by a meta-model "
            "over their out-of-fold probabilities. Made with stemstack.",
            "Model/Meta-model": _escape_markdown(repr(final_estimator)),
            "Data": _escape_markdown(
                f"{len(cells)} training clips from {run.config.data}: {by_class}."
                f"{_describe_self_training(run)}"
            ),
            "Scores": f"Macro F1; the stack's is nested.\n\n{_code_block(scores_table(run))}",
            "Limits": "The scores hold for clips made as the training clips were: other mixing, "
            "noise or genres lower them. Probabilities are not calibrated beyond the meta-model.",
            "How to repeat it": _code_block(
                run.config_path.read_text(encoding="utf-8"), language="yaml"
            ),
        }
    )
    path = run.path / "model_card.md"
    write_text(path, card.render())
    return path


def _describe_self_training(run):
    """Return sentences on the models that were fitted on test clips too."""
    found = run.metrics.get("self_training", {})
    return "".join(
        f" {name} was also trained on {one['n_clips']:.0f} test clips with its own labels."
        for name, one in found.items()
        if one["n_clips"]
    )


def _escape_markdown(text):
    """Escape what Markdown would turn into HTML, links, code or tables."""
    return re.sub(r"([\\`*<>\[\]|]|&(?=#?\w+;))", r"\\\1", visible(text))


def _code_block(text, language=""):
    """Return a code block whose fence is longer than all backticks in the text."""
    text = visible(text, keep="\n\t")
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
