"""Feature families, one module per subject, and their registry.

A new family is a function decorated with :func:`~.family.descriptor` and one line of the registry.
"""

from . import (
    chroma,
    contrast,
    hpss,
    loudness_range,
    mel,
    modulation,
    noise_floor,
    octaves,
    rhythm,
    rms_zcr,
    spectral_shape,
)

# The order of the columns: new families go last.
_REGISTRY = (
    mel.mfcc,
    mel.mfcc_delta,
    mel.mfcc_delta2,
    chroma.chroma,
    contrast.contrast,
    spectral_shape.centroid,
    spectral_shape.bandwidth,
    spectral_shape.rolloff,
    spectral_shape.flatness,
    rms_zcr.zcr,
    rms_zcr.rms,
    chroma.tonnetz,
    rhythm.onset_strength,
    mel.logmel,
    rhythm.tempo,
    spectral_shape.levelfree,
    spectral_shape.entropy,
    spectral_shape.flux,
    noise_floor.denoised,
    noise_floor.pcen,
    hpss.hpss,
    octaves.octaves,
    octaves.texture,
    modulation.modulation,
    rhythm.beat_histogram,
    rhythm.beat_ratios,
    loudness_range.dynamics,
)

FAMILIES = {family.name: family for family in _REGISTRY}
