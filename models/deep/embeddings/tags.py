"""Tags of clips: what a network that was trained to tag music says of them."""

import pandas as pd
from sklearn.base import clone

from ....features.extraction import extract_table
from ....utils.resources import DEFAULT_RESOURCES

# Less probable tags are not named, except for the first one.
_MIN_PROBABILITY = 0.1


class ClipTagger:
    """Probabilities of the tags of clips.

    Parameters
    ----------
    embedding : AudioEmbedding
        Of a network that has tags.

    Attributes
    ----------
    extractor : EmbeddingExtractor
    tags : tuple of str

    See Also
    --------
    find_tagger : Returns None for a network without tags.

    Examples
    --------
    >>> from stemstack.models import AudioEmbedding
    >>> from stemstack.models.deep.embeddings.tags import ClipTagger, name_tags
    >>> tagger = ClipTagger(AudioEmbedding("musicnn"))  # doctest: +SKIP
    >>> name_tags(tagger.tag(["clip.wav"]).iloc[0])  # doctest: +SKIP
    ['jazz', 'instrumental', 'piano']
    """

    def __init__(self, embedding):
        self.tags = tuple(tag.lower() for tag in embedding.load().tags)
        self.extractor = clone(embedding).set_params(layer="tags", pool="mean").extractor_

    def tag(self, clips, *, resources=DEFAULT_RESOURCES):
        """Return the mean probability of each tag over the patches of each clip.

        Parameters
        ----------
        clips : sequence of clips
        resources : Resources
            With a cache folder, no clip is tagged twice.

        Returns
        -------
        DataFrame of shape (n_clips, n_tags), float32
            In [0, 1].
        """
        table = extract_table(clips, self.extractor, "tags", resources=resources)
        return pd.DataFrame(table.to_numpy(), columns=self.tags)


def find_tagger(embedding):
    """Return the :class:`ClipTagger` of an embedding.

    Parameters
    ----------
    embedding : AudioEmbedding or None

    Returns
    -------
    ClipTagger or None
        None without an embedding, and for a network without tags.
    """
    if embedding is None or not embedding.load().tags:
        return None
    return ClipTagger(embedding)


def name_tags(proba, count=3):
    """Return the most probable tags.

    Parameters
    ----------
    proba : Series of float
        Probabilities by tag.
    count : int, default=3

    Returns
    -------
    list of str
        The most probable first; only the first one may have a probability below 0.1.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.models.deep.embeddings.tags import name_tags
    >>> name_tags(pd.Series({"rock": 0.05, "jazz": 0.6, "piano": 0.3}))
    ['jazz', 'piano']
    """
    largest = proba.sort_values(ascending=False, kind="stable")[:count]
    return [
        tag for i, (tag, value) in enumerate(largest.items()) if i == 0 or value >= _MIN_PROBABILITY
    ]
