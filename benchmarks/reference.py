"""librosa's features, called the ordinary way and from one spectrum, for the benchmarks."""

import warnings

import librosa
import numpy as np


def librosa_rows(y, sr):
    """Compute each family as in librosa's manual, where every call computes its own spectrum.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
    sr : float

    Returns
    -------
    dict of str to ndarray of shape (n_rows, n_frames)
        By family name; ``tempo`` has shape (1,).
    """
    feature = librosa.feature
    mfcc = feature.mfcc(y=y, sr=sr)
    chroma = feature.chroma_stft(y=y, sr=sr)
    onsets = librosa.onset.onset_strength(y=y, sr=sr) if len(y) >= 512 else np.zeros(1)
    return {
        "mfcc": mfcc,
        "mfcc_delta": _delta(mfcc, 1),
        "mfcc_delta2": _delta(mfcc, 2),
        "chroma": chroma,
        "contrast": feature.spectral_contrast(y=y, sr=sr, fmin=_lowest_band(sr)),
        "centroid": feature.spectral_centroid(y=y, sr=sr),
        "bandwidth": feature.spectral_bandwidth(y=y, sr=sr),
        "rolloff": feature.spectral_rolloff(y=y, sr=sr),
        "flatness": feature.spectral_flatness(y=y),
        "zcr": feature.zero_crossing_rate(y),
        "rms": feature.rms(y=y),
        "tonnetz": feature.tonnetz(chroma=chroma, sr=sr),
        "onset_strength": onsets[None],
        "logmel": librosa.power_to_db(feature.melspectrogram(y=y, sr=sr)),
        "tempo": feature.tempo(onset_envelope=onsets, sr=sr),
    }


def librosa_rows_of_one_spectrum(y, sr):
    """Compute the same from one spectrum, as far as librosa's parameters allow."""
    feature = librosa.feature
    magnitude = np.abs(librosa.stft(y))
    power = magnitude**2
    logmel = librosa.power_to_db(feature.melspectrogram(S=power, sr=sr))
    mfcc = feature.mfcc(S=logmel)
    chroma = feature.chroma_stft(S=power, sr=sr)
    centroid = feature.spectral_centroid(S=magnitude, sr=sr)
    onsets = librosa.onset.onset_strength(S=logmel, sr=sr) if len(y) >= 512 else np.zeros(1)
    return {
        "mfcc": mfcc,
        "mfcc_delta": _delta(mfcc, 1),
        "mfcc_delta2": _delta(mfcc, 2),
        "chroma": chroma,
        "contrast": feature.spectral_contrast(S=magnitude, sr=sr, fmin=_lowest_band(sr)),
        "centroid": centroid,
        "bandwidth": feature.spectral_bandwidth(S=magnitude, sr=sr, centroid=centroid),
        "rolloff": feature.spectral_rolloff(S=magnitude, sr=sr),
        "flatness": feature.spectral_flatness(S=magnitude),
        "zcr": feature.zero_crossing_rate(y),
        "rms": feature.rms(y=y),
        "tonnetz": feature.tonnetz(chroma=chroma, sr=sr),
        "onset_strength": onsets[None],
        "logmel": logmel,
        "tempo": feature.tempo(onset_envelope=onsets, sr=sr),
    }


# Where librosa has no value, the reference uses the definitions of SpectralFeatures.


def _delta(rows, order):
    """Compute deltas; with fewer than nine frames, where librosa raises, repeat the edges."""
    mode = "interp" if rows.shape[1] >= 9 else "nearest"
    return librosa.feature.delta(rows, order=order, mode=mode)


def _lowest_band(sr):
    """Return the lowest edge; up to 12.8 kHz, where librosa raises, the bands shrink."""
    return 200.0 if sr > 12800 else 200.0 * sr / 22050


def reference_statistics(rows):
    """Compute the seven statistics of rows by NumPy and SciPy, of shape (n_rows, 7)."""
    from scipy import stats

    with warnings.catch_warnings():
        # Of constant rows SciPy returns NaN, with a warning; the statistics define 0.
        warnings.simplefilter("ignore", RuntimeWarning)
        skew, kurtosis = stats.skew(rows, axis=1), stats.kurtosis(rows, axis=1)
    parts = [rows.mean(axis=1), rows.std(axis=1), rows.min(axis=1), rows.max(axis=1)]
    parts += [np.median(rows, axis=1), np.nan_to_num(skew), np.nan_to_num(kurtosis)]
    return np.stack(parts, axis=1)


def reference_features(rows):
    """Return the features of all families, given their rows, as one vector in registry order."""
    return np.concatenate(
        [
            value if name == "tempo" else reference_statistics(value).ravel()
            for name, value in rows.items()
        ]
    )
