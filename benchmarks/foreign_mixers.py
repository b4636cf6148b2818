"""Mashup generators made of other projects' tools, each with conventions of its own.

A mixer is a function of the stems of one mashup, noise clips and a random generator. None of them
uses stemstack's renderer, tempo estimates or settings. They serve as judges: a training generator
that is good for all of them is not fitted to its author's own test set.
"""

import random
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import soundfile as sf

SR = 22050
SECONDS = 12.0
# Of training mashups for their test sets, as a mashup setting.
DURATIONS = ((1.0, SECONDS, SECONDS),)


@lru_cache(maxsize=4096)
def load(path):
    """Read a file as mono float32 at ``SR``."""
    return librosa.load(path, sr=SR)[0]


@lru_cache(maxsize=4096)
def estimate_bpm(path):
    """Estimate the tempo by librosa's beat tracker; 120 where it finds none."""
    bpm = float(np.atleast_1d(librosa.beat.beat_track(y=load(path), sr=SR)[0])[0])
    return bpm if bpm > 0 else 120.0


def stretch_rates(paths, target, limits):
    """Return the speeds that bring stems to ``target`` bpm, octave-folded and limited."""
    rates = target / np.array([estimate_bpm(path) for path in paths])
    rates = rates * 2.0 ** -np.round(np.log2(rates))
    return np.clip(rates, *limits)


def add_at_snr(mix, noise, snr):
    """Add noise at a ratio in dB of the RMS values."""
    rms = np.sqrt(np.mean(mix**2) + 1e-12), np.sqrt(np.mean(noise**2) + 1e-12)
    mix[: len(noise)] += noise[: len(mix)] * rms[0] / rms[1] * 10 ** (-snr / 20)
    return mix


def crop(samples, rng, seconds=SECONDS):
    """Cut a random excerpt."""
    length = round(seconds * SR)
    start = rng.integers(0, max(1, len(samples) - length))
    return samples[start : start + length]


def place(noise, length, rng, *, tiled):
    """Return noise of ``length`` samples: repeated, or once at a random place."""
    if tiled:
        return np.resize(noise, length)
    placed, noise = np.zeros(length, np.float32), noise[:length]
    start = rng.integers(0, length - len(noise) + 1)
    placed[start : start + len(noise)] = noise
    return placed


def decibels(value):
    """Return a linear gain."""
    return 10 ** (value / 20)


def sum_stems(stems):
    """Sum stems up to the end of the shortest."""
    length = min(map(len, stems))
    return np.sum([stem[:length] for stem in stems], axis=0, dtype=np.float32)


def mix_by_pedalboard(stems, noises, rng):
    """Rubber Band to the median tempo, compressor, reverberation, tilted noise, limiter."""
    import pedalboard as pb

    target = np.median([estimate_bpm(path) for path in stems])
    rates = stretch_rates(stems, target, (0.85, 1.15))
    parts = [
        pb.time_stretch(load(path), SR, stretch_factor=float(rate))[0]
        * decibels(rng.uniform(-9, 3))
        for path, rate in zip(stems, rates, strict=True)
    ]
    mix = crop(sum_stems(parts), rng)
    board = pb.Pedalboard([pb.Compressor(threshold_db=-20, ratio=3)])
    board.append(pb.Reverb(room_size=rng.uniform(0.05, 0.5), wet_level=rng.uniform(0.05, 0.3)))
    mix = board(mix, SR)
    for path in noises:
        noise = place(load(path), len(mix), rng, tiled=rng.random() < 0.4)
        if rng.random() < 0.5:
            tilt = rng.uniform(-12, 12)
            shelves = [pb.LowShelfFilter(400, tilt), pb.HighShelfFilter(2500, -tilt)]
            noise = pb.Pedalboard(shelves)(noise, SR)
        mix = add_at_snr(mix, noise, rng.uniform(3, 20))
    mix = pb.Pedalboard([pb.Limiter(threshold_db=-3)])(mix, SR)
    return 0.95 * mix / np.abs(mix).max()


