"""Measure how often the 95 % interval of macro F1 holds the true score.

Clips of ten classes are simulated, 40 per class, in songs that differ in how easily they are
classified. The true score is that of the population from which the songs are drawn, so an interval
of the right width holds it in 95 % of the simulations, and misses it as often on either side.

Usage: python benchmarks/interval_coverage.py [--simulations 2000] [--songs 5,10,50]
"""

import argparse

import numpy as np

from stemstack.stacking.metrics import macro_f1_interval, macro_f1_of_counts

N_CLASSES = 10
CLIPS_PER_CLASS = 40


def sample_population(rng):
    """Sample the probability of each prediction for each class, shape (n_classes, n_classes)."""
    hit = np.clip(rng.normal(0.7, 0.12, N_CLASSES), 0.2, 0.98)
    misses = rng.dirichlet(np.full(N_CLASSES - 1, 0.7), size=N_CLASSES)
    population = np.diag(hit)
    population[~np.eye(N_CLASSES, dtype=bool)] = (misses * (1 - hit)[:, None]).ravel()
    return population


def true_macro_f1(population):
    """Return the macro F1 of infinitely many clips, as many of each class."""
    ones = np.ones(N_CLASSES)
    return macro_f1_of_counts(np.diag(population), ones, population.sum(axis=0))


def sample_clips(population, n_songs, song_spread, rng):
    """Sample labels, predictions and songs of the clips of one simulated test set.

    A song's probabilities are sampled around those of its class from a Dirichlet distribution: the
    smaller its concentration, the more alike are the clips of a song.
    """
    clips_per_song = max(1, CLIPS_PER_CLASS // n_songs)
    y_true, y_pred = [], []
    for label, probabilities in enumerate(population):
        songs = rng.dirichlet(probabilities / song_spread + 1e-9, size=n_songs)
        for song in songs:
            y_pred.append(rng.choice(N_CLASSES, clips_per_song, p=song))
            y_true.append(np.full(clips_per_song, label))
    groups = np.repeat(np.arange(len(y_true)), clips_per_song)
    return np.concatenate(y_true), np.concatenate(y_pred), groups


def measure_coverage(n_songs, song_spread, n_simulations, rng):
    """Return the shares of truths in, below and above the interval, and its mean width."""
    below, above, widths = [], [], []
    for seed in range(n_simulations):
        population = sample_population(rng)
        score = true_macro_f1(population)
        clips = sample_clips(population, n_songs, song_spread, rng)
        low, high = macro_f1_interval(*clips, seed=seed)
        below.append(score < low)
        above.append(score > high)
        widths.append(high - low)
    below, above = np.mean(below), np.mean(above)
    return 1 - below - above, below, above, np.mean(widths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--songs", default="5,10,50", help="songs per class, with commas")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{args.simulations} simulations each; {CLIPS_PER_CLASS} clips in each of 10 classes")
    print("songs per class  clips of a song     in it  below  above  mean width")
    for n_songs in map(int, args.songs.split(",")):
        for kind, song_spread in (("nearly independent", 0.01), ("alike", 0.33)):
            row = measure_coverage(n_songs, song_spread, args.simulations, rng)
            shares = "  ".join(f"{value:.3f}" for value in row)
            print(f"{n_songs:15d}  {kind:18s}  {shares}")


if __name__ == "__main__":
    main()
