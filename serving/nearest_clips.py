"""The training clips of a run by what they sound like, to find those nearest to a clip."""

from pathlib import Path

import numpy as np
import soundfile
from sklearn.neighbors import NearestNeighbors

from ..audio import clip_key, load_clip
from ..datasets import local_data, read_data
from ..exceptions import DataError
from ..features import extract, feature_columns
from ..mashups import load_mashups, read_recipes
from ..utils.atomic_write import atomic_path
from ..utils.progress import NullProgress
from ..utils.resources import Resources
from .explanations import NearestClip


class NearestClips:
    """Training clips, searched by the cosine distance of standardised handcrafted features.

    Parameters
    ----------
    names, labels : sequence of str
    clips : sequence of clips
        In the same order.
    extractor : Extractor
    cache : str or os.PathLike
        Where features, converted stems and the sounds to be played are kept.
    n_jobs : int, optional
    progress : NullProgress, optional
    """

    def __init__(self, names, labels, clips, extractor, *, cache, n_jobs=None, progress=None):
        self.extractor = extractor
        self.folder = Path(cache, "serve")
        self._names, self._labels = list(names), list(labels)
        self._clips = dict(zip(names, clips, strict=True))
        with (progress or NullProgress()).stage(
            "features of training clips", len(clips)
        ) as advance:
            table, _ = extract(
                clips,
                sr=extractor.sr,
                families=extractor.families,
                statistics=extractor.statistics,
                precision=extractor.precision,
                n_jobs=n_jobs,
                cache=Path(cache, "features"),
                advance=advance,
            )
        self._columns = feature_columns("linear").fit(table)
        self._search = NearestNeighbors(metric="cosine").fit(self._standardise(table))

    @classmethod
    def from_run(cls, run, extractor, *, data=None, cache, n_jobs=None, progress=None):
        """Take the training clips of a run.

        Parameters
        ----------
        run : Run
        extractor : Extractor
        data : str or os.PathLike, optional
            Where the training data are now, perhaps a URL; where they were at the fit by default.
        cache, n_jobs, progress
            As of the class.

        Returns
        -------
        NearestClips

        Raises
        ------
        DataError
            The training data are gone, or others than those of the run.
        """
        means = {"cache": cache, "n_jobs": n_jobs, "progress": progress or NullProgress()}
        asked = run.config.data if data is None else data
        data = local_data(asked, cache, progress=means["progress"])
        table = run.read_table("ledger/oof")
        if not data.exists():
            raise DataError(f"{data}: the training data are not there; say where by --data")
        recipes = run.path / "recipes.parquet"
        if recipes.exists():
            mashups = load_mashups(read_recipes(recipes), data, resources=Resources(**means))
            known = {mashup.recipe.id: mashup for mashup in mashups}
        else:
            known = _list_clips(read_data(data))
        unknown = sorted(set(table["clip"]) - set(known))
        if unknown:
            raise DataError(f"{data}: lacks {unknown[0]}, which the run learnt from")
        clips = [known[name] for name in table["clip"]]
        return cls(table["clip"], table["label"], clips, extractor, **means)

    def nearest(self, row, count=4):
        """Find the training clips nearest to a clip.

        Parameters
        ----------
        row : DataFrame of shape (1, n_features)
            Features by ``extractor``.
        count : int, default=4

        Returns
        -------
        tuple of NearestClip
            The nearest first; fewer where there are fewer clips.
        """
        count = min(count, len(self._names))
        distances, places = self._search.kneighbors(self._standardise(row), count)
        return tuple(
            NearestClip(self._names[place], self._labels[place], max(float(distance), 0.0))
            for distance, place in zip(distances[0], places[0], strict=True)
        )

    def sound(self, name):
        """Give a training clip as a WAV file to be played, named by its content.

        Parameters
        ----------
        name : str

        Returns
        -------
        Path
            In the cache.
        """
        clip, sr = self._clips[name], self.extractor.sr
        path = self.folder / f"{clip_key(clip)}-{sr:g}.wav"
        if not path.exists():
            with atomic_path(path) as temporary:
                soundfile.write(temporary, load_clip(clip, sr), sr)
        return path

    def _standardise(self, table):
        return np.ascontiguousarray(self._columns.transform(table).to_numpy())


def _list_clips(data):
    if data.has_stems:
        raise DataError(f"{data.root}: holds songs in stems, but the run learnt from whole clips")
    return {row.clip: str(data.root / row.path) for row in data.train.itertuples()}
