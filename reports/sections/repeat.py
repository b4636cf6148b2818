"""Everything needed to have the same run again."""

import pandas as pd

from ..section import Section, code, fold, heading, paragraph, table


def repeat_section(command, config, versions, files, *, more=""):
    """Say how to repeat a run, and what it left behind.

    Parameters
    ----------
    command : str
    config : str
        The configuration as YAML.
    versions : dict of str to str
        Of what computed, by package.
    files : DataFrame
        A row a file or folder; columns in words.
    more : str
        How to have what is not in this report.

    Returns
    -------
    Section
    """
    installed = pd.DataFrame({"version": versions}).rename_axis("package")
    body = paragraph(
        "With the file below as config.yaml, this command gives the same tables and models, byte "
        "for byte on a CPU, whatever the number of processes:"
    )
    body += code(command)
    body += fold("config.yaml", code(config))
    body += fold("versions", table(installed, "What computed this run"))
    body += fold("files", table(files, "What is in the run"))
    if more:
        body += heading("More") + paragraph(more)
    return Section("repeat", "To repeat it", body)
