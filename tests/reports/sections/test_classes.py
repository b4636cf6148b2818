"""F1 by class: the hard ones are named, and so is who does better."""

import re

import numpy as np
import pandas as pd

from stemstack.reports.sections.classes import classes_section


def test_every_f1_is_in_a_table(side):
    body = classes_section([side]).body
    cells = re.findall(r'<td class="heat"[^>]*>([\d.]+)</td>', body)
    table = pd.DataFrame({m: s["per_class_f1"] for m, s in side.scores.items()}, side.classes)
    assert cells == [f"{value:.3f}" for value in table.to_numpy().ravel()]


def test_it_names_the_hardest_class_and_who_beats_the_stack(make_side):
    truth = np.array([0, 0, 1, 1, 2, 2])
    said = {"lr": np.array([0, 0, 1, 0, 2, 2]), "stack": np.array([0, 1, 1, 1, 2, 2])}
    body = classes_section([make_side(said, truth, ("a", "b", "c"))]).body
    # F1 of the stack: a 2/3, b 4/5, c 1; of lr: a 4/5, b 2/3, c 1.
    assert "Hardest for stack, out of fold: a 0.667, b 0.800, c 1.000." in body
    assert "A single model does better than stack at a (lr)." in body


def test_of_many_classes_the_weakest_are_drawn(make_side):
    classes = [f"class {i:02d}" for i in range(50)]
    guess = np.r_[1, np.arange(1, 50)]
    body = classes_section([make_side({"lr": guess, "stack": guess}, np.arange(50), classes)]).body
    assert "The 40 weakest of 50 classes." in body
    drawn = body[body.index("<svg") : body.index("</svg>")]
    assert ">class 00<" in drawn and ">class 49<" not in drawn
