"""Open audio files for decoding: choose the decoder, and turn every error into an AudioError."""

import os
import stat
from contextlib import contextmanager

import soundfile

from ..exceptions import AudioError, first_line
from .ffmpeg import FfmpegStream
from .headers import find_demuxer, undeclared_bytes
from .streams import FlacStream, MpegStream, OggStream, SoundFileStream, open_decoder

_STREAMS = {"MPEG": MpegStream, "FLAC": FlacStream, "OGG": OggStream}


@contextmanager
def open_stream(path):
    """Open an audio file; every error while it is open becomes an AudioError with its path.

    Parameters
    ----------
    path : Path

    Yields
    ------
    SoundFileStream or FfmpegStream

    Raises
    ------
    AudioError
    """
    try:
        with _open_regular(path) as file, _make_stream(path, file) as stream:
            yield stream
    except AudioError:
        raise
    except soundfile.LibsndfileError as error:
        raise AudioError(path, f"cannot be decoded ({_reason(error)}); convert it again") from error
    except MemoryError as error:
        raise AudioError(path, "does not fit into memory; cut it into shorter files") from error
    except OSError as error:
        raise AudioError(path, (error.strerror or "cannot be read").lower()) from error
    except (ValueError, RuntimeError, TypeError) as error:
        problem = f"cannot be read ({first_line(error)}); convert it again"
        raise AudioError(path, problem) from error


def _open_regular(path):
    """Open a file that is a regular one and not empty."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(path, "is a folder, not an audio file")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(path, "is not a regular file; copy its content into one")
        if status.st_size == 0:
            raise AudioError(path, "is empty (0 bytes); copy or download it again")
        return open(path, "rb", buffering=0)
    except FileNotFoundError as error:
        raise AudioError(path, "no such file") from error
    except PermissionError as error:
        raise AudioError(path, "cannot be read: permission denied") from error


def _make_stream(path, file):
    """Return the stream of a file, by the format that libsndfile recognizes."""
    try:
        decoder = open_decoder(file)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        demuxer = find_demuxer(file)
        if demuxer is None:
            problem = f"is not audio that can be read ({_reason(error)})"
            raise AudioError(path, f"{problem}; convert it to FLAC or WAV, or remove it") from error
        return FfmpegStream(path, demuxer)
    if decoder.frames == 0:
        decoder.close()
        raise AudioError(path, _explain_no_samples(file))
    kind = "MPEG" if decoder.subtype.startswith("MPEG") else decoder.format
    return _STREAMS.get(kind, SoundFileStream)(path, file, decoder)


def _explain_no_samples(file):
    n_bytes = undeclared_bytes(file)
    if not n_bytes:
        return "has an audio header but no samples; copy or download it again"
    return (
        f"declares no samples, but {n_bytes} bytes follow its header; repair the header, for "
        "example with: ffmpeg -i FILE -c copy REPAIRED"
    )


def _reason(error):
    """Return libsndfile's reason; for MPEG audio without a frame it is a missing file."""
    reason = getattr(error, "error_string", first_line(error)).rstrip(".")
    return "no whole frame of audio" if reason.startswith("File does not exist") else reason
