"""A training that is killed and begun again ends in the same bytes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.models.deep.effnet import EffNetClassifier, EffNetLogits
from stemstack.models.deep.training.checkpoint import defer_checkpoint_cleanup

SMALL = {
    "backbone": "cnn_tiny",
    "sr": 8000,
    "n_fft": 256,
    "hop_length": 128,
    "n_mels": 16,
    "crop_seconds": 0.25,
    "batch_size": 8,
    "epochs": 4,
    "mixup": 0.4,
    "spec_augment": 0.2,
    "remix": True,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}


class Killed(Exception):
    pass


class Tone:
    """A clip that can be drawn anew, and ends the training when it is drawn too often."""

    def __init__(self, frequency, end=None, times=0):
        self.frequency = frequency
        self.end = end
        self.times = times

    def load(self, sr):
        return np.sin(2 * np.pi * self.frequency * np.arange(4000) / sr).astype(np.float32)

    def key(self):
        return f"{self.frequency:032.6f}"

    def redraw(self, rng):
        self.times -= 1
        if self.end is not None and self.times < 0:
            self.end()
        return Tone(self.frequency * rng.uniform(0.9, 1.1))


def clips_and_labels(**ending):
    labels = np.arange(16) % 2
    tones = [Tone(300 + 900 * label + 10 * i) for i, label in enumerate(labels)]
    return [Tone(tones[0].frequency, **ending), *tones[1:]], labels


def raise_killed():
    raise Killed


@pytest.mark.parametrize("extra", [{}, {"patience": 4, "ema": 0.9}])
def test_a_training_broken_off_ends_in_the_same_bytes(tmp_path, extra):
    params = {**SMALL, **extra}
    whole = EffNetClassifier(**params).fit(*clips_and_labels())
    model = EffNetClassifier(**params, checkpoint=tmp_path)
    with pytest.raises(Killed):
        # Clip 0 may be set apart for early stopping, and is then never drawn: let all of them end.
        clips, labels = clips_and_labels()
        model.fit([Tone(clip.frequency, raise_killed, 2) for clip in clips], labels)
    (file,) = tmp_path.iterdir()
    again = EffNetClassifier(**params, checkpoint=tmp_path).fit(clips, labels)
    assert again.state_ == whole.state_
    assert again.history_ == whole.history_
    assert not file.exists()


def kill_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


def train_until_killed(folder):
    """Run by :func:`test_a_killed_process_is_no_loss` in a process of its own."""
    EffNetClassifier(**SMALL, checkpoint=folder).fit(
        *clips_and_labels(end=kill_this_process, times=2)
    )


def test_a_killed_process_is_no_loss(tmp_path):
    code = f"import test_checkpoint as t; t.train_until_killed({str(tmp_path)!r})"
    killed = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    begun = []
    clips, labels = clips_and_labels(end=lambda: begun.append(1), times=0)
    again = EffNetClassifier(**SMALL, checkpoint=tmp_path).fit(clips, labels)
    # Epochs 2 and 3 were whole when the process died: only the last is drawn.
    assert len(begun) == 1
    assert again.state_ == EffNetClassifier(**SMALL).fit(*clips_and_labels()).state_


def test_another_training_takes_no_notice(tmp_path):
    with pytest.raises(Killed):
        EffNetClassifier(**SMALL, checkpoint=tmp_path).fit(
            *clips_and_labels(end=raise_killed, times=1)
        )
    clips, labels = clips_and_labels()
    for other in (
        EffNetClassifier(**{**SMALL, "mixup": 0.3}, checkpoint=tmp_path),
        EffNetLogits(**SMALL, checkpoint=tmp_path),
    ):
        alone = type(other)(**other.get_params() | {"checkpoint": None})
        assert other.fit(clips, labels).state_ == alone.fit(clips, labels).state_
    with pytest.raises(Killed):
        # Other groups split the clips otherwise for early stopping.
        grouped = EffNetClassifier(**SMALL, checkpoint=tmp_path)
        grouped.fit(*clips_and_labels(end=raise_killed, times=1), groups=np.arange(16) // 2)
    assert len(list(tmp_path.iterdir())) == 2
    changed = EffNetClassifier(**SMALL, checkpoint=tmp_path).fit(clips[::-1], labels[::-1])
    assert changed.state_ == EffNetClassifier(**SMALL).fit(clips[::-1], labels[::-1]).state_
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_checkpoint_is_named(tmp_path):
    model = EffNetClassifier(**SMALL, checkpoint=tmp_path)
    with pytest.raises(Killed):
        model.fit(*clips_and_labels(end=raise_killed, times=1))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match=r"\.pt: is not a checkpoint that can be read .* delete it"):
        model.fit(*clips_and_labels())


@pytest.mark.parametrize("random_state", [None, np.random.default_rng(0)])
def test_a_checkpoint_without_a_seed_is_refused(tmp_path, random_state):
    net = EffNetClassifier(**{**SMALL, "random_state": random_state}, checkpoint=tmp_path)
    with pytest.raises(UsageError, match="give random_state as an int"):
        net.fit(*clips_and_labels())


def test_nets_that_are_ready_wait_for_the_end_of_what_they_are_for(tmp_path):
    nets = [EffNetClassifier(**SMALL | {"random_state": i}, checkpoint=tmp_path) for i in range(2)]
    clips, labels = clips_and_labels()
    with pytest.raises(Killed), defer_checkpoint_cleanup():
        trained = [net.fit(clips, labels).state_ for net in nets]
        raise_killed()
    assert len(list(tmp_path.iterdir())) == 2
    begun = []
    never, _ = clips_and_labels(end=lambda: begun.append(1))
    with defer_checkpoint_cleanup():
        assert [net.fit(never, labels).state_ for net in nets] == trained
        assert len(list(tmp_path.iterdir())) == 2
    assert begun == [] and list(tmp_path.iterdir()) == []
