"""Fitted models on disk, in forms that cannot run code when a stranger's are loaded.

Nets are ``weights.safetensors`` with ``params.json``; everything else is one skops file (LightGBM's
boosters inside it as their own text), loaded only when every type in it is one named here.
"""

from pathlib import Path

import skops.io

from ..atomic import atomic_path
from ..errors import DataError
from .effnet import EffNetClassifier

_SKOPS_NAME = "model.skops"
# Types beyond scikit-learn's that our own pipelines hold; loading them only sets their state.
TRUSTED = frozenset(
    {
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn._LGBMLabelEncoder",
        "stemstack.features.transformer.SpectralFeatures",
    }
)


def save_model(model, folder):
    """Write a fitted model into a folder of its own.

    Parameters
    ----------
    model : fitted estimator
    folder : str or os.PathLike
        Made when missing.
    """
    if isinstance(model, EffNetClassifier):
        from .deep.saving import save_net

        save_net(model, folder)
        return
    with atomic_path(Path(folder, _SKOPS_NAME)) as temporary:
        skops.io.dump(model, temporary)


def load_model(folder):
    """Load a model written by :func:`save_model`.

    Parameters
    ----------
    folder : str or os.PathLike

    Returns
    -------
    fitted estimator

    Raises
    ------
    DataError
        There is no model in the folder, or its file holds a type that stemstack does not save.
    """
    path = Path(folder, _SKOPS_NAME)
    if not path.exists():
        from .deep.saving import load_net

        return load_net(folder)
    strange = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED)
    if strange:
        raise DataError(
            f"{path}: holds {', '.join(strange)}, which stemstack does not save; "
            "load it only by your own means, if you trust whoever made it"
        )
    return skops.io.load(path, trusted=sorted(TRUSTED))
