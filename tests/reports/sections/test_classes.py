"""F1 by class: tables of every evaluation, the most difficult classes in words."""

import numpy as np
import pandas as pd

from stemstack.reports import ReportInputs
from stemstack.reports.sections.classes import CLASSES


def test_f1_of_every_class_and_model(evaluation):
    data = CLASSES.collect(ReportInputs(None, [evaluation]))
    expected = {m: s["per_class_f1"] for m, s in evaluation.scores.items()}
    assert data["f1"]["out of fold"].to_dict() == expected


def test_difficult_classes_and_better_models_are_named(make_evaluation):
    y_true = np.array([0, 0, 1, 1, 2, 2])
    predicted = {"lr": np.array([0, 0, 1, 0, 2, 2]), "stack": np.array([0, 1, 1, 1, 2, 2])}
    evaluation = make_evaluation(predicted, y_true, ("a", "b", "c"))
    body = CLASSES.render(CLASSES.collect(ReportInputs(None, [evaluation])))
    # F1 of the stack: a 2/3, b 4/5, c 1; of lr: a 4/5, b 2/3, c 1.
    assert "classes for stack, out of fold: a 0.667, b 0.800, c 1.000." in body
    assert "A base model does better than stack on a (lr)." in body


def test_figure_has_the_weakest_of_many_classes():
    f1 = pd.DataFrame({"lr": 0.5, "stack": np.linspace(0, 1, 50)}, [f"c{i:02d}" for i in range(50)])
    body = CLASSES.render({"stack": "stack", "f1": {"out of fold": f1}})
    assert "The 40 weakest of 50 classes." in body
    figure = body[body.index("<svg") : body.index("</svg>")]
    assert ">c39<" in figure and ">c40<" not in figure
