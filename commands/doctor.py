"""``doctor``: what is wrong with a data set, and the mends."""

import json
import math

import click

from .names import STEMS
from .options import Names, cache_option, jobs_option, option, quiet_option


@click.command("doctor")
@click.argument("data")
@option("--stems", type=Names(), default=",".join(STEMS), help="Stems to look for.")
@option("--folds", type=int, default=5, help="Folds that every class must have songs for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every file of a finding.")
@jobs_option()
@cache_option()
@quiet_option()
@click.pass_context
def doctor_command(ctx, data, stems, folds, as_json, jobs, cache, quiet):
    """Check DATA and say how to mend what is wrong.

    \b
    stemstack doctor DATA
    stemstack doctor DATA --json > findings.json

    Errors stop fit or spoil it in silence; warnings deserve a look; infos are facts that help to
    choose settings. Exit code 1 when there is an error.
    """
    from ..audio.doctor import examine
    from .doctor_text import print_examination
    from .progress import make_progress

    progress = make_progress(quiet)
    examination = examine(
        data, stems=stems, n_folds=folds, cache=cache, n_jobs=jobs, stage=progress.stage
    )
    if as_json:
        click.echo(json.dumps(_as_data(data, examination), indent=1))
    else:
        print_examination(data, examination)
    ctx.exit(1 if examination.count("error") else 0)


def _as_data(data, examination):
    """Lay the examination out as plain data; JSON has no NaN."""
    from ..audio.doctor import SEVERITIES, loudness_table

    table = loudness_table(examination.files)
    return {
        "data": data,
        "counts": {severity: examination.count(severity) for severity in SEVERITIES},
        "findings": [finding.to_dict() for finding in examination.findings],
        "loudness_lufs": {
            genre: {
                name: None if math.isnan(value) else round(value, 2) for name, value in row.items()
            }
            for genre, row in table.to_dict("index").items()
        },
    }
