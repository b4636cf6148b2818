"""Speed of audio embeddings against the bare forward pass of the network.

    python benchmarks/embeddings.py --networks musicnn

For each network, in turn in one process with one thread: clips of 10 s per second of CPU time by
``AudioEmbedding`` from arrays in memory, the forward pass alone on its input in memory, and their
ratio. Needs the weights of each network; folders and names on the hub can be given.
"""

import argparse
import time

import numpy as np

from stemstack.models import AudioEmbedding
from stemstack.models.deep.embeddings.networks import load_network


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=["musicnn"])
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def cpu_seconds(function, *arguments):
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def forward_of(network, clip, device):
    """Return a function that runs the network on the input of a clip, which is made here."""
    import torch

    if network.name == "musicnn":
        from stemstack.models.deep.embeddings.musicnn import PATCH_FRAMES, log_spectrogram

        spectrogram = log_spectrogram(clip, device)
        patches = spectrogram.unfold(0, PATCH_FRAMES, PATCH_FRAMES).transpose(1, 2).contiguous()
        net = network._net.to(device)
    else:
        inputs = network._extract([clip], sampling_rate=network.sr, return_tensors="pt")
        patches = next(iter(inputs.values())).to(device)
        net = network._net.to(device)

    def forward():
        with torch.inference_mode():
            net(patches)

    return forward


def main():
    options = parse_options()
    import torch

    torch.set_num_threads(1)
    print(f"{'network':32s} {'ms per clip of 10 s':>20s} {'bare':>8s} {'ratio':>7s}")
    for name in options.networks:
        network = load_network(name)
        rng = np.random.default_rng(0)
        clips = list(rng.normal(0, 0.1, (options.clips, 10 * network.sr)).astype(np.float32))
        embedding = AudioEmbedding(name, device=options.device).fit(clips)
        forward = forward_of(network, clips[0], options.device)
        whole, bare = [], []
        for _ in range(options.rounds):
            whole.append(cpu_seconds(embedding.transform, clips) / len(clips))
            bare.append(np.mean([cpu_seconds(forward) for _ in clips]))
        whole, bare = 1000 * min(whole), 1000 * min(bare)
        print(f"{name:32s} {whole:20.1f} {bare:8.1f} {bare / whole:7.2f}")


if __name__ == "__main__":
    main()
