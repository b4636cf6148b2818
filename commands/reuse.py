"""``reuse``: check whether test clips contain stems of the training songs."""

import click

from ._shared.grouped import option
from ._shared.options import cache_option, jobs_option, quiet_option, settings_option, stems_options
from ._shared.outputs import report_skipped_clips
from ._shared.terminal import echo, print_json
from ._shared.values import MANY, SEED

_REUSED = (
    "Test mashups reuse training stems. Validation clips that share songs with the training clips "
    "resemble them: the song-shared score of fit --protocol both estimates the score on this test, "
    "the song-disjoint score that on unseen music."
)
_NOT_REUSED = (
    "No sign of reuse: keep songs apart between training and validation, as fit does by default. "
    "A song-shared score would be optimistic."
)
_INCONCLUSIVE = (
    "Inconclusive: the check finds stems no more often in mashups that contain them than in "
    "others. Check the length of the stems and the settings."
)


@click.command("reuse")
@click.argument("data")
@settings_option("record")
@option("--n", type=click.IntRange(2, MANY), default=100, help="Mashups to calibrate on, about.")
@option("--clips", type=click.IntRange(1, MANY), default=300, help="Test clips to check, at most.")
@option("--json", "as_json", is_flag=True, help="Print JSON, with all stems found.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@stems_options
@jobs_option()
@cache_option()
@quiet_option()
def reuse_command(data, settings, n, clips, as_json, stems, allow_missing_stems, quiet, **rest):
    """Estimate how many test clips of DATA contain stems of its training songs.

    \b
    stemstack reuse DATA --settings settings.yaml

    Stems are searched by fingerprint, at half to double speed, and confirmed by their waveform. The
    error rates of the search are measured on mashups with known recipes, sampled by --settings.
    """
    from ..datasets import read_data
    from ..domain_shift.reuse.check import check_reuse
    from ._shared.progress import make_resources

    resources = make_resources(rest["cache"], rest["jobs"], quiet)
    reading = {"stems": stems, "allow_missing_stems": allow_missing_stems}
    dataset = read_data(data, **reading, cache=resources.cache, progress=resources.progress)
    check = check_reuse(
        dataset, settings, n_mashups=n, n_clips=clips, seed=rest["seed"], resources=resources
    )
    if as_json:
        print_json(_to_dict(check))
    else:
        echo(_to_text(check))
    report_skipped_clips(check.problems, "clips were left out")


def _to_dict(check):
    return {
        "n_stems": check.n_stems,
        "check": check.calibration.to_dict(),
        **check.reuse.to_dict(),
        "clips": [
            {"id": clip_id, "stems": [match._asdict() for match in found]}
            for clip_id, found in zip(check.ids, check.matches, strict=True)
        ],
    }


def _to_text(check):
    rates, reuse = check.calibration, check.reuse
    own, other = rates.stem_recall["own speed"], rates.stem_recall["other speed"]
    return "\n".join(
        [
            f"{check.n_stems} training stems were searched in {reuse.flagged.total} test clips.",
            f"Error rates, measured on {rates.recall.total} mashups with known recipes:",
            f"  recall: a stem is found if there is one     {_percent(rates.recall)}",
            f"  false alarms: one is found if there is none {_percent(rates.false_alarm)}",
            f"  precision                                   {_percent(rates.precision)}",
            f"  precision by stem                           {_percent(rates.stem_precision)}",
            f"  recall of stems at original speed           {_percent(own)}",
            f"  recall of stems at another speed            {_percent(other)}",
            f"A stem was found in {_percent(reuse.flagged)} of the test clips.",
            *_verdict(reuse),
        ]
    )


def _verdict(reuse):
    if reuse.rate is None:
        return [_INCONCLUSIVE]
    low, high = reuse.interval
    return [
        f"Corrected for both error rates: {reuse.rate:.0%} [{low:.0%}, {high:.0%}] contain one.",
        _REUSED if reuse.is_reused else _NOT_REUSED,
    ]


def _percent(proportion):
    """Format a proportion with its 95 % interval."""
    if not proportion.total:
        return "no such stems"
    low, high = proportion.interval
    return f"{proportion.value:.0%} [{low:.0%}, {high:.0%}]"
