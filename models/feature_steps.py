"""First steps of the classical pipelines: handcrafted features, with embeddings beside them."""

from sklearn.pipeline import FeatureUnion

from ..features import FAMILIES, SpectralFeatures, feature_columns
from ..features.columns import PRESETS
from .deep.audio_embedding import AudioEmbedding


class ClipFeatureUnion(FeatureUnion):
    """Union of transformers of clips, saved without the pandas objects that it caches."""

    def __getstate__(self):
        state = super().__getstate__()
        # Names for transformers that do not tell theirs; an Index cannot be written by skops.
        return {k: v for k, v in state.items() if k != "_transformers_feature_names_out"}


def feature_steps(preset, *, sr, families, embeddings=None, cache=None, n_jobs=None):
    """Return the steps from clips to the columns that a classifier learns from.

    Parameters
    ----------
    preset : {"linear", "trees"}
        Treatment of the columns, as in :func:`~stemstack.features.feature_columns`.
    sr : int
        Sample rate in Hz.
    families : str or sequence of str
        Feature families, as in :class:`~stemstack.features.SpectralFeatures`.
    embeddings : str or sequence of str, optional
        Networks whose embeddings are put beside the handcrafted features, as in
        :class:`AudioEmbedding`. For a linear model all embeddings together count as much as 3,000
        standardised columns, whatever their number.
    cache : str or os.PathLike, optional
        Folder of the feature cache.
    n_jobs : int, optional
        Number of processes.

    Returns
    -------
    list of (str, transformer)
    """
    spectral = SpectralFeatures(sr, families=families, cache=cache, n_jobs=n_jobs)
    if embeddings is None:
        return [("spectral", spectral), ("columns", feature_columns(preset))]
    names = [embeddings] if isinstance(embeddings, str) else list(embeddings)
    parts = [
        (f"embedding{number}", AudioEmbedding(name, sr=sr, cache=cache, n_jobs=n_jobs))
        for number, name in enumerate(names)
    ]
    union = ClipFeatureUnion([("spectral", spectral), *parts], verbose_feature_names_out=False)
    groups = PRESETS[preset]
    if preset == "linear":
        heavy_tailed, _ = groups
        groups = [heavy_tailed, (list(FAMILIES), "scale"), (".*", "block")]
    return [
        ("features", union.set_output(transform="pandas")),
        ("columns", feature_columns(groups)),
    ]
