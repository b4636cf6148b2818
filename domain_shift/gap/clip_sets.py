"""Sets of clips to compare, their features, and the domain gap between two of them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR
from ...datasets import local_data, read_data
from ...exceptions import DataError
from ...features import Extractor
from ...features.extraction import extract_table
from ...mashups import Mashup
from ...runs.clip_list import ClipList
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.resources import DEFAULT_RESOURCES
from .clip_stats import compute_clip_stats
from .scores import EMBEDDING_PREFIX
from .two_sample import domain_gap, gap_auc

# Differs from the stages of the random streams of recipes and of noise folds.
_SAMPLE_STAGE = 3
# Few, so that folds have enough songs to mix in data sets of a dozen songs per class.
DEFAULT_FOLDS = 3


@dataclass(frozen=True)
class ClipSet:
    """Set of clips to compare with another one.

    Attributes
    ----------
    name : str
        As shown in messages.
    clips : list of clips
    groups : list
        Clips of one group share songs.
    folds : list of int or None, default=None
        Folds that share no song and have clips of all classes, if there are any.
    problems : tuple of str
        What is wrong with the clips that were left out.

    See Also
    --------
    measure_gap : Compare two sets.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import ClipSet
    >>> clip_set = ClipSet("mine", ["a.wav", "b.wav", "c.wav"], ["a", "b", "c"])
    >>> clip_set.sample(2, seed=0).clips
    ['a.wav', 'c.wav']
    """

    name: str
    clips: list
    groups: list
    folds: list | None = None
    problems: tuple = ()

    @classmethod
    def from_recipes(cls, recipes, source_store):
        """Return mashups of recipes; those of one class and fold are a group.

        Parameters
        ----------
        recipes : sequence of Recipe
        source_store : dict of str to AudioSource

        Returns
        -------
        ClipSet
        """
        return cls(
            "synthetic",
            [Mashup.from_recipe(recipe, source_store) for recipe in recipes],
            [f"{recipe.label}/{recipe.fold}" for recipe in recipes],
            [recipe.fold for recipe in recipes],
        )

    @classmethod
    def from_test(cls, data):
        """Return the test clips of a data set, each a group.

        Parameters
        ----------
        data : DataSet

        Returns
        -------
        ClipSet

        Raises
        ------
        DataError
            If there is no ``test.csv``.
        """
        paths = ClipList.from_test_table(data).paths
        if not paths:
            raise DataError(
                f"{data.root}: there is no test.csv with clips to compare with; add it, or name "
                "two sets of clips: gap A B"
            )
        return cls("test", paths, paths)

    @classmethod
    def from_training(cls, data):
        """Return the labelled clips of a data set, with its groups.

        Parameters
        ----------
        data : DataSet
            Of whole clips.

        Returns
        -------
        ClipSet
        """
        paths = [str(data.root / path) for path in data.train["path"]]
        return cls("train", paths, data.train["group"].tolist())

    @classmethod
    def from_path(cls, path, *, resources=DEFAULT_RESOURCES):
        """Return the clips of a manifest, a file, or all files of a folder.

        Parameters
        ----------
        path : str or os.PathLike
            Path or URL. URLs are mirrored into the cache.
        resources : Resources

        Returns
        -------
        ClipSet

        Raises
        ------
        DataError
            If there are no clips.
        """
        path = local_data(path, resources.cache, progress=resources.progress)
        if path.suffix.lower() == ".csv":
            return replace(cls.from_training(read_data(path)), name=path.name)
        paths = ClipList.from_paths([path]).paths
        return cls(path.name, paths, paths)

    def sample(self, n, seed):
        """Sample clips without replacement, in order.

        Parameters
        ----------
        n : int
            All clips are returned if there are no more than that.
        seed : int

        Returns
        -------
        ClipSet
            Without folds.
        """
        stream = np.random.SeedSequence(seed, spawn_key=(_SAMPLE_STAGE,))
        rows = np.random.default_rng(stream).permutation(len(self.clips))[:n]
        rows = sorted(rows.tolist())
        clips, groups = [self.clips[i] for i in rows], [self.groups[i] for i in rows]
        return replace(self, clips=clips, groups=groups, folds=None)

    def usable(self, *, resources=DEFAULT_RESOURCES):
        """Return the set without the clips that cannot be read.

        Parameters
        ----------
        resources : Resources

        Returns
        -------
        ClipSet
            With a problem for each clip that was left out.

        Raises
        ------
        DataError
            If no clip can be read.
        """
        good = self.readable(resources=resources)
        if not good.clips:
            raise DataError(
                f"none of the clips of {self.name} can be used; the first: {good.problems[0]}"
            )
        return good

    def readable(self, *, resources=DEFAULT_RESOURCES):
        """Return the set without the clips that cannot be read; it may be empty.

        Parameters
        ----------
        resources : Resources

        Returns
        -------
        ClipSet
        """
        good = ClipList(list(range(len(self.clips))), self.clips).usable(resources=resources)
        found = {"clips": good.paths, "groups": [self.groups[row] for row in good.ids]}
        if self.folds is not None:
            found["folds"] = [self.folds[row] for row in good.ids]
        return replace(self, **found, problems=good.problems)


def sample_synthetic(data, settings, n, *, folds=DEFAULT_FOLDS, seed=0, resources):
    """Sample mashups from the stems of a data set.

    Parameters
    ----------
    data : DataSet
        Of songs in stems.
    settings : dict
        Mashup settings as plain data; missing names have their defaults.
    n : int
        Approximate number of mashups; all classes have the same number.
    folds : int, default=3
        Songs and noise clips are split into these.
    seed : int, default=0
    resources : Resources
        With a cache folder.

    Returns
    -------
    ClipSet
        Mashups of one class and fold are a group, because they share songs.

    See Also
    --------
    measure_gap : Compare the mashups with other clips.

    Examples
    --------
    >>> from pathlib import Path
    >>> from stemstack.datasets import read_data
    >>> from stemstack.domain_shift.gap import ClipSet, measure_gap, sample_synthetic
    >>> from stemstack.utils.resources import Resources
    >>> data, resources = read_data("DATA"), Resources(Path("cache"))  # doctest: +SKIP
    >>> mashups = sample_synthetic(data, {}, 300, resources=resources)  # doctest: +SKIP
    >>> test = ClipSet.from_test(data)  # doctest: +SKIP
    >>> measure_gap(mashups, test, resources=resources).is_separable  # doctest: +SKIP
    True
    """
    config = Config(
        data=str(data.root),
        folds=folds,
        seed=seed,
        settings=settings,
        mashups_per_genre=max(1, round(n / len(data.classes))),
    )
    sampled = sample_training(data, config, resources=resources)
    return ClipSet.from_recipes(sampled.recipes, sampled.pool.source_store)


def measure_gap(
    a,
    b,
    *,
    families="all",
    embedding=None,
    n_permutations=199,
    seed=0,
    resources=DEFAULT_RESOURCES,
):
    """Compute the features of two sets of clips and test whether the sets are separable.

    Parameters
    ----------
    a, b : ClipSet
    families : str or sequence of str, default="all"
        Feature families: "standard", "all", a family name, a regular expression, or several of
        these; see :class:`~stemstack.features.SpectralFeatures`.
    embedding : AudioEmbedding, optional
        Its columns are a further family and the facet ``"embedding"``.
    n_permutations : int, default=199
        The smallest possible p-value is 1 / (1 + n_permutations).
    seed : int, default=0
    resources : Resources
        With a cache folder, features are stored in it. No cache, one process and no progress
        display by default.

    Returns
    -------
    Gap
        With ``between_songs_auc`` if ``a`` has folds.

    Raises
    ------
    AudioError
        If a clip cannot be read.
    DataError
        If a set has fewer than two groups.

    See Also
    --------
    domain_gap : The test on tables of features.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.domain_shift.gap import ClipSet, measure_gap
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(size=4096).astype(np.float32) for _ in range(16)]
    >>> quiet = ClipSet("quiet", [0.01 * clip for clip in clips[:8]], list(range(8)))
    >>> loud = ClipSet("loud", [0.1 * clip for clip in clips[8:]], list(range(8, 16)))
    >>> gap = measure_gap(quiet, loud, families=["centroid"])
    >>> gap.auc, gap.differences[0].description
    (1.0, 'is louder by 20 dB')
    """
    X_a, X_b = (describe(clips, families, resources, embedding) for clips in (a, b))
    with resources.progress.stage("two-sample test"):
        return compare(a, X_a, b, X_b, n_permutations=n_permutations, seed=seed)


def compare(a, X_a, b, X_b, *, n_permutations=199, seed=0):
    """Test whether two sets of clips with computed features are separable.

    Parameters
    ----------
    a, b : ClipSet
    X_a, X_b : DataFrame
        As returned by :func:`describe`.
    n_permutations : int, default=199
    seed : int, default=0

    Returns
    -------
    Gap
    """
    between_songs = None if a.folds is None else _auc_between_songs(X_a, a, seed)
    return domain_gap(
        X_a,
        X_b,
        a.groups,
        b.groups,
        n_permutations=n_permutations,
        seed=seed,
        between_songs_auc=between_songs,
    )


def describe(clip_set, families, resources, embedding=None):
    """Compute clip statistics and features: a DataFrame of shape (n_clips, n_features)."""
    clips, name = clip_set.clips, clip_set.name
    with resources.progress.stage(f"length and level, {name}", len(clips)) as advance:
        options = {"n_jobs": resources.n_jobs, "advance": advance}
        stats = compute_clip_stats(clips, tuning=True, decay=True, **options)
    extractor = Extractor(DEFAULT_SR, families)
    tables = [stats, extract_table(clips, extractor, f"features, {name}", resources=resources)]
    if embedding is not None:
        title = f"embeddings, {name}"
        table = extract_table(clips, embedding.extractor_, title, resources=resources)
        tables.append(table.add_prefix(EMBEDDING_PREFIX))
    return pd.concat(tables, axis=1)


def _auc_between_songs(X, clip_set, seed):
    """Return the mean AUC of each fold against the others, which share no song with it.

    The clips of the fold count as independent, as test clips do. None if there are too few clips.
    """
    groups, folds = np.asarray(clip_set.groups), np.asarray(clip_set.folds)
    aucs = []
    for fold in np.unique(folds):
        out = folds == fold
        if out.sum() < 2 or len(np.unique(groups[~out])) < 2:
            return None
        aucs.append(gap_auc(X[~out], X[out], groups[~out], seed=seed))
    return float(np.mean(aucs))
