"""What models say, as guesses and scores."""

import numpy as np

from stemstack.reports import score_classes


def test_guesses_are_the_most_probable_classes_and_scores_are_of_them(side):
    right = {model: int(np.sum(guess == side.truth)) for model, guess in side.guesses.items()}
    assert right == {"lr": 36, "lgbm": 45, "stack": 48}
    assert side.scores["lr"] == score_classes(side.truth, side.guesses["lr"], side.classes)


def test_the_stack_is_the_last(side):
    assert side.stack == "stack"
    assert side.models == ["lr", "lgbm"]
