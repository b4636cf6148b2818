"""Players are parsed from lines of text."""

from stemstack.datasets.demo.genres import players


def test_players_pair_instruments_with_patterns():
    assert players("piano: pad, loop", "harp: arpeggio") == (
        ("piano", "pad"),
        ("piano", "loop"),
        ("harp", "arpeggio"),
    )
