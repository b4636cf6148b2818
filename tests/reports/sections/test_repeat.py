"""What is needed to repeat a run."""

import pandas as pd

from stemstack.reports.sections.repeat import repeat_section


def test_command_configuration_versions_and_files_are_there():
    files = pd.DataFrame({"what": ["scores"], "files": [1], "kB": [3]}, ["metrics.json"])
    body = repeat_section("stemstack fit", "data: <d>\n", {"numpy": "2.4.6"}, files).body
    for words in ("stemstack fit", "data: &lt;d&gt;\n", "2.4.6", "metrics.json", "scores"):
        assert words in body
