"""Read audio files and validate clips.

A clip is a path, a 1-D float array, or an object that renders one; see :func:`load_clip`. Audio is
mono float32 in [-1, 1]. Public names are imported when they are first used, so that worker
processes, which only read clips, do not import scikit-learn.
"""

from ..utils.lazy_import import lazy_exports

_EXPORTS = {
    "DEFAULT_SR": ".reading",
    "Window": ".windows",
    "check_clips": ".clips",
    "clip_key": ".clips",
    "load_clip": ".clips",
    "read_clip": ".reading",
    "resample": ".reading",
    "validate_clips": ".clip_inputs",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
