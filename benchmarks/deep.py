"""Speed of the deep models, compared with the bare network and with a plain notebook's loop.

For each backbone, clips per second of training and of prediction:

- *bare*: timm's network forward and backward on a batch that is already in memory;
- *limit*: the same with stemstack's changes to the network, an optimizer in one kernel and batch
  norms fused into convolutions;
- *stemstack*: from waveforms in memory to log-mels, crops and steps, or probabilities;
- *plain*: librosa's log-mel of each clip computed each time, as in public notebooks.

The ways take turns, round by round; ratios are medians over the rounds. Weights are random, which
costs the same.

    python benchmarks/deep.py --backbones tf_efficientnet_lite2 cnn --epochs 8
    python benchmarks/deep.py --clips 8 --epochs 4 --rounds 3 --threads 1 --cpu-clock   # 2 minutes
    python benchmarks/deep.py --data DATA --backbones efficientnet_b2 --batch-size 64   # for a GPU

With DATA, a data set of stems, there is one more row: training on mashups that are resampled and
rendered in each epoch, with mixup and SpecAugment, compared with the same bare steps.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import torch

from stemstack.datasets import read_data
from stemstack.models.deep.backbones.fusion import fuse_conv_bn
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.data.batches import even_crops, random_crops
from stemstack.models.deep.data.dataset import LogMelDataset, RemixedDataset
from stemstack.models.deep.data.log_mel import MelSettings, load_log_mels
from stemstack.models.deep.device import resolve_device
from stemstack.models.deep.effnet import EffNetClassifier
from stemstack.models.deep.inference import InferenceConfig, clips_at_once, predict_outputs
from stemstack.models.deep.targets import ClassTargets
from stemstack.models.deep.training.trainer import Trainer, TrainingSchedule
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.resources import Resources

DEFAULTS = EffNetClassifier().get_params()
WAYS = ("bare", "limit", "stemstack", "plain")
N_CLASSES = 10


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbones", nargs="+", default=["tf_efficientnet_lite2", "cnn"])
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--epochs", type=int, default=DEFAULTS["epochs"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=DEFAULTS["batch_size"])
    parser.add_argument("--bf16", action="store_true", help="all in bfloat16, as on a GPU")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--cpu-clock", action="store_true", help="time of the CPU, for one thread")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data", type=Path, help="data set of stems, to train on its mashups")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as cache:
        compare(Bench(options, Path(cache)), options)


def compare(bench, options):
    """Print one line per backbone and task."""
    threads, rounds = options.threads, options.rounds
    print(f"{bench.device}, {threads} threads; clips per second, median of {rounds}\n")
    print(f"| backbone | task | {' | '.join(WAYS)} | stemstack / bare | / limit | / plain |")
    print("|---" * (len(WAYS) + 5) + "|")
    for backbone in options.backbones:
        for task in ("train", *(["remix"] if options.data else []), "predict"):
            rates = bench.measure(backbone, task)
            ratios = np.median(rates[:, 2:3] / rates[:, [0, 1, 3]], axis=0)
            cells = [f"{rate:.1f}" for rate in np.median(rates, axis=0)]
            cells += [f"{ratio:.2f}" for ratio in ratios]
            print(f"| {backbone} | {task} | {' | '.join(cells)} |", flush=True)
        if bench.device.type == "cuda":
            print(f"{backbone}: at most {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
            torch.cuda.reset_peak_memory_stats()


def sample_mashups(data, n_clips, cache):
    """Sample mashups of a data set that can be resampled, as ``fit`` does."""
    dataset = read_data(data)
    config = Config(str(data), folds=2, mashups_per_genre=-(-n_clips // len(dataset.classes)))
    training = training_clips(dataset, config, resources=Resources(cache, n_jobs=2))
    return training.clips[:n_clips]


class Bench:
    """The ways of training and of prediction, on the same noise."""

    def __init__(self, options, cache):
        self.options = options
        self.device = resolve_device(options.device)
        self.bf16 = options.bf16 or self.device.type == "cuda"
        self.mels = MelSettings(*(DEFAULTS[k] for k in ("sr", "n_fft", "hop_length", "n_mels")))
        width = self.mels.n_frames(DEFAULTS["crop_seconds"])
        self.inference = InferenceConfig(width, DEFAULTS["tta_crops"], bf16=self.bf16)
        rng = np.random.default_rng(0)
        n_samples, n_clips = int(options.seconds * self.mels.sr), options.clips
        self.clips = [rng.standard_normal(n_samples, dtype=np.float32) for _ in range(n_clips)]
        self.labels = np.arange(options.clips) % N_CLASSES
        self.log_mels = load_log_mels(self.clips, self.mels, device=self.device)
        self.mashups = sample_mashups(options.data, n_clips, cache) if options.data else []

    def measure(self, backbone, task):
        """Return clips per second, one row per round and one column per way."""
        # stemstack leaves a network in evaluation mode: each way of training sets its own.
        net = build_net(PretrainedSource(backbone, "none"), N_CLASSES).to(self.device).eval()
        nets = dict.fromkeys(WAYS, net)
        if task == "predict":
            # As the estimators do once when they are fitted or loaded.
            nets["stemstack"] = nets["limit"] = fuse_conv_bn(net)
        tasks = {way: "train" if task == "remix" and way != "stemstack" else task for way in WAYS}
        runs = [partial(getattr(self, f"{way}_{tasks[way]}"), nets[way]) for way in WAYS]
        for run in runs:
            run()
        return np.array([[self._rate(run) for run in runs] for _ in range(self.options.rounds)])

    def bare_train(self, net, *, fused=False):
        """Train on one batch again and again."""
        net.train()
        optimizer = torch.optim.AdamW(net.parameters(), fused=fused)
        n = min(self.options.batch_size, len(self.clips))
        crops = random_crops(self.log_mels[:n], self.inference.width, np.random.default_rng(0))
        batch, labels = self._batch(crops), torch.from_numpy(self.labels[:n]).to(self.device)
        n_steps = max(1, self.options.epochs * len(self.clips) // n)
        for _ in range(n_steps):
            self._plain_step(net, optimizer, batch, labels)
        return n_steps * n

    def limit_train(self, net):
        """Train in the same way with the optimizer of stemstack."""
        return self.bare_train(net, fused=True)

    def stemstack_train(self, net):
        """Train with the estimators' own loop, log-mels included."""
        return self._train(net, LogMelDataset(self.clips, self.mels, device=self.device))

    def stemstack_remix(self, net):
        """Train on resampled mashups."""
        rng, seconds = np.random.default_rng(0), DEFAULTS["crop_seconds"]
        dataset = RemixedDataset(
            self.mashups, self.mels, device=self.device, rng=rng, seconds=seconds
        )
        return self._train(net, dataset, mixup=0.4, spec_augment=0.1)

    def _train(self, net, dataset, **changes):
        settings = {k: DEFAULTS[k] for k in TrainingSchedule.__dataclass_fields__ if k in DEFAULTS}
        settings |= {"epochs": self.options.epochs, "batch_size": self.options.batch_size}
        settings |= {"width": self.inference.width, "frozen": 0.0, "bf16": self.bf16}
        trainer = Trainer(
            net.train(),
            TrainingSchedule(**settings | changes),
            self.labels,
            ClassTargets(np.arange(N_CLASSES)),
            device=self.device,
            rng=np.random.default_rng(0),
        )
        trainer.fit(dataset)
        return len(self.labels) * self.options.epochs

    def plain_train(self, net):
        """Train for one epoch with a DataLoader that computes librosa's log-mels."""
        net.train()
        optimizer = torch.optim.AdamW(net.parameters())
        for crops, labels in self._plain_loader(n_crops=1):
            self._plain_step(net, optimizer, self._batch(crops), labels.to(self.device))
        return len(self.clips)

    def bare_predict(self, net):
        """Predict one batch, of the size that stemstack uses, again and again."""
        config = self.inference
        n = min(clips_at_once(config, self.device), len(self.clips))
        batch = self._batch(even_crops(self.log_mels[:n], config.width, config.n_crops))
        n_times = max(1, len(self.clips) // n)
        with torch.inference_mode(), self._autocast():
            for _ in range(n_times):
                net(batch).cpu()
        return n_times * n

    limit_predict = bare_predict

    def stemstack_predict(self, net):
        """Predict from waveforms."""
        log_mels = load_log_mels(self.clips, self.mels, device=self.device)
        predict_outputs(net, log_mels, self.inference, device=self.device)
        return len(self.clips)

    def plain_predict(self, net):
        """Predict with a DataLoader that computes librosa's log-mels."""
        with torch.inference_mode(), self._autocast():
            for crops, _ in self._plain_loader(n_crops=self.inference.n_crops):
                net(self._batch(crops)).cpu()
        return len(self.clips)

    def _batch(self, crops):
        batch = torch.as_tensor(crops).to(self.device).float()
        return batch.contiguous(memory_format=torch.channels_last)

    def _autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def _plain_step(self, net, optimizer, batch, labels):
        with self._autocast():
            logits = net(batch)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def _plain_loader(self, n_crops):
        items = [(clip, n_crops) for clip in self.clips]
        return torch.utils.data.DataLoader(
            list(zip(items, self.labels, strict=True)),
            batch_size=self.options.batch_size,
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
        return even_crops([librosa.power_to_db(power)], self.inference.width, n_crops)[:, 0]

    def _rate(self, run):
        self._synchronize()
        clock = time.process_time if self.options.cpu_clock else time.perf_counter
        started = clock()
        n_clips = run()
        self._synchronize()
        return n_clips / (clock() - started)

    def _synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


if __name__ == "__main__":
    main()
