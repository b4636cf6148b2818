"""The answer as HTML: complete, and no text from outside becomes markup."""

import re

import numpy as np
import pandas as pd

from stemstack.serving import Confidence, Explanation, NearestClip, Predictions, Reasons
from stemstack.serving.answer_html import message, render_answer, render_answers

EVIL = '<img src=x onerror="alert(1)">'


def make_explanation(label, **changes):
    classes = pd.Index([label, "jazz"])
    values = {
        "seconds": 2.0,
        "label": label,
        "runner_up": "jazz",
        "probabilities": pd.DataFrame({EVIL: [0.5, 0.5], "stack": [0.8, 0.2]}, index=classes),
        "sureness": Confidence(0.8, 0.7, 10, 7),
        "reasons": (Reasons(EVIL, 1.0, 0.5, pd.Series({"tempo": 0.75, "mfcc": -0.25})),),
        "neighbours": (NearestClip(EVIL, EVIL, 0.25),),
        "picture": np.zeros((128, 10)),
        "sr": 22050,
        "warnings": (EVIL,),
    }
    return Explanation(**{**values, **changes})


def test_nothing_from_outside_becomes_markup():
    html = render_answer(make_explanation(EVIL), lambda name: f"/tmp/{EVIL}.wav")
    html += message(EVIL)
    html += render_answers(
        Predictions(pd.DataFrame({"path": [EVIL], "label": EVIL, "p": 1.0}), (EVIL,))
    )
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_bars_are_as_long_as_what_they_show():
    html = render_answer(make_explanation("rock"), str)
    assert 'style="width:80.0%"' in html and 'style="left:50.0%"' in html
    # The largest family fills its half of the track.
    assert 'class="for" style="width:50.0%"' in html
    assert 'class="against" style="width:16.7%"' in html
    assert re.search(r'role="img" aria-label="rock 80%, jazz 20%"', html)


def test_what_is_not_known_is_said():
    html = render_answer(make_explanation("rock", reasons=(), neighbours=()))
    assert "None of the models" in html and "training clips are not at hand" in html


def test_a_table_of_answers_names_what_was_left_out():
    table = pd.DataFrame({"path": ["a.wav"], "label": ["rock"], "jazz": [0.25], "rock": [0.75]})
    html = render_answers(Predictions(table, ("b.wav: is empty",), ("a.wav: cut short",)))
    assert "0.75" in html and "b.wav: is empty" in html and "a.wav: cut short" in html
    assert "<table>" not in render_answers(Predictions(table[:0], ("b.wav: is empty",)))