def mix_by_audiomentations(stems, noises, rng):
    """Phase vocoder to the slowest tempo, equaliser, background noise, clipping, random level."""
    import audiomentations as am

    random.seed(int(rng.integers(2**31)))
    np.random.seed(int(rng.integers(2**31)))
    target = min(estimate_bpm(path) for path in stems)
    rates = stretch_rates(stems, target, (0.7, 1.3))
    parts = [
        librosa.effects.time_stretch(crop(load(path), rng, 1.4 * SECONDS), rate=rate)
        * decibels(rng.normal(-4, 4))
        for path, rate in zip(stems, rates, strict=True)
    ]
    mix = crop(sum_stems(parts), rng)
    chain = am.Compose(
        [
            am.SevenBandParametricEQ(min_gain_db=-8, max_gain_db=8, p=0.5),
            am.AddBackgroundNoise(sounds_path=list(noises), min_snr_db=0, max_snr_db=18, p=0.9),
            am.LowPassFilter(min_cutoff_freq=3000, max_cutoff_freq=8000, p=0.25),
            am.ClippingDistortion(min_percentile_threshold=0, max_percentile_threshold=3, p=0.2),
            am.Normalize(p=1.0),
            am.Gain(min_gain_db=-12, max_gain_db=0, p=1.0),
        ]
    )
    return np.clip(chain(mix / np.abs(mix).max(), sample_rate=SR), -1, 1)


def mix_by_sox(stems, noises, rng):
    """WSOLA to the drums' tempo, tone controls, reverberation, noise at a gain, peak at -3 dB."""
    rates = stretch_rates(stems, estimate_bpm(stems[0]), (0.8, 1.25))
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number, (path, rate) in enumerate(zip(stems, rates, strict=True)):
            part = f"{folder}/{number}.wav"
            call("sox", path, "-r", SR, "-c", 1, part, "tempo", "-m", f"{rate:.4f}")
            parts += ["-v", f"{decibels(rng.uniform(-12, 0)):.4f}", part]
        for number, path in enumerate(noises):
            part, pad = f"{folder}/n{number}.wav", rng.uniform(0, SECONDS)
            call("sox", path, "-r", SR, "-c", 1, part, "pad", f"{pad:.2f}")
            parts += ["-v", f"{rng.uniform(0.1, 0.9):.3f}", part]
        out = f"{folder}/mix.wav"
        effects = ["bass", f"{rng.uniform(-8, 8):.1f}", "treble", f"{rng.uniform(-8, 8):.1f}"]
        effects += ["reverb", f"{rng.uniform(0, 40):.0f}"] if rng.random() < 0.5 else []
        effects += ["trim", f"{rng.uniform(0, 3):.2f}", SECONDS, "norm", "-3"]
        call("sox", "-m", *parts, "-R", out, *effects)
        return sf.read(out, dtype="float32")[0]


def mix_by_ffmpeg(stems, noises, rng):
    """Atempo to the fastest tempo, amix, compressor, echo, loudness, and an AAC or MP3 file."""
    target = max(estimate_bpm(path) for path in stems)
    rates = stretch_rates(stems, target, (0.75, 1.33))
    inputs, chains = [], []
    for number, (path, rate) in enumerate(zip(stems, rates, strict=True)):
        inputs += ["-i", path]
        chains.append(f"[{number}]atempo={rate:.4f},volume={rng.uniform(-10, 2):.1f}dB[s{number}]")
    for number, path in enumerate(noises, start=len(stems)):
        inputs += ["-stream_loop", "-1", "-i", path]
        chains.append(f"[{number}]volume={rng.uniform(-24, -6):.1f}dB[s{number}]")
    count = len(stems) + len(noises)
    labels = "".join(f"[s{number}]" for number in range(count))
    effects = [f"{labels}amix=inputs={count}:duration=shortest:normalize=0"]
    effects += ["acompressor=threshold=0.1:ratio=4"] if rng.random() < 0.5 else []
    effects += ["aecho=0.8:0.7:60|110:0.3|0.2"] if rng.random() < 0.3 else []
    effects += [f"loudnorm=I={rng.uniform(-20, -12):.1f}:TP=-1", "aresample=22050"]
    codec = ["-c:a", "aac", "-b:a", "64k"] if rng.random() < 0.5 else ["-c:a", "mp3", "-b:a", "56k"]
    suffix = ".m4a" if codec[1] == "aac" else ".mp3"
    with tempfile.TemporaryDirectory() as folder:
        coded, out = f"{folder}/mix{suffix}", f"{folder}/mix.wav"
        graph = ";".join([*chains, ",".join(effects) + "[mix]"])
        span = ["-ss", f"{rng.uniform(0, 2):.2f}", "-t", SECONDS]
        quiet = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
        call(*quiet, *inputs, "-filter_complex", graph, "-map", "[mix]", *span, *codec, coded)
        call(*quiet, "-i", coded, "-ac", 1, "-ar", SR, out)
        return sf.read(out, dtype="float32")[0]


