"""Search of a run's training clips that are similar to a clip."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from ..audio import clip_key, load_clip
from ..exceptions import DataError
from ..features import Extractor, feature_columns
from ..features.extraction import extract_table
from ..utils.atomic_write import atomic_path
from ..utils.cache import read_entry
from .stored_clips import find_training, open_data


@dataclass(frozen=True)
class NearestClip:
    """Training clip that is similar to another clip.

    Parameters
    ----------
    clip, label : str
    distance : float
        Cosine distance of standardised features: 0 for identical directions, 1 for unrelated, 2 for
        opposite ones.

    See Also
    --------
    NearestClips : Searches them.

    Examples
    --------
    >>> from stemstack.serving import NearestClip
    >>> NearestClip("rock-0001", "rock", 0.25).label
    'rock'
    """

    clip: str
    label: str
    distance: float


class NearestClips:
    """Nearest-neighbour search by the cosine distance of standardised features or embeddings.

    Parameters
    ----------
    names, labels : sequence of str
    clips : sequence of clips
        In the order of the names.
    extractor : Extractor or EmbeddingExtractor
    resources : Resources
        With a cache folder for features and for the WAV files of :meth:`sound`.

    See Also
    --------
    ClipExplainer.load_training_clips : Searches the training clips of a run.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stemstack.features import Extractor
    >>> from stemstack.serving import NearestClips
    >>> from stemstack.utils.resources import Resources
    >>> time = np.arange(8000) / 8000
    >>> clips = [np.sin(2 * np.pi * hz * time).astype("float32") for hz in (200, 1000, 3000)]
    >>> extractor = Extractor(8000, ("centroid", "zcr"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     resources = Resources(cache=Path(folder))
    ...     search = NearestClips(["low", "mid", "high"], "xyy", clips, extractor, resources)
    >>> row = pd.DataFrame([extractor(clips[1])], columns=extractor.names)
    >>> search.nearest(row, count=1)[0].clip
    'mid'
    """

    def __init__(self, names, labels, clips, extractor, resources):
        self.extractor = extractor
        self.folder = Path(resources.cache, "serve")
        self._names, self._labels = list(names), list(labels)
        self._clips = dict(zip(names, clips, strict=True))
        title = "features of training clips"
        table = extract_table(clips, extractor, title, resources=resources)
        if isinstance(extractor, Extractor):
            columns = feature_columns("linear")
        else:
            columns = StandardScaler().set_output(transform="pandas")
        self._columns = columns.fit(table)
        self._search = NearestNeighbors(metric="cosine").fit(self._standardise(table))

    @classmethod
    def from_run(cls, run, extractor, *, data, noise=None, resources):
        """Search the training clips of a run.

        Parameters
        ----------
        run : Run
        extractor : Extractor or EmbeddingExtractor
        data : str or os.PathLike
            Path or URL of the training data.
        noise : str or os.PathLike, optional
            The noise folder that was added, for a run with one.
        resources : Resources
            With a cache folder.

        Returns
        -------
        NearestClips

        Raises
        ------
        DataError
            If the training data are missing or have changed.
        """
        data = open_data(run, data, noise=noise, resources=resources)
        recipes, table = run.read_recipes(), run.read_table("ledger/oof")
        if data.has_stems and not recipes:
            raise DataError(f"{data.root}: has songs in stems, but the run was trained on clips")
        clips = find_training(data, recipes, table["clip"], resources=resources)
        return cls(table["clip"], table["label"], clips, extractor, resources)

    def nearest(self, row, count=4, *, eligible=None):
        """Find the training clips nearest to a clip.

        Parameters
        ----------
        row : DataFrame of shape (1, n_features)
            Features by ``extractor``.
        count : int, default=4
        eligible : ndarray of shape (n_training_clips,), bool, optional
            Which training clips to search; by default all.

        Returns
        -------
        tuple of NearestClip
            The nearest first; all clips where there are fewer than ``count``.
        """
        n_clips = len(self._names)
        n_found = min(count, n_clips) if eligible is None else n_clips
        distances, positions = self._search.kneighbors(self._standardise(row), n_found)
        if eligible is not None:
            searched = eligible[positions]
            distances, positions = distances[searched][None], positions[searched][None]
        return tuple(
            NearestClip(self._names[i], self._labels[i], max(float(distance), 0.0))
            for distance, i in zip(distances[0, :count], positions[0, :count], strict=True)
        )

    def clip(self, name):
        """Return a training clip by name, as a clip to load."""
        return self._clips[name]

    def sound(self, name):
        """Write a training clip as a WAV file, named by its content.

        Parameters
        ----------
        name : str

        Returns
        -------
        Path
            In the cache; a file that exists is not written again.
        """
        clip, sr = self._clips[name], self.extractor.sr
        path = self.folder / f"{clip_key(clip)}-{sr:g}.wav"
        if read_entry(path, soundfile.info) is None:
            with atomic_path(path) as temporary:
                soundfile.write(temporary, load_clip(clip, sr), sr)
        return path

    def _standardise(self, table):
        return np.ascontiguousarray(self._columns.transform(table).to_numpy())
