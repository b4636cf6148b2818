"""Whether recordings are to be trained on with noise and effects, as their test clips differ."""

from ..datasets.synthetic_noise import SYNTHETIC
from ..runs.clip_list import ClipList
from ..runs.training_windows import plan_clips
from ..utils.resources import DEFAULT_RESOURCES
from .gap.clip_sets import ClipSet, measure_gap
from .tuning.tune import LEAST_CLIPS

# Clips of each set to compare.
_MOST = 100
# Where the whole 95 % interval of the AUC is above this: half of the test clips or more differ.
_DIFFERENT_AUC = 0.6
# What noise, filters, reverberation, compression and codecs change.
_CHANGED = ("spectrum", "dynamics", "noise")


def choose_noise(data, config, *, resources=DEFAULT_RESOURCES):
    """Choose synthetic noise for recordings whose test clips differ from them.

    Parameters
    ----------
    data : DataSet
        Without added noise.
    config : Config
    resources : Resources

    Returns
    -------
    noise : {"synthetic"} or None
        None also for stems, for clips of several labels, and where there are fewer than 20 training
        clips or test clips.
    gap : Gap or None
        Between training clips, cut as they would be, and test clips, where they were compared.

    Raises
    ------
    DataError
        The data cannot be used.

    See Also
    --------
    stemstack.domain_shift.gap.measure_gap : Compares two sets of clips.

    Examples
    --------
    >>> from stemstack.datasets import read_data
    >>> from stemstack.domain_shift.recording_noise import choose_noise
    >>> from stemstack.runs import Config
    >>> noise, gap = choose_noise(read_data("CLIPS"), Config("CLIPS"))  # doctest: +SKIP
    """
    if data.has_stems or data.test is None or data.label_separator is not None:
        return None, None
    paths = ClipList.from_test_table(data).paths
    table, clips = plan_clips(data, config, paths)
    # Clips that cannot be read are left to the fit, which names all of them.
    recordings, test = (
        clip_set.sample(_MOST, config.seed).readable(resources=resources)
        for clip_set in (
            ClipSet("train", clips, table["group"].tolist()),
            ClipSet("test", paths, paths),
        )
    )
    few = min(len(recordings.clips), len(test.clips)) < LEAST_CLIPS
    if few or len(set(recordings.groups)) < 2:
        return None, None
    gap = measure_gap(recordings, test, seed=config.seed, resources=resources)
    differs = any(facet.is_separable for facet in gap.facets if facet.name in _CHANGED)
    return (SYNTHETIC if differs and gap.interval[0] > _DIFFERENT_AUC else None), gap
