"""What the clips of each class sound like, by the tags of a pretrained network."""

import numpy as np
import pandas as pd

from ...exceptions import DataError, MissingExtraError, UsageError, first_line
from ...models import AudioEmbedding
from ...models.deep.embeddings.tags import find_tagger, name_tags
from ...models.inspection import find_parts
from ...runs.predictions import model_proba
from ...runs.run import STACK
from ...runs.stored_clips import find_test, find_training
from ..html.blocks import paragraph, table
from ..section import Section

# A network takes about a second per clip of 30 s on one core.
_N_CLIPS = 60


def find_embedding(inputs):
    """Return the embedding that clips of a report are described by.

    Parameters
    ----------
    inputs : ReportInputs

    Returns
    -------
    AudioEmbedding or None
        That of the inputs; else that of the run's first model whose name says that it has one.

    Raises
    ------
    DataError
        The network of the run is not available here.
    """
    if inputs.embedding is not None:
        return inputs.embedding
    run = inputs.run
    for name in run.model_names:
        # Other models, such as networks, take long to load.
        folds = run.fitted_folds(name) if "embed" in name else ()
        found = find_parts(run.load_model(name, folds[0]), AudioEmbedding) if folds else ()
        if found:
            try:
                found[0].load()
            except (UsageError, MissingExtraError) as error:
                raise DataError(first_line(error)) from error
            return found[0]
    return None


def collect(inputs, *, n_clips=_N_CLIPS):
    """Collect the tags of training clips by class, and of test clips by predicted class.

    Parameters
    ----------
    inputs : ReportInputs
    n_clips : int, default=60
        Number of training clips and of test clips, at most, unless there are more classes.

    Returns
    -------
    dict or None
        ``network``, its name; ``tags``, a DataFrame with one row per class; ``n_clips``, numbers of
        clips by set. None without a network that has tags.
    """
    embedding = find_embedding(inputs)
    tagger = find_tagger(embedding)
    if tagger is None:
        return None
    run, resources = inputs.run, inputs.resources
    classes, oof = run.metrics["classes"], run.read_table("ledger/oof")
    rows = _sample(oof["label"], classes, n_clips)
    clips = find_training(
        inputs.data_set, run.read_recipes(), oof["clip"][rows], resources=resources
    )
    sets = {"training clips": (clips, oof["label"][rows])}
    if (run.path / "ledger/test.parquet").exists():
        test = run.read_table("ledger/test")
        y_pred = pd.Series(np.array(classes)[model_proba(test, STACK, classes).argmax(axis=1)])
        rows = _sample(y_pred, classes, n_clips)
        sets["test clips predicted"] = (find_test(inputs.data_set, test["id"][rows]), y_pred[rows])
    columns = [
        _describe(tagger.tag(clips, resources=resources), labels.to_numpy(), classes, name)
        for name, (clips, labels) in sets.items()
    ]
    return {
        "network": embedding.model,
        "tags": pd.concat(columns, axis=1).rename_axis("class"),
        "n_clips": {name: len(clips) for name, (clips, _) in sets.items()},
    }


def _sample(labels, classes, n_clips):
    """Sample equally many positions of each class, in order."""
    order = np.random.default_rng(0).permutation(len(labels))
    shuffled = labels.iloc[order]
    rank = shuffled.groupby(shuffled).cumcount().to_numpy()
    return np.sort(order[rank < max(1, n_clips // len(classes))])


def _describe(proba, labels, classes, name):
    """Return the most probable and the most distinctive tags of each class."""
    texts = {}
    for label in classes:
        inside = labels == label
        mean, others = proba[inside].mean(), proba[~inside].mean().fillna(0.0)
        above = (mean - others).nlargest(3)
        texts[label] = (
            (", ".join(name_tags(mean)), ", ".join(above.index[above > 0]) or None)
            if inside.any()
            else (None, None)
        )
    columns = [name, f"{name}: more than other classes"]
    return pd.DataFrame.from_dict(texts, orient="index", columns=columns)


def render(data):
    """Render a table with one row per class."""
    counts = " and ".join(f"{n} {name}" for name, n in data["n_clips"].items())
    text = (
        f"Tags by the network {data['network']}, which knows neither the classes nor the models of "
        f"this run: means over a sample of {counts}. A class whose test clips sound otherwise than "
        "its training clips is worth listening to."
    )
    return paragraph(text) + table(data["tags"], "Most probable tags by class")


TAGS = Section(
    "What the classes sound like", "tags", collect, render, needs_data=True, one_label=True
)