def mix_by_pydub(stems, noises, rng):
    """Varispeed by at most a tenth, quiet stems, low-pass, looped noise, fades."""
    from pydub import AudioSegment, effects

    target = np.median([estimate_bpm(path) for path in stems])
    mix = None
    for path, rate in zip(stems, stretch_rates(stems, target, (0.9, 1.1)), strict=True):
        part = AudioSegment.from_file(path).set_channels(1).set_frame_rate(SR)
        part = part._spawn(part.raw_data, overrides={"frame_rate": round(SR * rate)})
        part = part.set_frame_rate(SR).apply_gain(rng.uniform(-15, 0))
        mix = part if mix is None else mix.overlay(part)
    start = int(rng.integers(0, max(1, len(mix) - int(1000 * SECONDS))))
    mix = effects.normalize(mix[start : start + int(1000 * SECONDS)], headroom=6.0)
    if rng.random() < 0.3:
        mix = effects.low_pass_filter(mix, int(rng.integers(4000, 9000)))
    for path in noises:
        noise = AudioSegment.from_file(path).set_channels(1).set_frame_rate(SR)
        mix = mix.overlay(noise.apply_gain(rng.uniform(-20, -4)), loop=rng.random() < 0.5)
    mix = effects.normalize(mix, headroom=float(rng.uniform(0.1, 4))).fade_in(200).fade_out(500)
    return np.array(mix.get_array_of_samples(), np.float32) / 2**15


def mix_by_scaper(stems, noises, rng):
    """Scaper's sound events: stems at SNRs above a looped background, transposed and stretched."""
    import scaper

    np.Inf = np.inf  # Scaper 1.6 uses the name that NumPy 2 has removed.
    with tempfile.TemporaryDirectory() as folder:
        foreground, background = Path(folder, "stems"), Path(folder, "noise")
        link(background / "noise", noises[0])
        for number, path in enumerate(stems):
            link(foreground / f"stem{number}", path)
        scape = scaper.Scaper(
            SECONDS, str(foreground), str(background), random_state=int(rng.integers(2**31))
        )
        scape.ref_db, scape.sr, scape.n_channels = -30, SR, 1
        scape.add_background(("const", "noise"), ("choose", []), ("const", 0))
        for number in range(len(stems)):
            scape.add_event(
                label=("const", f"stem{number}"),
                source_file=("choose", []),
                source_time=("const", 0),
                event_time=("const", 0),
                event_duration=("const", SECONDS),
                snr=("uniform", -2, 12),
                pitch_shift=("uniform", -1, 1),
                time_stretch=("uniform", 0.9, 1.1),
            )
        samples = scape.generate(reverb=float(rng.uniform(0, 0.3)), fix_clipping=True)[0]
    return np.asarray(samples, np.float32).reshape(-1)


def link(folder, path):
    """Put a link to a file into a folder of its own."""
    folder.mkdir(parents=True)
    (folder / Path(path).name).symlink_to(Path(path).resolve())


def call(*command):
    """Run a program; raise CalledProcessError, with its messages printed, if it fails."""
    subprocess.run([str(word) for word in command], check=True)


MIXERS = {
    "pedalboard": mix_by_pedalboard,
    "audiomentations": mix_by_audiomentations,
    "sox": mix_by_sox,
    "ffmpeg": mix_by_ffmpeg,
    "pydub": mix_by_pydub,
    "scaper": mix_by_scaper,
}
