"""Candidates for feature families, for ``families.py``: statistics of frames of one clip.

References
----------
Coates, A., Ng, A. (2012). Learning feature representations with k-means. Salamon, J., Bello, J.
(2015). Unsupervised feature learning for urban sound classification. ICASSP. (``codebook``)

Perronnin, F., Sanchez, J., Mensink, T. (2010). Improving the Fisher kernel. ECCV. (``fisher``)

Dempster, A. et al. (2021). MiniRocket. KDD. (``random convolutions``)

Arsigny, V. et al. (2006). Log-Euclidean metrics. (``covariance``)

Anden, J., Mallat, S. (2014). Deep scattering spectrum. IEEE Transactions on Signal Processing 62.
(``scattering``, of mel bands of a spectrogram)

Seyerlehner, K., Widmer, G., Pohle, T. (2010). Fusing block-level features. DAFx. (``blocks``)
"""

from types import SimpleNamespace

import librosa
import numpy as np
import soxr
from scipy.fft import dct, rfft
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from stemstack.audio import load_clip

SR, N_FFT, HOP, N_MELS = 22050, 2048, 512, 40
N_MFCC, PATCH = 20, 16
N_CODES, N_MIXTURES, N_KERNELS = 500, 16, 500
# Of the bass: an eighth of the sample rate, and semitones from E1 on.
BASS_SR, BASS_FFT, BASS_HOP, E1, BASS_BINS = SR // 8, 2048, 256, 41.2, 32
_MELS = librosa.filters.mel(sr=SR, n_fft=N_FFT, n_mels=N_MELS)
_CHROMA = librosa.filters.chroma(sr=SR, n_fft=N_FFT)


def describe_frames(clip):
    """Return log-mel bands in dB, MFCC, chroma, PCEN and the bass of a clip, frames first."""
    samples = load_clip(clip, SR)
    samples = samples / max(float(np.abs(samples).max()), 1e-6)
    power = _power(samples, N_FFT, HOP)
    mel = power @ _MELS.T
    log_mel = 10 * np.log10(np.maximum(mel, 1e-8)).astype(np.float32)
    return SimpleNamespace(
        log_mel=log_mel,
        mfcc=dct(log_mel, norm="ortho")[:, :N_MFCC],
        chroma=_normalise(power @ _CHROMA.T),
        pcen=librosa.pcen(mel.T * 2**31, sr=SR, hop_length=HOP).T.astype(np.float32),
        bass=_bass(samples),
    )


