"""musicnn as a backbone that is trained further, on its own spectrograms.

The features are its penultimate layer, of 200 units. See
:mod:`stemstack.models.deep.embeddings.musicnn` for the network and the source of its weights.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from ....exceptions import UsageError
from ..data.log_mel import MelSettings
from ..embeddings.musicnn import MEL, MusicnnNetwork, log_spectrogram

MUSICNN = "musicnn"
MUSICNN_PARAMETERS = {
    "sr": MEL.sr,
    "n_fft": MEL.n_fft,
    "hop_length": MEL.hop_length,
    "n_mels": MEL.n_mels,
    "crop_seconds": 3.0,
}


@dataclass(frozen=True)
class MusicnnSettings(MelSettings):
    """Parameters of musicnn's input: log10(1 + 10000 · power) in 96 mel bands at 16 kHz."""

    kind: ClassVar[str] = "MusicnnSettings"

    def __post_init__(self):
        if asdict(self) != asdict(MEL):
            names = ", ".join(f"{name}={value}" for name, value in asdict(MEL).items())
            raise UsageError(
                f"musicnn needs its own spectrograms: {names}; use make_model('musicnn')"
            )

    def compute(self, clip, device="cpu"):
        """Compute the spectrogram of a clip.

        Parameters
        ----------
        clip : ndarray of shape (n_samples,), float32
        device : torch.device or str, default="cpu"

        Returns
        -------
        ndarray of shape (96, 1 + n_samples // 256), float16
        """
        return log_spectrogram(clip, device).T.cpu().numpy().astype(np.float16)


def build_musicnn(source):
    """Build the backbone, with the published weights or random ones.

    Parameters
    ----------
    source : {"package", "none"}

    Returns
    -------
    torch.nn.Module
        Maps (n, 1, n_bands, n_frames) to (n, 200).
    """
    from ..embeddings.musicnn_layers import Musicnn, MusicnnBackbone

    if source == "package":
        return MusicnnBackbone(MusicnnNetwork().load())
    return MusicnnBackbone(Musicnn())
