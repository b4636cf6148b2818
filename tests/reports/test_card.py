"""The model card says what it must."""

from sklearn.linear_model import LogisticRegression

from stemstack.reports import render_model_card


def test_the_model_card_says_what_it_must():
    card = render_model_card(
        data="20 clips", config="seed: 0", scores="lr 0.5", final_estimator=LogisticRegression()
    )
    for words in ("# Data\n\n20 clips", "lr 0.5", "seed: 0", "LogisticRegression()", "# Limits"):
        assert words in card
