"""Section of a report, and the inputs that sections are computed from."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from .. import __version__
from ..exceptions import DataError, first_line
from ..models import AudioEmbedding
from ..runs import Run
from ..runs.stored_clips import open_data
from ..utils.atomic_write import write_text
from ..utils.cache import read_entry
from ..utils.hashing import content_key, hash_bytes
from ..utils.resources import Resources
from .html.blocks import paragraph


@dataclass(frozen=True, eq=False)
class ReportInputs:
    """Inputs of a report's sections.

    Parameters
    ----------
    run : Run
    evaluations : list of Evaluation
        From :func:`~stemstack.reports.evaluation.collect_evaluations`, the most trustworthy first.
    test_labels : dict of str to str or None, default=None
        Labels of the test clips by id.
    audio : bool, default=True
        Whether clips can be played.
    resources : Resources or None, default=None
        Resources to read and measure the data set with.
    data : str or os.PathLike or None, default=None
        Path or URL of the run's data set; None leaves out the sections that read it.
    noise : str or os.PathLike or None, default=None
        The noise folder that was added, for a run with one.
    embedding : AudioEmbedding or None, default=None
        For nearest clips and tags; by default that of a model of the run, if there is one.

    See Also
    --------
    Section : Computed from these inputs.

    Examples
    --------
    >>> from stemstack.reports import ReportInputs
    >>> ReportInputs(run=None, evaluations=[]).audio
    True
    """

    run: Run
    evaluations: list
    test_labels: dict | None = None
    audio: bool = True
    resources: Resources | None = None
    data: str | os.PathLike | None = None
    noise: str | os.PathLike | None = None
    embedding: AudioEmbedding | None = None

    @cached_property
    def data_set(self):
        """The data set of the run, read at its first use."""
        return open_data(self.run, self.data, noise=self.noise, resources=self.resources)


@dataclass(frozen=True)
class Section:
    """Section of a report: a part that collects data and a part that renders them.

    Parameters
    ----------
    title : str
        Heading, and entry in the table of contents.
    anchor : str
        Unique name of the section within the page, such as ``scores``.
    collect : callable
        ``collect(inputs)`` takes :class:`ReportInputs` and returns plain data: numbers, strings,
        lists, dicts, arrays, tables. Returns None where a run has nothing to show.
    render : callable
        ``render(data)`` turns these data into HTML by :mod:`stemstack.reports.html.blocks`.
    needs_data : bool, default=False
        Whether the data set of the run is read, which may take minutes. Such a section is left out
        of a report without data, and gives the reason where the data set is missing.
    one_label : bool, default=False
        Whether the section is for clips of one class only, and is left out where clips have any
        number of labels.

    See Also
    --------
    stemstack.reports.SECTIONS : The sections of a report, in order.

    Examples
    --------
    >>> from stemstack.reports import ReportInputs, Section
    >>> from stemstack.reports.html.blocks import paragraph
    >>> section = Section(
    ...     title="Models",
    ...     anchor="models",
    ...     collect=lambda inputs: len(inputs.evaluations),
    ...     render=lambda data: paragraph(f"{data} evaluations"),
    ... )
    >>> print(section.body(ReportInputs(run=None, evaluations=[])).strip())
    <p>0 evaluations</p>
    """

    title: str
    anchor: str
    collect: Callable
    render: Callable
    needs_data: bool = False
    one_label: bool = False

    def body(self, inputs):
        """Return the section as HTML.

        Parameters
        ----------
        inputs : ReportInputs

        Returns
        -------
        Markup or None
            None where the section does not apply.
        """
        if self.needs_data and inputs.data is None:
            return None
        if self.one_label and any(one.is_multilabel for one in inputs.evaluations):
            return None
        try:
            data = self.collect(inputs)
        except DataError as error:
            if not self.needs_data:
                raise
            return paragraph(f"This section cannot be computed here. {first_line(error)}")
        return None if data is None else self.render(data)


def cached_result(run, name, compute, **parameters):
    """Compute a result once per state of a run.

    Parameters
    ----------
    run : Run
    name : str
        Name of the file ``<name>.json`` in the run.
    compute : callable
        Returns plain data.
    **parameters
        Plain data that the result depends on, besides the predictions of the run.

    Returns
    -------
    plain data
        Read from the file, which is written again when the run or a parameter has changed.
    """
    path = run.path / f"{name}.json"
    predictions = hash_bytes((run.path / "ledger/oof.parquet").read_bytes())
    key = content_key(predictions=predictions, version=__version__, **parameters)
    found = read_entry(path, _read_result)
    if found is not None and found[0] == key:
        return found[1]
    write_text(path, json.dumps({"key": key, "result": compute()}, indent=1) + "\n")
    return _read_result(path)[1]


def _read_result(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    return document["key"], document["result"]
