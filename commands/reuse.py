"""``reuse``: whether the test clips hold stems of the training songs."""

import json

import click

from ._shared.options import (
    SettingsFile,
    cache_option,
    jobs_option,
    option,
    quiet_option,
    stems_options,
)
from ._shared.outputs import report_skipped_clips

_REUSED = (
    "Test mashups re-use training stems. Validation clips that share songs with the training "
    "clips are like them: the song-shared score of fit --protocol both is what a leaderboard on "
    "such a test rewards, the song-disjoint score is for music not heard before."
)
_NOT_REUSED = (
    "No sign of reuse: keep songs apart between training and validation, as fit does by default; "
    "a song-shared score would be too high."
)
_CANNOT_TELL = (
    "Cannot tell: the check finds no more in mashups that do hold the stems than in those that do "
    "not. Are the stems long enough, and the settings right?"
)


@click.command("reuse")
@click.argument("data")
@option("--settings", type=SettingsFile(), default=None, help="YAML of mashup settings.")
@option("--n", type=click.IntRange(min=2), default=100, help="Mashups of known recipe, about.")
@option("--clips", type=click.IntRange(min=1), default=300, help="Test clips asked, at most.")
@option("--json", "as_json", is_flag=True, help="Print JSON, with every stem found.")
@option("--seed", type=click.IntRange(min=0), default=0, help="Root of all randomness.")
@stems_options
@jobs_option()
@cache_option()
@quiet_option()
def reuse_command(data, settings, n, clips, as_json, stems, allow_missing_stems, quiet, **rest):
    """Tell whether DATA's test clips hold stems of its training songs, and how many do.

    \b
    stemstack reuse DATA --settings settings.yaml

    Stems are looked for by fingerprint, at rates from a half to double, and confirmed by their
    waveform. How far to trust that is measured on mashups of known recipe, drawn by the settings.
    """
    from ..datasets import read_data
    from ..domain_shift.reuse.check import check_reuse
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    reading = {"stems": stems, "allow_missing_stems": allow_missing_stems}
    dataset = read_data(data, **reading, cache=rest["cache"], progress=progress)
    check = check_reuse(
        dataset,
        settings or {},
        n_known=n,
        n_clips=clips,
        seed=rest["seed"],
        cache=rest["cache"],
        n_jobs=rest["jobs"],
        progress=progress,
    )
    click.echo(json.dumps(_to_dict(check), indent=1) if as_json else _to_text(check))
    report_skipped_clips(check.problems, "clips were left out")


def _to_dict(check):
    return {
        "n_stems": check.n_stems,
        "check": check.calibration.to_dict(),
        **check.reuse.to_dict(),
        "clips": [
            {"id": id, "stems": [finding._asdict() for finding in found]}
            for id, found in zip(check.ids, check.findings, strict=True)
        ],
    }


def _to_text(check):
    known, reuse = check.calibration, check.reuse
    own, other = known.stem_recall["own speed"], known.stem_recall["other speed"]
    return "\n".join(
        [
            f"{check.n_stems} training stems looked for in {reuse.flagged.total} test clips.",
            f"The check, measured on {known.recall.total} mashups of known recipe:",
            f"  recall, a stem found where there is one     {_percent(known.recall)}",
            f"  false alarms, one found where there is none {_percent(known.false_alarm)}",
            f"  precision                                   {_percent(known.precision)}",
            f"  precision, stem by stem                     {_percent(known.stem_precision)}",
            f"  recall of the stems at their own speed      {_percent(own)}",
            f"  recall of the stems at another speed        {_percent(other)}",
            f"A stem was found in {_percent(reuse.flagged)} of the test clips.",
            *_verdict(reuse),
        ]
    )


def _verdict(reuse):
    if reuse.rate is None:
        return [_CANNOT_TELL]
    low, high = reuse.interval
    return [
        f"Corrected for both kinds of error, {reuse.rate:.0%} [{low:.0%}, {high:.0%}] hold one.",
        _REUSED if reuse.is_reused else _NOT_REUSED,
    ]


def _percent(share):
    """Write a share with its 95 % interval."""
    if not share.total:
        return "no such stem"
    low, high = share.interval
    return f"{share.value:.0%} [{low:.0%}, {high:.0%}]"
