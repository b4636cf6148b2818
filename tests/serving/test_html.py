"""Explanations as HTML: complete, and no text from outside becomes markup."""

import re

import numpy as np
import pandas as pd
from helpers.hostile import FORBIDDEN

from stemstack.runs.prediction.windows import WindowPredictions
from stemstack.serving import Confidence, Explanation, Limits, NearestClip, Predictions, Reasons
from stemstack.serving.html import (
    message,
    render_explanation,
    render_head,
    render_hint,
    render_predictions,
)

EVIL = '<img src=x onerror="alert(1)">\x1b[2J\u202e'


def make_windows(label):
    """Windows of a clip of 25 s, which overlap at the end."""
    proba = np.array([[0.75, 0.25], [0.4, 0.6], [0.3, 0.7]])
    starts, ends = np.array([0.0, 10.0, 15.0]), np.array([10.0, 20.0, 25.0])
    return WindowPredictions(starts, ends, [label, "jazz"], proba)


def make_explanation(label, **changes):
    classes = pd.Index([label, "jazz"])
    values = {
        "seconds": 2.0,
        "label": label,
        "runner_up": "jazz",
        "probabilities": pd.DataFrame({EVIL: [0.5, 0.5], "stack": [0.8, 0.2]}, index=classes),
        "confidence": Confidence(0.8, 0.7, 10, 7),
        "reasons": (Reasons(EVIL, 1.0, 0.5, pd.Series({"tempo": 0.75, "mfcc": -0.25})),),
        "nearest": (NearestClip(EVIL, EVIL, 0.25),),
        "log_mel": np.zeros((128, 10)),
        "sr": 22050,
        "warnings": (EVIL,),
        "tags": (EVIL, "piano"),
        "windows": make_windows(label),
    }
    return Explanation(**{**values, **changes})


def test_text_from_outside_is_escaped():
    html = render_explanation(make_explanation(EVIL), lambda name: f"/tmp/{EVIL}.wav")
    html += message(EVIL) + render_head(EVIL, [EVIL], 0.5)
    table = pd.DataFrame({"path": [EVIL], "label": EVIL, "p": 1.0})
    html += render_predictions(Predictions(table, (EVIL,), (EVIL,)))
    assert "<img" not in html and re.findall(FORBIDDEN, html) == []
    # Label, runs, models, clips, tags, warnings and problems.
    assert html.count("&lt;img src=x") > 16


def test_tags_are_named_if_there_are_any():
    html = render_explanation(make_explanation("rock", tags=("jazz", "piano")), str)
    assert "<p>Sounds like: jazz, piano.</p>" in html
    assert "Sounds like" not in render_explanation(make_explanation("rock", tags=()), str)


def test_long_clip_has_a_timeline_of_buttons():
    html = render_explanation(make_explanation("rock"), str)
    starts = re.findall(r'<button type="button"[^>]* data-start="([^"]*)"', html)
    assert starts == ["0.00", "10.00", "15.00"]
    assert 'role="toolbar" aria-label="Windows: 0 s to 10 s rock, 10 s to' in html
    assert re.findall(r'title="([^"]* jazz, [^"]*)"', html) == [
        "10 s to 20 s: jazz, 60\N{NO-BREAK SPACE}%",
        "15 s to 25 s: jazz, 70\N{NO-BREAK SPACE}%",
    ]
    # The tab key reaches one of them.
    assert html.count('tabindex="-1"') == 2
    assert "Windows: most probable classes" in html


def test_short_clip_has_no_timeline():
    html = render_explanation(make_explanation("rock", windows=None), str)
    assert "timeline" not in html and "By time" not in html


def test_bars_are_proportional_to_values():
    html = render_explanation(make_explanation("rock"), str)
    assert 'style="width:80.0%"' in html and 'style="left:50.0%"' in html
    # The largest family fills its half of the track.
    assert 'class="for" style="width:50.0%"' in html
    assert 'class="against" style="width:16.7%"' in html
    assert re.search(r'role="img" aria-label="rock 80%, jazz 20%"', html)


def test_nearest_clips_have_players():
    clips = (NearestClip("a b", "rock", 0.25), NearestClip("c", "jazz", 0.5))
    html = render_explanation(make_explanation("rock", nearest=clips), "/cache/{}.wav".format)
    sources = re.findall(r'<audio[^>]* src="([^"]*)"', html)
    assert sources == ["gradio_api/file=/cache/a%20b.wav", "gradio_api/file=/cache/c.wav"]
    assert '<span class="value">0.25</span>' in html and '<span class="value">0.50</span>' in html


def test_missing_parts_are_stated():
    html = render_explanation(make_explanation("rock", reasons=(), nearest=()))
    assert "No model supports a split" in html and "training clips are not available" in html


def test_predictions_have_a_table_and_problems():
    table = pd.DataFrame({"path": ["a.wav"], "label": ["rock"], "jazz": [0.25], "rock": [0.75]})
    html = render_predictions(Predictions(table, ("b.wav: is empty",), ("a.wav: cut short",)))
    assert re.findall(r"<td[^>]*>(.*?)</td>", html) == ["rock", "0.75"]
    assert re.findall(r"<li>(.*?)</li>", html) == ["b.wav: is empty", "a.wav: cut short"]
    assert "<table>" not in render_predictions(Predictions(table[:0], ("b.wav: is empty",)))


def test_head_and_hint_have_score_and_limits():
    assert "RUN: lr, lgbm, stacked; macro F1 0.81 out of fold" in render_head(
        "RUN", ["lr", "lgbm"], 0.8139
    )
    assert "up to 30 s and 2.5 MB" in render_hint(Limits(30, 2.5))
