"""Players are read as they are written."""

from stemstack.datasets.demo.genres import players


def test_players_pair_each_instrument_with_its_patterns():
    assert players("piano: pad, loop", "harp: arpeggio") == (
        ("piano", "pad"),
        ("piano", "loop"),
        ("harp", "arpeggio"),
    )
