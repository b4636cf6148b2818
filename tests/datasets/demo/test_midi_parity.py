"""The MIDI files written by mido hold the messages of the hand-written encoder."""

import io

import numpy as np
import pytest

from stemstack.datasets.demo import midi, old_midi
from stemstack.datasets.demo.composer import compose
from stemstack.datasets.demo.genres import GENRES
from stemstack.datasets.demo.plan import sample_plan

mido = pytest.importorskip("mido")


@pytest.mark.parametrize("genre", GENRES)
def test_messages_equal_those_of_old_encoder(genre):
    rng = np.random.default_rng(0)
    score = compose(sample_plan(genre, 5.0, rng), rng)
    for parts in score.stems.values():
        for tuning in (0, 12):
            new, old = (
                mido.MidiFile(file=io.BytesIO(m.midi_bytes(parts, score.bpm, 5.0, tuning)))
                for m in (midi, old_midi)
            )
            assert new.tracks == old.tracks
            assert (new.type, new.ticks_per_beat) == (old.type, old.ticks_per_beat) == (0, 480)
