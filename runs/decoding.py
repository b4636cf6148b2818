"""Decoding a whole test for macro F1, by what a run knows of itself out of fold."""

from ..stacking import Decoder, name_columns
from .run import STACK
from .song_groups import groups_of


def decode_test(run, probabilities):
    """Decode clips together: calibrate, correct for label shift, offset classes.

    Each only where it holds out of sample; see :class:`~stemstack.stacking.Decoder`.

    Parameters
    ----------
    run : Run
        Finished; the decoder learns from its stack's nested predictions.
    probabilities : array-like of shape (n, n_classes)
        The stack's, of all clips of a test.

    Returns
    -------
    Decoded
    """
    oof, classes = run.read_table("ledger/oof"), run.metrics["classes"]
    nested = oof[name_columns(STACK, classes, len(classes))].to_numpy()
    decoder = Decoder().fit(nested, oof["label"], oof["fold"], groups_of(run))
    return decoder.decode(probabilities)
