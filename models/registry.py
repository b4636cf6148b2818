"""Registry of the models that ``--models`` takes by name.

Importing this imports no library: the command line completes names from it. A new model is one
module with a factory, and one line here.
"""

import importlib
from dataclasses import dataclass

_LIGHTGBM = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn._LGBMLabelEncoder",
)

_UNION = "stemstack.models.feature_steps.ClipFeatureUnion"


@dataclass(frozen=True)
class ModelSpec:
    """A model that can be chosen by name.

    Attributes
    ----------
    name : str
        In ``--models``, in columns and in file names.
    factory : str
        ``"module:attribute"`` inside :mod:`stemstack.models`: a class or function that returns an
        unfitted classifier over clips. Its parameters can be set in the name, as in ``lr(C=0.1)``.
    kind : {"features", "embedding", "network"}
        Whether the model learns from handcrafted features, from the embedding of a pretrained audio
        network, or from spectrograms.
    summary : str
        One line for the documentation and shell completion.
    fitted_types : tuple of str, default=()
        Full names of types that the fitted model holds, or may hold with some parameters, and the
        model that the factory returns by default does not. They are trusted when a run is loaded,
        as those of scikit-learn are.

    See Also
    --------
    make_model : Makes a model by name.

    Examples
    --------
    >>> from stemstack.models.registry import MODELS
    >>> MODELS["lr"].load()(C=0.1).steps[-1][1].C
    0.1
    """

    name: str
    factory: str
    kind: str
    summary: str
    fitted_types: tuple = ()

    def load(self):
        """Import and return the factory."""
        module, _, attribute = self.factory.partition(":")
        return getattr(importlib.import_module(f".{module}", __package__), attribute)


_SPECS = (
    ModelSpec(
        "heuristic",
        "baseline:make_baseline",
        "features",
        "naive Bayes on tempo, spectral centroid and zero-crossing rate",
    ),
    ModelSpec(
        "lr",
        "linear:make_lr",
        "features",
        "logistic regression",
        (_UNION, "stemstack.features.columns.weigh_block"),
    ),
    ModelSpec(
        "lda",
        "discriminant:make_lda",
        "features",
        "linear discriminant analysis with shrinkage",
        (_UNION, "stemstack.features.columns.weigh_block"),
    ),
    ModelSpec(
        "codebook",
        "codebook:make_codebook",
        "features",
        "discriminant analysis on patterns of the spectrogram, learnt from the training clips",
    ),
    ModelSpec(
        "lgbm", "trees:make_lgbm", "features", "gradient-boosted trees", (*_LIGHTGBM, _UNION)
    ),
    ModelSpec(
        "embed",
        "embed:make_embed",
        "embedding",
        "classifier on the embedding of a pretrained audio network",
        (
            *_LIGHTGBM,
            "sklearn.metrics._classification.log_loss",
            "stemstack.models.neighbors.CosineNeighborsClassifier",
        ),
    ),
    ModelSpec(
        "effnet",
        "deep.effnet:EffNetClassifier",
        "network",
        "pretrained convolutional network of timm on log-mel spectrograms",
    ),
    ModelSpec(
        "cnn", "networks:make_cnn", "network", "convolutional network trained from random weights"
    ),
    ModelSpec("ast", "networks:make_ast", "network", "Audio Spectrogram Transformer"),
    ModelSpec("musicnn", "networks:make_musicnn", "network", "musicnn, a network for music tags"),
)

MODELS = {spec.name: spec for spec in _SPECS}

# What ``fit`` trains where no model is named.
DEFAULT_MODELS = ("lr", "lgbm", "lda", "codebook", "effnet")

# Sets of models that --models takes by one name: the best ones of a kind together.
MODEL_SETS = {"handcrafted": ("lgbm", "lda", "codebook")}
