import inspect

import pytest

from stemstack.exceptions import UsageError
from stemstack.models.deep.estimator import DeepEstimator
from stemstack.models.deep.parameters import add_parameters_of, check_parameters


class Base:
    def __init__(self, first=1, *, second=2, third=3):
        self.all = (first, second, third)


class Child(Base):
    @add_parameters_of(Base)
    def __init__(self, first=10, *, own=0, third=30, **others):
        super().__init__(first, third=third, **others)
        self.own = own


def test_parameters_of_the_base_are_added_and_defaults_can_differ():
    shown = {name: p.default for name, p in inspect.signature(Child).parameters.items()}
    assert shown == {"first": 10, "own": 0, "third": 30, "second": 2}
    assert Child(second=20).all == (10, 20, 30)


def test_a_parameter_that_neither_knows_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'fourth'"):
        Child(fourth=4)


def test_the_defaults_are_in_range():
    check_parameters(DeepEstimator().get_params())


def test_what_may_be_unset_is_let_through():
    check_parameters({"frozen": "auto", "patience": None, "n_threads": None, "unheard_of": "x"})
    with pytest.raises(UsageError, match="'epochs' parameter must be a whole number, 1 or more"):
        check_parameters({"epochs": None})


def test_a_file_is_no_folder_for_a_cache(tmp_path):
    (tmp_path / "file").touch()
    for name in ("cache", "checkpoint"):
        check_parameters({name: tmp_path / "new"})
        with pytest.raises(UsageError, match=f"The '{name}' parameter must be a folder"):
            check_parameters({name: tmp_path / "file"})
