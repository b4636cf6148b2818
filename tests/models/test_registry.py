"""The registry of models, and what is read from it."""

import subprocess
import sys

import pytest
from helpers.signals import low_and_high_tones
from sklearn.base import is_classifier

from stemstack.models import MODELS, make_model
from stemstack.models.persistence import trusted_types

CLASSICAL = [name for name, spec in MODELS.items() if spec.kind == "features"]


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_specs_make_classifiers(spec):
    assert is_classifier(spec.load()())
    assert spec.kind in ("features", "embedding", "network")
    assert spec.summary and spec.summary[-1] != "."


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_models_learn(name):
    clips, y = low_and_high_tones(20)
    model = make_model(name, sr=8000, random_state=0).fit(clips[:12], y[:12])
    # Tempo and brightness alone separate these classes.
    assert (model.predict(clips[12:]) == y[12:]).mean() >= 0.75


def test_registry_imports_no_library():
    code = "import sys, stemstack.models.registry; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "sklearn", "lightgbm", "torch"} & set(done.stdout.split())


def test_trusted_types_come_from_the_registries():
    trusted = trusted_types()
    assert {
        "lightgbm.basic.Booster",
        "stemstack.features.transformer.SpectralFeatures",
        "stemstack.features.columns.signed_log",
        "stemstack.models.deep.effnet.EffNetClassifier",
        "stemstack.stacking.blending.greedy.GreedyBlend",
    } <= trusted
    packages = {name.split(".")[0] for name in trusted}
    assert packages <= {"collections", "lightgbm", "sklearn", "stemstack"}


def test_unknown_attribute_is_refused():
    import stemstack.models

    with pytest.raises(AttributeError, match="has no attribute 'make_tree'"):
        stemstack.models.make_tree  # noqa: B018
    assert set(stemstack.models.__all__) == set(dir(stemstack.models))
    assert all(hasattr(stemstack.models, name) for name in stemstack.models.__all__)
