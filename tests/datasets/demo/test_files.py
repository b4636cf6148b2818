"""WAV files are written as 16-bit samples."""

import numpy as np
import soundfile

from stemstack.datasets.demo.files import write_wav


def test_samples_are_rounded_and_clipped(tmp_path):
    write_wav(tmp_path / "new" / "clip.wav", np.array([0.0, 0.5, -2.0, 2.0]), 8000)
    samples, sr = soundfile.read(tmp_path / "new" / "clip.wav", dtype="int16")
    assert sr == 8000
    assert samples.tolist() == [0, 16384, -32767, 32767]
