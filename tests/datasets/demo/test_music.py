"""Styles of the genres: parsed from their table."""

from stemstack.datasets.demo.music import STYLES, parse_players


def test_players_pair_instruments_with_patterns():
    assert parse_players({"piano": "pad, loop", "harp: low": "arpeggio"}) == (
        ("piano", "pad"),
        ("piano", "loop"),
        ("harp: low", "arpeggio"),
    )


def test_styles_have_values_or_defaults():
    assert STYLES["blues"].tempo == (66, 132) and STYLES["blues"].swing == (0.58, 0.67)
    assert STYLES["metal"].swing == (0.5, 0.5) and STYLES["metal"].drums[0][0] == "power kit"
