"""How near the deep path comes to the bare net, and how far ahead of a plain notebook's loop.

For each backbone, clips a second of training and of prediction: (a) bare, forward and backward on
one batch already in memory, which is the limit; (b) ours, from waveforms in memory to log-mels,
crops, augmentation and steps; (c) plain, a torch DataLoader that computes librosa's log-mel of each
clip each time, as public notebooks do. Random weights: they cost the same.

    python benchmarks/deep.py --backbones tf_efficientnet_lite2 cnn --epochs 3
"""

import argparse
import time
from functools import partial

import librosa
import numpy as np
import torch

from stemstack.models.deep.batches import random_crops
from stemstack.models.deep.device import resolve_device
from stemstack.models.deep.logmel import MelSettings
from stemstack.models.deep.nets import build_net
from stemstack.models.deep.pictures import PictureSource, load_pictures
from stemstack.models.deep.predicting import predict_outputs
from stemstack.models.deep.training import Plan, Trainer
from stemstack.models.deep.weights import Start
from stemstack.models.effnet import EffNetClassifier

DEFAULTS = EffNetClassifier().get_params()
N_CLASSES = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbones", nargs="+", default=["tf_efficientnet_lite2", "cnn"])
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=DEFAULTS["batch_size"])
    parser.add_argument("--frozen", type=float, default=0.0)
    parser.add_argument("--device", default="auto")
    wanted = parser.parse_args()
    bench = Bench(wanted)
    print(f"{bench.device}, {torch.get_num_threads()} threads; clips a second\n")
    print("| backbone | task | bare | ours | plain | ours / bare | ours / plain |")
    print("|---|---|---|---|---|---|---|")
    for backbone in wanted.backbones:
        for task in ("train", "predict"):
            bare, ours, plain = (
                getattr(bench, f"{way}_{task}")(backbone) for way in ("bare", "ours", "plain")
            )
            print(
                f"| {backbone} | {task} | {bare:.1f} | {ours:.1f} | {plain:.1f} "
                f"| {ours / bare:.2f} | {ours / plain:.2f} |",
                flush=True,
            )


class Bench:
    """The three ways, each for training and prediction, on the same noise."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.device = resolve_device(wanted.device)
        self.mels = MelSettings(*(DEFAULTS[k] for k in ("sr", "n_fft", "hop_length", "n_mels")))
        self.width = self.mels.n_frames(DEFAULTS["crop_seconds"])
        rng = np.random.default_rng(0)
        n_samples = int(wanted.seconds * self.mels.sr)
        self.clips = [rng.standard_normal(n_samples, dtype=np.float32) for _ in range(wanted.clips)]
        self.labels = np.arange(wanted.clips) % N_CLASSES

    def bare_train(self, backbone):
        trainer = self._trainer(backbone)
        crops = random_crops(self._some_pictures(), self.width, trainer.rng)
        labels = self.labels[: len(crops)]
        optimizer, _ = trainer._make_optimizer(10_000)
        trainer._set_training()
        step = partial(trainer._step, crops, labels, optimizer)
        return self._rate(step, len(crops), self._n_steps())

    def ours_train(self, backbone):
        trainer = self._trainer(backbone)

        def train():
            source = PictureSource(self.clips, self.mels, device=self.device)
            trainer.run(source, self.labels, on_epoch=lambda epoch, seconds: False)

        return self._rate(train, len(self.clips) * self.wanted.epochs, 1)

    def plain_train(self, backbone):
        trainer = self._trainer(backbone)
        optimizer, _ = trainer._make_optimizer(10_000)
        trainer._set_training()

        def train():
            for crops, labels in self._plain_loader(n_crops=1):
                trainer._step(crops.numpy(), labels.numpy(), optimizer)

        return self._rate(train, len(self.clips), 1)

    def bare_predict(self, backbone):
        net = build_net(Start(backbone, "none"), N_CLASSES).to(self.device).eval()
        run = partial(self._predict, net, self._some_pictures())
        return self._rate(run, self.wanted.batch_size, self._n_steps())

    def ours_predict(self, backbone):
        net = build_net(Start(backbone, "none"), N_CLASSES).to(self.device).eval()

        def predict():
            self._predict(net, load_pictures(self.clips, self.mels, device=self.device))

        return self._rate(predict, len(self.clips), 1)

    def plain_predict(self, backbone):
        net = build_net(Start(backbone, "none"), N_CLASSES).to(self.device).eval()

        def predict():
            with torch.inference_mode():
                for crops, _ in self._plain_loader(n_crops=DEFAULTS["tta"]):
                    net(crops.to(self.device))

        return self._rate(predict, len(self.clips), 1)

    def _predict(self, net, pictures):
        n_crops = DEFAULTS["tta"]
        predict_outputs(net, pictures, width=self.width, n_crops=n_crops, device=self.device)

    def _trainer(self, backbone):
        shared = {k: DEFAULTS[k] for k in Plan.__dataclass_fields__ if k in DEFAULTS}
        asked = {k: getattr(self.wanted, k) for k in ("epochs", "batch_size", "frozen")}
        plan = Plan(**{**shared, **asked, "width": self.width})
        net = build_net(Start(backbone, "none"), N_CLASSES).to(self.device)
        rng = np.random.default_rng(0)
        return Trainer(net, plan, N_CLASSES, device=self.device, rng=rng)

    def _some_pictures(self):
        clips = (self.clips * self.wanted.batch_size)[: self.wanted.batch_size]
        return load_pictures(clips, self.mels, device=self.device)

    def _n_steps(self):
        return max(1, self.wanted.epochs * len(self.clips) // self.wanted.batch_size)

    def _plain_loader(self, n_crops):
        items = [(clip, n_crops) for clip in self.clips]
        return torch.utils.data.DataLoader(
            list(zip(items, self.labels, strict=True)),
            batch_size=self.wanted.batch_size,
            collate_fn=self._plain_batch,
        )

    def _plain_batch(self, rows):
        crops = [crop for (clip, n_crops), _ in rows for crop in self._plain_crops(clip, n_crops)]
        labels = torch.tensor([int(label) for _, label in rows])
        return torch.from_numpy(np.stack(crops))[:, None], labels

    def _plain_crops(self, clip, n_crops):
        power = librosa.feature.melspectrogram(
            y=clip,
            sr=self.mels.sr,
            n_fft=self.mels.n_fft,
            hop_length=self.mels.hop_length,
            n_mels=self.mels.n_mels,
        )
        decibels = librosa.power_to_db(power)[:, : self.width * n_crops]
        return np.array_split(decibels, n_crops, axis=1)

    def _rate(self, run, n_clips, n_times):
        run()
        self._wait()
        started = time.perf_counter()
        for _ in range(n_times):
            run()
        self._wait()
        return n_clips * n_times / (time.perf_counter() - started)

    def _wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


if __name__ == "__main__":
    main()
