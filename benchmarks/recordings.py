"""Windows and noise for recordings: scores on excerpts of real music, with and without.

The classes are the soundtracks of games, from Debian's packages hedgewars-data, hyperrogue-music,
drascula-music, pushover-data, singularity-music, supertux-data, trackballs-data, warzone2100-music
and wesnoth-1.16-music; those that are installed are used. Models are trained on tracks, and predict
excerpts of other tracks, clean and with noise, and whole tracks. ``noise`` is fit's
``--noise synthetic``: other clips of the same kinds of noise as the test has, unless that is from a
folder.

    python benchmarks/recordings.py WORK --draws 3
    python benchmarks/recordings.py WORK --test-noise FOLDER
    python benchmarks/recordings.py WORK --root FOLDER  # packages unpacked there by dpkg -x
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile as sf
from sklearn.metrics import f1_score

from stemstack.audio import read_clip
from stemstack.datasets import find_audio
from stemstack.datasets.demo.noise_folder import write_noise
from stemstack.datasets.synthetic_noise import SYNTHETIC
from stemstack.domain_shift.tuning import match_settings
from stemstack.mashups import Settings
from stemstack.runs import ClipList, Config, fit_run, predict_run
from stemstack.runs.predictions import predict_y
from stemstack.runs.run import STACK
from stemstack.stacking import BLENDS, make_blend, nested_predictions
from stemstack.stacking.out_of_fold import name_columns
from stemstack.utils.resources import Resources

GAMES = {
    "drascula": "share/scummvm/drascula/audio/*.ogg",
    "hedgewars": "share/games/hedgewars/Data/Music/*.ogg",
    "hyperrogue": "share/hyperrogue/music/*.ogg",
    "pushover": "share/pushover/themes/*.ogg",
    "singularity": "share/games/singularity/music/**/*.ogg",
    "supertux": "share/games/supertux2/music/**/*.ogg",
    "trackballs": "share/games/trackballs/music/*.ogg",
    "warzone2100": "share/games/warzone2100/music/**/*.o*",
    "wesnoth": "share/games/wesnoth/1.16/data/core/music/*.ogg",
}
SR = 22050
MAX_TRACKS, TRAIN_SHARE, MIN_SECONDS = 24, 0.6, 15
EXCERPTS, EXCERPT_SECONDS, SNR = 28, 10, 5.0
MIN_NOISE_SECONDS = 0.5


def make_data(root, work, seconds, draw, test_noise):
    """Write training tracks, test excerpts and test tracks, with a table of the test."""
    if test_noise is None:
        test_noise = work / "noise"
        # Training has those of another seed.
        write_noise(test_noise, clips_per_category=2, seed=0, n_jobs=2)
    noises = [read_clip(path, SR) for path in find_audio(test_noise)]
    noises = [noise for noise in noises if len(noise) >= MIN_NOISE_SECONDS * SR]
    rows = []
    for number, (game, pattern) in enumerate(GAMES.items()):
        rng = np.random.default_rng([draw, number])
        tracks = [read_clip(path, SR, duration=seconds) for path in find_tracks(root, pattern, rng)]
        tracks = [track for track in tracks if len(track) >= MIN_SECONDS * SR]
        if not tracks:
            continue
        n_train = round(TRAIN_SHARE * len(tracks))
        for i, track in enumerate(tracks[:n_train]):
            write(work / "data" / game / f"{i:02d}.flac", track)
        rows += write_test(work / "data" / "test", game, tracks[n_train:], noises, rng)
    table = pd.DataFrame(rows, columns=["id", "filename", "label", "kind"])
    excerpts = table[table["kind"] != "track"]
    excerpts[["id", "filename"]].to_csv(work / "data" / "test.csv", index=False)
    table.to_csv(work / "answers.csv", index=False)


def find_tracks(root, pattern, rng):
    """Return the files of a game's tracks, in random order, of large ones only."""
    files = [path for path in sorted(root.glob(pattern)) if path.stat().st_size > 300_000]
    return [files[i] for i in rng.permutation(len(files))[:MAX_TRACKS]]


def write_test(folder, game, tracks, noises, rng):
    """Write whole tracks, and excerpts of them with and without noise; return their rows."""
    rows, n_samples = [], EXCERPT_SECONDS * SR
    for i, track in enumerate(tracks):
        rows.append(("track", i, track))
    for i in range(EXCERPTS):
        track, noise = (
            tracks[i % len(tracks)],
            np.resize(noises[rng.integers(len(noises))], n_samples),
        )
        start = rng.integers(len(track) - n_samples + 1)
        clean = track[start : start + n_samples]
        gain = np.sqrt(np.mean(clean**2) / max(np.mean(noise**2), 1e-12)) * 10 ** (-SNR / 20)
        rows += [("clean", i, clean), ("noisy", i, clean + gain * noise)]
    listed = []
    for kind, i, samples in rows:
        name = f"{kind}/{game}-{i:02d}.flac"
        write(folder / name, samples)
        listed.append((name, f"test/{name}", game, kind))
    return listed


