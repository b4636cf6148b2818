"""The learnt distance: it sees what parameters move, and not what only songs move."""

import numpy as np
import pytest

from stemstack.mashups import Settings
from stemstack.mashups.tune_distance import Distance, coordinates
from stemstack.mashups.tune_space import KNOBS, TEMPO_MODES, locate
from stemstack.mashups.tune_summary import FAMILIES, describe_quickly, summarise_table

N_SONG = 40


@pytest.fixture(scope="module")
def world():
    """Summaries that tell half of the coordinates, beside statistics that are the songs'."""
    rng = np.random.default_rng(0)
    told = rng.normal(size=(len(KNOBS), 60))

    def draw():
        values = {knob.name: knob.value(rng.random()) for knob in KNOBS}
        return {"tempo": str(rng.choice(TEMPO_MODES)), **values}

    def summarise(parameters):
        places = np.array([knob.place(parameters[knob.name]) for knob in KNOBS])
        return np.concatenate([places[:5] @ told[:5], 3 * rng.normal(size=N_SONG)])

    pilots = [draw() for _ in range(80)]
    return draw, summarise, pilots, np.array([summarise(pilot) for pilot in pilots])


def test_parameters_are_read_off_a_target(world):
    draw, summarise, pilots, summaries = world
    for _ in range(3):
        truth = draw()
        distance = Distance.learn(summaries, pilots, summarise(truth))
        guesses = distance.guesses(TEMPO_MODES)
        guess = guesses[0]
        for knob in KNOBS[:5]:
            # atol: of the range; 80 pilots under as much noise.
            np.testing.assert_allclose(
                knob.place(guess[knob.name]), knob.place(truth[knob.name]), rtol=0, atol=0.2
            )
        assert {other.pop("tempo") for other in guesses} == set(TEMPO_MODES)
        assert all(other == guess for other in guesses)
        assert all(knob.low <= guess[knob.name] <= knob.high for knob in KNOBS)


def test_what_cannot_be_told_weighs_little(world):
    _, summarise, pilots, summaries = world
    weights = Distance.learn(summaries, pilots, summarise(pilots[0])).weights
    assert weights[:5].min() > 0.6 and weights[5 : len(KNOBS)].max() < 0.2


def test_the_same_settings_with_other_songs_are_near(world):
    draw, summarise, pilots, summaries = world
    truth = draw()
    distance = Distance.learn(summaries, pilots, summarise(truth))
    same = np.mean([distance.cost(summarise(truth)) for _ in range(20)])
    others = [distance.cost(summarise(draw())) for _ in range(50)]
    assert same < np.quantile(others, 0.1)


def test_pilots_that_agree_in_a_parameter_teach_nothing_of_it(world):
    _, summarise, pilots, summaries = world
    still = [{**pilot, "overdrive": 3.0} for pilot in pilots]
    distance = Distance.learn(summaries, still, summarise(still[0]))
    assert distance.weights[[knob.name for knob in KNOBS].index("overdrive")] == 0
    assert distance.guesses(TEMPO_MODES)[0]["overdrive"] == pytest.approx(3.0, rel=1e-6)  # its mean


def test_coordinates_lie_between_0_and_1():
    values = coordinates(locate(Settings(), TEMPO_MODES))
    assert min(values) >= 0 and max(values) <= 1


def test_quick_descriptions_are_of_the_beginning():
    rng = np.random.default_rng(0)
    loud = 0.1 * rng.standard_normal(22050 * 10).astype(np.float32)
    longer = np.concatenate([loud, np.zeros(22050 * 2, np.float32)])
    table = describe_quickly([loud, longer])
    assert table["duration"].tolist() == [10.0, 12.0]
    features = table.drop(columns=["duration", "rms_dbfs"])
    np.testing.assert_array_equal(features.iloc[0], features.iloc[1])
    assert len(summarise_table(table)) == 5 * table.shape[1]
    assert all(any(name.startswith(family[:4]) for name in table) for family in FAMILIES[:-1])
