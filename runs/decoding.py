"""Decoding a whole test for macro F1, by what a run knows of itself out of fold."""

from ..stacking import Decoder
from .answers import read_test
from .predictions import said_by
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
    oof = run.read_table("ledger/oof")
    nested = said_by(oof, STACK, run.metrics["classes"])
    decoder = Decoder().fit(nested, oof["label"], oof["fold"], groups_of(run))
    return decoder.decode(probabilities)


def decode_ledger(run):
    """Decode the run's own test clips, whose predictions its ledger holds.

    Parameters
    ----------
    run : Run
        Finished.

    Returns
    -------
    Decoded
        What :func:`decode_test` makes of the same clips predicted anew.

    Raises
    ------
    DataError
        The run predicted no test clips.
    """
    return decode_test(run, said_by(read_test(run), STACK, run.metrics["classes"]))
