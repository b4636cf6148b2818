"""Matching: the tuning that ``fit`` does before it samples mashups."""

import json
from dataclasses import replace

import yaml

from ...exceptions import DataError
from ...mashups import Settings
from .tune import TuneBudget, tune_settings

# Of the values of ``fit --match``.
MATCH_BUDGETS = {
    "read": TuneBudget(n_rounds=0, gap_clips=100),
    "quick": TuneBudget(n_pilots=300, n_rounds=1, gap_clips=100),
    "full": TuneBudget(n_pilots=300, n_rounds=4, gap_clips=200),
}
# Of a time limit, after which no further round is started.
_TIME_SHARE = 0.1


def match_settings(
    data,
    settings,
    *,
    budget=MATCH_BUDGETS["read"],
    required=False,
    time_limit=None,
    resources,
):
    """Tune the mashup settings of a run to its test clips.

    Parameters
    ----------
    data : DataSet
    settings : dict
        Mashup settings to start from, as plain data.
    budget : TuneBudget
        Default: durations are read from the test clips, and nothing else.
    required : bool, default=False
        Whether data that allow no tuning are an error; otherwise a message is logged, but for clips
        that are not mixed.
    time_limit : float, optional
        Time for the whole run in s, of which at most a tenth is used.
    resources : Resources
        The outcome is logged in its progress.

    Returns
    -------
    settings : dict
        Those that were passed if they match already, or if the data allow no tuning.
    files : dict of str to str
        Texts by file name: ``settings.yaml``, and ``match.json`` with the tuning. Empty if the data
        allow none.

    Raises
    ------
    DataError
        The tuning is required, and the data allow none.

    See Also
    --------
    tune_settings : The tuning.
    stemstack.runs.fit_run : Takes this function as ``match``.

    Examples
    --------
    >>> from stemstack.domain_shift.tuning import match_settings
    >>> from stemstack.runs import Config, fit_run
    >>> fit_run(Config("DATA"), "RUN", match=match_settings)  # doctest: +SKIP
    """
    if not (data.has_stems or required):
        return settings, {}
    if time_limit is not None:
        budget = replace(budget, max_seconds=_TIME_SHARE * time_limit)
    log = resources.progress.log
    try:
        tuning = tune_settings(data, Settings.from_dict(settings), budget, resources=resources)
    except DataError as error:
        if required:
            raise
        log(f"mashup settings are not matched to the test: {error}")
        return settings, {}
    for line in describe_tuning(tuning):
        log(line)
    found = tuning.settings.to_dict() if tuning.is_changed else settings
    return found, {
        "settings.yaml": yaml.safe_dump(tuning.settings.to_dict(), sort_keys=False),
        "match.json": json.dumps(tuning.to_dict(), indent=1) + "\n",
    }


def describe_tuning(tuning):
    """Describe the outcome of a tuning in one line, or three.

    Parameters
    ----------
    tuning : Tuning

    Returns
    -------
    list of str
    """
    before, after, found = tuning.before.auc, tuning.after.auc, tuning.settings
    if not tuning.is_changed:
        return [
            f"mashup settings are left as they are, which match the test best: AUC {before:.3f}"
        ]
    lengths = ", ".join(
        f"{low:.4g} s" if low == high else f"{low:.4g} to {high:.4g} s"
        for _, low, high in found.durations
    )
    read, generators = f"durations {lengths}", "the rest is that of the settings before"
    if tuning.rounds:
        read = f"normalised by {found.normalize}, {read}"
        n_pilots, n_generators = tuning.rounds[-1].n_pilots, len(found.components)
        generators = f"inferred from {n_pilots} mashups: a mixture of {n_generators} generators"
    return [
        f"a classifier separates mashups from test clips with AUC {before:.3f} before matching and "
        f"{after:.3f} after (0.5: not at all)",
        f"read from the test clips: {read}",
        generators,
    ]
