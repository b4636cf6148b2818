"""Scores as plain text."""

from stemstack.reports import scores_table


def test_the_score_table_lines_up():
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.75}}
    answers = {"lr": {"macro_f1": 0.25}, "stack": {"macro_f1": 1}}
    lines = scores_table({"out of fold": scores, "answers": answers})
    assert [line.split() for line in lines.splitlines()[1:]] == [
        ["lr", "0.500", "0.250"],
        ["stack", "0.750", "1.000"],
    ]
