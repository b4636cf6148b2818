"""Rungs of the ablation ladder, and the options that each form adds to them."""

from dataclasses import dataclass

SONGS = "--songs-per-genre 16 --test-songs-per-genre 8 --test-per-genre 40 --seconds 20"
TUNING = "--settings record"
FORMS = {
    "small": {"small": [], "large": [], "many": []},
    "gpu": {
        size: f"--backbone {net} --mashups-per-genre {n} --epochs {epochs} --device cuda".split()
        for size, net, n, epochs in (
            ("small", "efficientnet_b0", 400, 20),
            ("large", "efficientnet_b2", 400, 20),
            ("many", "efficientnet_b2", 1600, 5),
        )
    },
}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder.

    A rung with the command ``fit`` has a config file of its name. Other commands use the results of
    the rungs in ``of``; the table then has one row for the rung, labelled with ``model``.
    """

    name: str
    title: str
    tuned: bool = True
    size: str = "small"
    command: str = "fit"
    of: tuple = ()
    model: str = "stack"


RUNGS = (
    Rung("songs", "clean single songs", tuned=False),
    Rung("three-stems", "mashups without `other`", tuned=False),
    Rung("four-stems", "all four stems", tuned=False),
    Rung("wider", "+ tempo, gains, noise", tuned=False),
    Rung("tuned", "settings found by `tune`"),
    Rung("remix", "+ new mashups each epoch"),
    Rung("mixup", "+ mixup, SpecAugment"),
    Rung("larger", "+ larger backbone", size="large"),
    Rung("views", "+ three crops (TTA)", size="large"),
    Rung("five-folds", "+ five folds", size="large"),
    Rung("reseeded", "the same, another seed", size="large"),
    Rung(
        *("seeds", "+ two seeds"),
        command="stack --blend mean",
        of=("five-folds", "reseeded"),
        model="effnet",
    ),
    Rung("robust", "handcrafted, all families", size="large"),
    Rung("decoded", "+ decoding", command="decode", of=("robust",)),
    Rung(
        *("pseudo", "+ pseudo-labels, not decoded"),
        command="pseudo",
        of=("robust",),
        model="lr + lgbm",
    ),
    Rung(
        *("stack", "stack of nets and handcrafted"),
        command="stack",
        of=("robust", "five-folds", "reseeded"),
    ),
    Rung("more", "handcrafted, eight times the mashups", size="many"),
    Rung("default", "`fit --models lr,lgbm,effnet` of as many", size="many"),
)
