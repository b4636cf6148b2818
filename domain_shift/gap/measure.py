"""From clips to the gap between them: which are compared, their features, the test."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR
from ...datasets import local_data, read_data
from ...exceptions import DataError
from ...features import extract
from ...mashups import Mashup
from ...runs.config import Config
from ...runs.test_clips import ClipList, from_paths, from_test_table
from ...runs.training_clips import sample_training
from ...utils.progress import NO_PROGRESS
from .clip_stats import clip_stats
from .two_sample import domain_gap, gap_auc

# Apart from the stage numbers that recipes and noise folds are drawn under.
_SAMPLE_STAGE = 3
# Few, so that a fold has songs enough to mix, on a data set of a dozen songs a class.
FOLDS = 3


@dataclass(frozen=True)
class ClipSet:
    """Clips to compare with others.

    Attributes
    ----------
    name : str
        What messages call it.
    clips : list of clips
    groups : list
        Clips of one group share songs.
    folds : list of int or None
        Parts that share no song and hold every class, where these are known.
    problems : tuple of str
        What is wrong with the clips left out.
    """

    name: str
    clips: list
    groups: list
    folds: list | None = None
    problems: tuple = ()

    def sample(self, n, seed):
        """Keep ``n`` clips at random, in order; all when there are no more than that."""
        stream = np.random.SeedSequence(seed, spawn_key=(_SAMPLE_STAGE,))
        kept = np.random.default_rng(stream).permutation(len(self.clips))[:n]
        kept = sorted(int(i) for i in kept)
        return replace(
            self, clips=[self.clips[i] for i in kept], groups=[self.groups[i] for i in kept]
        )

    def usable(self, *, n_jobs, progress):
        """Leave out the clips that cannot be read, and name them.

        Raises
        ------
        DataError
            None is left.
        """
        paths = [str(clip) for clip in self.clips]
        group = dict(zip(paths, self.groups, strict=True))
        good = ClipList(paths, paths, ("path", "label")).usable(n_jobs=n_jobs, progress=progress)
        if not good.paths:
            first = good.problems[0]
            raise DataError(f"none of the clips of {self.name} can be used; the first: {first}")
        groups = [group[path] for path in good.paths]
        return replace(self, clips=good.paths, groups=groups, problems=good.problems)


def sample_synthetic(data, settings, n, *, folds=FOLDS, seed=0, cache, n_jobs, progress):
    """Draw mashups from a data set's stems.

    Parameters
    ----------
    data : DataSet
        Of songs in stems.
    settings : dict
        Mashup settings as plain data; empty for the defaults.
    n : int
        About how many: the same number for every class.
    folds, seed : int
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    ClipSet
        Mashups of a class and fold are a group: they share songs.
    """
    config = Config(
        data=str(data.root),
        folds=folds,
        seed=seed,
        settings=settings,
        mashups_per_genre=max(1, round(n / len(data.classes))),
    )
    draw = sample_training(data, config, cache=cache, n_jobs=n_jobs, progress=progress)
    return bind_recipes(draw.recipes, draw.pool.source_store)


def bind_recipes(recipes, source_store):
    """Bind recipes to their sources, as a :class:`ClipSet`; groups are classes within folds."""
    return ClipSet(
        "synthetic",
        [Mashup.from_recipe(recipe, source_store) for recipe in recipes],
        [f"{recipe.label}/{recipe.fold}" for recipe in recipes],
        [recipe.fold for recipe in recipes],
    )


def list_test(data):
    """Take a data set's test clips as a :class:`ClipSet`, each its own group.

    Raises
    ------
    DataError
        There is no ``test.csv``.
    """
    paths = from_test_table(data).paths
    if not paths:
        raise DataError(
            f"{data.root}: there is no test.csv with clips to compare with; add it, or name two "
            "sets of clips: gap A B"
        )
    return ClipSet("test", paths, paths)


def list_training(data):
    """Take a data set's labelled clips as a :class:`ClipSet`, in its own groups."""
    paths = [str(data.root / path) for path in data.train["path"]]
    return ClipSet("train", paths, data.train["group"].tolist())


def list_clips(path, *, cache=None, progress=NO_PROGRESS):
    """Take the clips of a manifest, a file or everything below a folder as a :class:`ClipSet`.

    Parameters
    ----------
    path : str or os.PathLike
        Or a URL.
    cache : str or os.PathLike, optional
        Folder that a URL is mirrored into; ``STEMSTACK_CACHE`` or ``~/.cache/stemstack`` by
        default.
    progress : NullProgress
        Shows how many files of a URL have been fetched; shows nothing by default.

    Raises
    ------
    DataError
        There are none.
    """
    path = local_data(path, cache, progress=progress)
    if path.suffix.lower() == ".csv":
        return replace(list_training(read_data(path)), name=path.name)
    paths = from_paths([path]).paths
    return ClipSet(path.name, paths, paths)


def measure_gap(a, b, *, families="all", n_permutations=199, seed=0, cache, n_jobs, progress):
    """Describe two sets of clips and test whether they can be told apart.

    Parameters
    ----------
    a, b : ClipSet
    families : str or sequence of str, default="all"
        As of :class:`~stemstack.features.SpectralFeatures`.
    n_permutations, seed : int
        As of :func:`~stemstack.domain_shift.gap.two_sample.domain_gap`.
    cache : Path
        Features are kept in it by what a clip sounds like.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    Gap
        With the floor, where the folds of ``a`` are known.
    """
    places = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    X_a, X_b = (describe(clips, families, **places) for clips in (a, b))
    with progress.stage("telling them apart"):
        return compare(a, X_a, b, X_b, n_permutations=n_permutations, seed=seed)


def compare(a, X_a, b, X_b, *, n_permutations=199, seed=0):
    """Test whether two sets of clips, already described, can be told apart.

    Parameters
    ----------
    a, b : ClipSet
    X_a, X_b : DataFrame
        Of :func:`describe`.
    n_permutations, seed : int

    Returns
    -------
    Gap
    """
    floor = None if a.folds is None else song_floor(X_a, a.groups, a.folds, seed=seed)
    return domain_gap(
        X_a, X_b, a.groups, b.groups, n_permutations=n_permutations, seed=seed, floor=floor
    )


def describe(clip_set, families, *, cache, n_jobs, progress):
    """Compute facts and features of clips: DataFrame of shape (n_clips, n_features)."""
    clips = clip_set.clips
    with progress.stage(f"length and level, {clip_set.name}", len(clips)) as advance:
        facts = clip_stats(clips, n_jobs=n_jobs, advance=advance)
    with progress.stage(f"features, {clip_set.name}", len(clips)) as advance:
        features, _ = extract(
            clips,
            sr=DEFAULT_SR,
            families=families,
            n_jobs=n_jobs,
            cache=Path(cache, "features"),
            advance=advance,
        )
    return pd.concat([facts, features], axis=1)


def song_floor(X, groups, folds, *, seed=0):
    """Measure the gap that other songs alone bring about.

    Parameters
    ----------
    X : DataFrame of shape (n_clips, n_features)
        Of synthetic clips.
    groups, folds : sequence of length n_clips
    seed : int, default=0

    Returns
    -------
    float or None
        Mean AUC of each fold against the others, its clips taken as independent, as test clips
        are; None where there are too few clips for it.
    """
    groups, folds = np.asarray(groups), np.asarray(folds)
    aucs = []
    for fold in np.unique(folds):
        out = folds == fold
        if out.sum() < 2 or len(np.unique(groups[~out])) < 2:
            return None
        aucs.append(gap_auc(X[~out], X[out], groups[~out], seed=seed))
    return float(np.mean(aucs))