def _power(samples, n_fft, hop):
    padded = np.pad(samples, (n_fft // 2, n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    return np.abs(rfft(frames * np.hanning(n_fft).astype(np.float32))) ** 2


def _normalise(rows):
    return rows / np.maximum(rows.max(axis=1, keepdims=True), 1e-9)


def _bass(samples):
    """Return the magnitude of the semitones of the bass, frames first."""
    power = _power(soxr.resample(samples, SR, BASS_SR), BASS_FFT, BASS_HOP)
    bins = np.round(12 * np.log2(np.fft.rfftfreq(BASS_FFT, 1 / BASS_SR)[1:] / E1)).astype(int)
    inside = (bins >= 0) & (bins < BASS_BINS)
    semitones = np.zeros((len(power), BASS_BINS))
    np.add.at(semitones.T, bins[inside], power[:, 1:][:, inside].T)
    return np.sqrt(semitones)


def _patches(frames, hop):
    windows = np.lib.stride_tricks.sliding_window_view(frames.log_mel, PATCH, axis=0)[::hop]
    flat = windows.reshape(len(windows), -1)
    return flat - flat.mean(axis=1, keepdims=True)


def codebook(frames, fitted):
    """Mean and deviation of the similarity of log-mel patches to the codes of a dictionary."""
    pca, codes = fitted
    encoded = np.maximum(pca.transform(_patches(frames, 2)) @ codes.T, 0)
    return np.concatenate([encoded.mean(axis=0), encoded.std(axis=0)])


def fit_codebook(training):
    """Learn a dictionary by k-means on whitened patches, normalised to length 1."""
    rng = np.random.default_rng(0)
    patches = np.concatenate([_sample(_patches(frames, 4), 40, rng) for frames in training])
    pca = PCA(80, whiten=True, random_state=0).fit(patches)
    white = pca.transform(patches)
    white /= np.maximum(np.linalg.norm(white, axis=1, keepdims=True), 1e-9)
    codes = MiniBatchKMeans(N_CODES, random_state=0, n_init=1, batch_size=4096).fit(white)
    norms = np.linalg.norm(codes.cluster_centers_, axis=1, keepdims=True)
    return pca, codes.cluster_centers_ / np.maximum(norms, 1e-9)


def fisher(frames, fitted):
    """Fisher vector of the MFCC: gradients by the means and variances of a Gaussian mixture."""
    mixture = fitted
    shares = mixture.predict_proba(frames.mfcc)
    scaled = (frames.mfcc[:, None] - mixture.means_) / np.sqrt(mixture.covariances_)
    weights = np.sqrt(mixture.weights_)[:, None] * len(frames.mfcc)
    by_mean = np.einsum("tk,tkd->kd", shares, scaled) / weights
    by_variance = np.einsum("tk,tkd->kd", shares, scaled**2 - 1) / weights / np.sqrt(2)
    vector = np.concatenate([by_mean.ravel(), by_variance.ravel()])
    vector = np.sign(vector) * np.sqrt(np.abs(vector))
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def fit_mixture(training):
    """Fit the Gaussian mixture of the MFCC."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([_sample(frames.mfcc, 60, rng) for frames in training])
    # In double precision, and regularised: silent frames are all alike.
    mixture = GaussianMixture(N_MIXTURES, covariance_type="diag", reg_covar=1e-2, random_state=0)
    return mixture.fit(rows.astype(np.float64))


def _sample(rows, n, rng):
    return rows[rng.integers(len(rows), size=n)]


def random_convolutions(frames):
    """Share of positive values and maximum of random dilated convolutions of PCEN bands."""
    rng, found = np.random.default_rng(0), []
    bands = (frames.pcen - frames.pcen.mean(axis=0)) / (frames.pcen.std(axis=0) + 1e-6)
    for number in range(N_KERNELS):
        dilation = 2 ** (number % 5)
        weights = rng.normal(size=(9, 3))
        weights -= weights.mean()
        columns, bias = rng.integers(N_MELS, size=3), rng.uniform(-1, 1)
        reach = len(bands) - 8 * dilation
        response = sum(bands[t * dilation :][:reach, columns] @ weights[t] for t in range(9))
        found += [np.mean(response > bias), response.max()]
    return np.array(found)


def covariance(frames):
    """Logarithm of the covariance matrices of MFCC and chroma (upper triangles)."""
    parts = []
    for values in (frames.mfcc, frames.chroma):
        matrix = np.cov(values.T) + 1e-3 * np.eye(values.shape[1])
        eigenvalues, vectors = np.linalg.eigh(matrix)
        log = (vectors * np.log(np.maximum(eigenvalues, 1e-6))) @ vectors.T
        parts.append(log[np.triu_indices(len(log))])
    return np.concatenate(parts)


def blocks(frames):
    """Spectral and delta-spectral patterns: percentiles over blocks of levels sorted in time."""
    delta = np.maximum(frames.log_mel[3:] - frames.log_mel[:-3], 0)
    parts = []
    for values, level in ((frames.log_mel, 90), (delta, 90)):
        values = np.pad(values, ((0, max(0, 10 - len(values))), (0, 0)), mode="wrap")
        windows = np.lib.stride_tricks.sliding_window_view(values, 10, axis=0)[::5]
        parts.append(np.percentile(np.sort(windows, axis=-1), level, axis=0).ravel())
    return np.concatenate(parts)


def scattering(frames):
    """Second order of the scattering transform in time: modulations of each mel band by octave."""
    bands = np.sqrt(librosa.db_to_power(frames.log_mel))
    spectrum = np.fft.fft(bands, axis=0)
    rates = np.fft.fftfreq(len(bands), HOP / SR)
    first = bands.mean(axis=0) + 1e-6
    parts = []
    for octave in range(7):
        # Gaussians of about an octave, of positive rates only: their modulus is an envelope.
        wavelet = np.exp(-((rates - 0.5 * 2**octave) ** 2) / (2 * (0.2 * 2**octave) ** 2))
        envelopes = np.abs(np.fft.ifft(spectrum * wavelet[:, None], axis=0))
        parts += [np.log(envelopes.mean(axis=0) / first + 1e-4)]
        parts += [np.log(envelopes.std(axis=0) / first + 1e-4)]
    return np.concatenate(parts)


def bass_line(frames):
    """Intervals of the bass, its profile around its tonic, and chroma at onsets."""
    pitch = frames.bass.argmax(axis=1)
    steps = np.diff(pitch[::3]) % 12
    intervals = np.bincount(steps, minlength=12) / max(len(steps), 1)
    folded = np.zeros((len(frames.bass), 12))
    np.add.at(folded.T, np.arange(BASS_BINS) % 12, frames.bass.T)
    folded = _normalise(folded)
    tonic = folded.mean(axis=0).argmax()
    flux = np.maximum(np.diff(frames.log_mel, axis=0), 0).mean(axis=1)
    onsets = 1 + np.flatnonzero(flux >= np.percentile(flux, 90))
    at_onsets = np.roll(frames.chroma[onsets], -int(frames.chroma.mean(axis=0).argmax()), axis=1)
    rolled = np.roll(folded, -int(tonic), axis=1)
    moments = [(part.mean(axis=0), part.std(axis=0)) for part in (rolled, at_onsets)]
    return np.concatenate([intervals, *sum(moments, ())])


codebook.fit, fisher.fit = fit_codebook, fit_mixture
CANDIDATES = {
    "codebook": codebook,
    "fisher": fisher,
    "random convolutions": random_convolutions,
    "covariance": covariance,
    "blocks": blocks,
    "scattering": scattering,
    "bass line": bass_line,
}