def write(path, samples):
    """Write samples as a file, scaled where they would be clipped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, samples / max(1.0, np.abs(samples).max()), SR)


def score(run, work, resources):
    """Return macro F1 of each model on the excerpts, and of the stack on whole tracks."""
    answers = pd.read_csv(work / "answers.csv", index_col="id")
    table = run.read_table("ledger/test").set_index("id")
    scores = {}
    for name in (*run.model_names, STACK):
        labels = pd.Series(predict_y(run, table, name), table.index)
        for kind, rows in answers[answers["kind"] != "track"].groupby("kind"):
            scores[name, kind] = macro_f1(rows["label"], labels.loc[rows.index])
    tracks = answers[answers["kind"] == "track"]
    clips = ClipList.from_paths([str(work / "data" / path) for path in tracks["filename"]])
    clips = clips.usable(resources=resources).cut(run.window_lengths())
    proba = predict_run(run, clips.clips, resources=resources)[1]
    scores[STACK, "track"] = macro_f1(tracks["label"], clips.average(proba).idxmax(axis=1))
    return scores | {(STACK, "out of fold"): run.metrics["out_of_fold"][STACK]["macro_f1"]}


def score_blends(run, work):
    """Return macro F1 of each blend of the run's models, nested and on the excerpts."""
    classes, oof = run.metrics["classes"], run.read_table("ledger/oof")
    test = run.read_table("ledger/test").set_index("id")
    answers = pd.read_csv(work / "answers.csv", index_col="id").loc[test.index]
    columns = [c for name in run.model_names for c in name_columns(name, classes, len(classes))]
    X, y, folds = (oof[c].to_numpy() for c in (columns, "label", "fold"))
    scores = {}
    for name in BLENDS:
        blend = make_blend(name)
        scores[name, "nested"] = macro_f1(y, nested_predictions(blend, X, y, folds))
        y_pred = pd.Series(blend.fit(X, y).predict(test[columns].to_numpy()), test.index)
        for kind, rows in answers.groupby("kind"):
            scores[name, kind] = macro_f1(rows["label"], y_pred.loc[rows.index])
    return pd.Series(scores).unstack()


def macro_f1(y_true, y_pred):
    """Return macro F1."""
    return f1_score(y_true, np.asarray(y_pred), average="macro")


def fit_and_score(way, work, args):
    """Fit in one way; return the scores of the models, and those of the blends."""
    resources, match = Resources(args.work / "cache", n_jobs=2), None
    options = {"models": args.models.split(","), "blend": args.blend}
    options["self_training"] = args.self_training
    if way == "noise":
        options["noise"] = SYNTHETIC
        options["settings"] = Settings(mixture="wide").to_dict()
        options["mashups_per_genre"], match = args.per_class, match_settings
    else:
        options["window"] = way
    out = work / f"run-{way}"
    shutil.rmtree(out, ignore_errors=True)
    run, _ = fit_run(Config(str(work / "data"), **options), out, match=match, resources=resources)
    return score(run, work, resources), score_blends(run, work)


def average(tables):
    """Return the mean over draws, and its standard error where there are several."""
    together = pd.concat(tables, keys=range(len(tables)))
    by_row = together.groupby(level=list(range(1, together.index.nlevels)), sort=False)
    if len(tables) == 1:
        return by_row.mean()
    return pd.concat({"mean": by_row.mean(), "error": by_row.sem()}, axis=1)


def main():
    """Write the data once, fit in each way, and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--root", type=Path, default=Path("/usr"), help="where usr/share is")
    parser.add_argument("--test-noise", type=Path, help="folder of noise clips, for the test only")
    parser.add_argument("--seconds", type=float, default=60, help="longest track (60)")
    parser.add_argument("--models", default="lr,lgbm")
    parser.add_argument("--blend", default="vote", help="of the stack (vote, as fit has it)")
    parser.add_argument("--self-training", default="auto", help="auto or off, of lda (auto)")
    parser.add_argument("--ways", default="off,auto,noise", help="--window off or auto, or noise")
    parser.add_argument("--per-class", type=int, default=200, help="mashups with noise")
    parser.add_argument("--draws", type=int, default=1, help="choices of tracks and excerpts (1)")
    args = parser.parse_args()
    rows, blends = [], []
    for draw in range(args.draws):
        work = args.work / f"draw{draw}"
        if not (work / "answers.csv").exists():
            make_data(args.root, work, args.seconds, draw, args.test_noise)
        found = {way: fit_and_score(way, work, args) for way in args.ways.split(",")}
        rows.append(pd.DataFrame({way: scores for way, (scores, _) in found.items()}))
        blends.append(pd.concat({way: table for way, (_, table) in found.items()}))
        print(rows[-1].round(3).to_string(), flush=True)
    print(average(rows).round(3).to_string())
    print(average(blends).round(3).to_string())


if __name__ == "__main__":
    main()
