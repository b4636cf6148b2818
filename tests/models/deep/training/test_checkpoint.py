import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.nets import SMALL_NET, Tone

from stemstack.exceptions import UsageError
from stemstack.models import EffNetClassifier, EffNetLogits
from stemstack.models.deep.training.checkpoint import defer_checkpoint_cleanup

PARAMS = {**SMALL_NET, "epochs": 4, "mixup": 0.4, "spec_augment": 0.2, "remix": True}


class Killed(Exception):
    pass


def raise_killed():
    raise Killed("power failure")


class ResampledTone(Tone):
    """A clip that can be resampled, and calls ``end`` when it is resampled too often."""

    def __init__(self, frequency, end=None, times=0):
        super().__init__(frequency)
        self.end = end
        self.times = times

    def redraw(self, rng):
        self.times -= 1
        if self.end is not None and self.times < 0:
            self.end()
        return ResampledTone(self.frequency * rng.uniform(0.9, 1.1))


def make_clips(**ending):
    """Return sixteen tones of two classes, the first of them with an ``end``, and their labels."""
    labels = np.arange(16) % 2
    tones = [ResampledTone(300 + 900 * label + 10 * i) for i, label in enumerate(labels)]
    return [ResampledTone(tones[0].frequency, **ending), *tones[1:]], labels


@pytest.mark.parametrize("extra", [{}, {"patience": 4, "ema": 0.9}])
def test_interrupted_training_ends_in_the_same_bytes(tmp_path, extra):
    params, (clips, labels) = {**PARAMS, **extra}, make_clips()
    whole = EffNetClassifier(**params).fit(clips, labels)
    model = EffNetClassifier(**params, checkpoint=tmp_path)
    # Any clip may be in the validation split, where it is never resampled: each of them ends.
    ending = [ResampledTone(clip.frequency, raise_killed, 2) for clip in clips]
    with pytest.raises(Killed, match="power failure"):
        model.fit(ending, labels)
    (file,) = tmp_path.iterdir()
    resumed = EffNetClassifier(**params, checkpoint=tmp_path).fit(clips, labels)
    assert resumed.state_ == whole.state_
    assert resumed.history_ == whole.history_
    assert not file.exists()


def kill_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


def train_until_killed(folder):
    """Train in a process of its own, for :func:`test_killed_process_is_resumed`."""
    EffNetClassifier(**PARAMS, checkpoint=folder).fit(*make_clips(end=kill_this_process, times=2))


@pytest.mark.slow
def test_killed_process_is_resumed(tmp_path):
    code = f"import test_checkpoint as t; t.train_until_killed({str(tmp_path)!r})"
    folder = Path(__file__).parent
    tests = Path(__file__).parents[3]
    path = os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": path}
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    resampled = []
    clips, labels = make_clips(end=lambda: resampled.append(1), times=0)
    resumed = EffNetClassifier(**PARAMS, checkpoint=tmp_path).fit(clips, labels)
    # Epochs 2 and 3 were complete when the process died: only the last is repeated.
    assert len(resampled) == 1
    assert resumed.state_ == EffNetClassifier(**PARAMS).fit(*make_clips()).state_


@pytest.fixture
def interrupted(tmp_path):
    """A folder with the checkpoint of an interrupted training."""
    with pytest.raises(Killed, match="power failure"):
        EffNetClassifier(**PARAMS, checkpoint=tmp_path).fit(*make_clips(end=raise_killed, times=1))
    return tmp_path


@pytest.mark.parametrize(
    "other",
    [EffNetClassifier(**{**PARAMS, "mixup": 0.3}), EffNetLogits(**PARAMS)],
    ids=["parameter", "class"],
)
def test_other_training_ignores_the_checkpoint(interrupted, other):
    clips, labels = make_clips()
    expected = type(other)(**other.get_params()).fit(clips, labels).state_
    assert other.set_params(checkpoint=interrupted).fit(clips, labels).state_ == expected
    assert len(list(interrupted.iterdir())) == 1


def test_other_groups_have_their_own_checkpoint(interrupted):
    with pytest.raises(Killed, match="power failure"):
        model = EffNetClassifier(**PARAMS, checkpoint=interrupted)
        model.fit(*make_clips(end=raise_killed, times=1), groups=np.arange(16) // 2)
    assert len(list(interrupted.iterdir())) == 2


def test_other_order_ignores_the_checkpoint(interrupted):
    clips, labels = make_clips()
    reordered = EffNetClassifier(**PARAMS, checkpoint=interrupted).fit(clips[::-1], labels[::-1])
    assert reordered.state_ == EffNetClassifier(**PARAMS).fit(clips[::-1], labels[::-1]).state_
    assert len(list(interrupted.iterdir())) == 1


def test_damaged_checkpoint_starts_the_training_again(interrupted, caplog):
    (file,) = interrupted.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    model = EffNetClassifier(**PARAMS, checkpoint=interrupted).fit(*make_clips())
    assert model.state_ == EffNetClassifier(**PARAMS).fit(*make_clips()).state_
    assert f"{file}: damaged, removed" in caplog.text


@pytest.mark.parametrize("random_state", [None, np.random.default_rng(0)])
def test_checkpoint_needs_a_seed(tmp_path, random_state):
    net = EffNetClassifier(**{**PARAMS, "random_state": random_state}, checkpoint=tmp_path)
    with pytest.raises(UsageError, match="give random_state as an int"):
        net.fit(*make_clips())


def test_deferred_cleanup_waits_for_the_block(tmp_path):
    nets = [EffNetClassifier(**PARAMS | {"random_state": i}, checkpoint=tmp_path) for i in range(2)]
    clips, labels = make_clips()
    with pytest.raises(Killed, match="power failure"), defer_checkpoint_cleanup():
        trained = [net.fit(clips, labels).state_ for net in nets]
        raise_killed()
    assert len(list(tmp_path.iterdir())) == 2
    resampled = []
    clips, _ = make_clips(end=lambda: resampled.append(1))
    with defer_checkpoint_cleanup():
        assert [net.fit(clips, labels).state_ for net in nets] == trained
        assert len(list(tmp_path.iterdir())) == 2
    assert resampled == []
    assert list(tmp_path.iterdir()) == []
