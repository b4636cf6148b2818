"""Noise clips for data sets without a noise folder: generated, of 32 kinds."""

from pathlib import Path

from ..utils.cache import default_cache_folder, mark_as_cache
from ..utils.progress import NO_PROGRESS

# The values of ``noise`` that stand for these clips, and for none at all.
SYNTHETIC, NO_NOISE = "synthetic", "off"
# Raise it whenever any clip may change.
_VERSION = 1
_CLIPS_PER_CATEGORY = 6
# Not that of the demo data, whose test clips have noise as well.
_SEED = 1


def write_synthetic_noise(cache=None, *, progress=NO_PROGRESS):
    """Generate noise clips into a cache folder, unless they are there.

    Parameters
    ----------
    cache : str or os.PathLike, optional
        The clips are in its ``noise`` folder; ``STEMSTACK_CACHE`` or ``~/.cache/stemstack`` by
        default.
    progress : NullProgress
        Shows nothing by default.

    Returns
    -------
    Path
        A folder of 192 clips of 5 s with the structure of ESC-50, 85 MB; the same on any machine.

    See Also
    --------
    stemstack.datasets.demo.write_noise : Generates the clips.

    Examples
    --------
    >>> from stemstack.datasets.synthetic_noise import write_synthetic_noise
    >>> write_synthetic_noise("CACHE")  # doctest: +SKIP
    PosixPath('CACHE/noise/synthetic-v1/ESC-50-master')
    """
    from .demo import TARGETS, write_noise
    from .layouts.shared import NOISE_FOLDER

    folder = Path(cache or default_cache_folder(), "noise", f"synthetic-v{_VERSION}", NOISE_FOLDER)
    # The table is written last.
    if not (folder / "meta" / "esc50.csv").exists():
        mark_as_cache(folder.parents[1])
        with progress.stage("noise clips", len(TARGETS) * _CLIPS_PER_CATEGORY) as advance:
            options = {"clips_per_category": _CLIPS_PER_CATEGORY, "seed": _SEED}
            write_noise(folder, **options, advance=advance)
    return folder
