"""Decode formats that libsndfile does not read, through the ffmpeg program if there is one.

A file may come from anywhere, so ffmpeg gets the demuxer, chosen by the file's content, instead of
choosing one itself (a playlist would make it open other files), may open no other protocol than
``file``, runs without a shell, and is stopped at a time limit.
"""

import logging
import multiprocessing
import os
import shutil
import struct
import subprocess
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..exceptions import AudioError
from .headers import missing_bytes

# Suffixes of formats that libsndfile does not read.
FFMPEG_SUFFIXES = frozenset(
    {".3gp", ".aac", ".ac3", ".amr", ".ape", ".dff", ".dsf", ".eac3", ".m4a", ".m4b", ".mka"}
    | {".mkv", ".mov", ".mp4", ".mpc", ".spx", ".tak", ".tta", ".webm", ".wma", ".wv"}
)
# In seconds: a thousandth of it is usual.
TIME_LIMIT = 600
# In bytes: the largest block that ffmpeg may allocate.
_MAX_ALLOC = 1 << 30
_MESSAGE_BYTES = 4096
_AU_HEADER = struct.Struct(">4s5I")


def log_use_of_ffmpeg(paths):
    """Log once that clips are read through ffmpeg, if some are by their suffix.

    Worker processes do not log, so the process that starts them calls it. A file with another
    suffix than its content is logged when it is read.

    Parameters
    ----------
    paths : iterable of clips
        Those that are not paths are ignored.
    """
    for path in paths:
        if isinstance(path, str | os.PathLike) and Path(path).suffix.lower() in FFMPEG_SUFFIXES:
            if find_ffmpeg():
                _log_once()
            return


def find_ffmpeg():
    """Return the path of the ffmpeg program on the PATH, or None."""
    return shutil.which("ffmpeg")


class FfmpegStream:
    """Audio decoded by ffmpeg, to be read once from start to end.

    Parameters
    ----------
    path : Path
    demuxer : str
        ffmpeg's name of the format.

    Raises
    ------
    AudioError
        There is no ffmpeg, or it finds no audio in the file.
    """

    # The header declares no number of frames.
    length = None

    def __init__(self, path, demuxer):
        program = find_ffmpeg()
        if program is None:
            raise AudioError(
                path,
                f"is audio in a format ({demuxer}) that needs ffmpeg, which is not on the PATH; "
                "install ffmpeg, or convert the file to FLAC or WAV",
            )
        _log_once()
        self._path = path
        # No standard input: ffmpeg would take keys from it.
        self._process = subprocess.Popen(
            _command(program, path, demuxer),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._is_late, self._message = False, b""
        self._timer = threading.Timer(TIME_LIMIT, self._stop_late)
        self._timer.daemon = True
        self._timer.start()
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()
        try:
            self._read_header(demuxer)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Stop ffmpeg."""
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def blocks(self, start, size):
        """Yield the samples in blocks.

        Parameters
        ----------
        start : int
            First frame.
        size : int
            Largest number of samples of a block.

        Yields
        ------
        ndarray of shape (n_frames, n_channels), float32
        """
        frame = 4 * self.channels
        n_bytes, n_skipped = max(1, size // self.channels) * frame, 0
        while data := self._process.stdout.read(n_bytes):
            samples = np.frombuffer(data[: len(data) // frame * frame], ">f4").astype(np.float32)
            samples = samples.reshape(-1, self.channels)
            skip = min(start - n_skipped, len(samples))
            n_skipped += skip
            if len(samples) > skip:
                yield samples[skip:]
        if self._is_late:
            raise AudioError(
                self._path, f"took ffmpeg more than {TIME_LIMIT} s; convert it to FLAC"
            )

    def describe_damage(self, n_frames):
        """Return how much is missing, or what ffmpeg reports, or None.

        Parameters
        ----------
        n_frames : int
            Not used: ffmpeg reads to the end.
        """
        self._process.wait()
        self._reader.join()
        with open(self._path, "rb") as file:
            n_bytes = missing_bytes(file)
        if n_bytes:
            return f"{n_bytes} bytes missing"
        message = self._first_message()
        return f"ffmpeg: {message}" if message else None

    def _read_header(self, demuxer):
        head = self._process.stdout.read(_AU_HEADER.size)
        if len(head) < _AU_HEADER.size:
            self._process.wait()
            self._reader.join()
            self._check_time()
            reason = self._first_message() or f"exit code {self._process.returncode}"
            problem = f"has no audio that ffmpeg can decode as {demuxer} ({reason})"
            raise AudioError(self._path, f"{problem}; convert it to FLAC or WAV, or remove it")
        _, offset, _, _, self.samplerate, self.channels = _AU_HEADER.unpack(head)
        self._process.stdout.read(offset - _AU_HEADER.size)

    def _read_messages(self):
        """Read all of stderr, so that ffmpeg is never blocked, and store its beginning."""
        while data := self._process.stderr.read(_MESSAGE_BYTES):
            if len(self._message) < _MESSAGE_BYTES:
                self._message += data

    def _first_message(self):
        """Return the first line of stderr, without the name of the part of ffmpeg."""
        line = self._message.decode(errors="replace").strip().partition("\n")[0]
        return line.rpartition("] ")[2].removeprefix(f"file:{self._path.absolute()}: ")

    def _check_time(self):
        if self._is_late:
            problem = f"took ffmpeg more than {TIME_LIMIT} s; convert it to FLAC, or remove it"
            raise AudioError(self._path, problem)

    def _stop_late(self):
        self._is_late = True
        self._process.kill()


def _command(program, path, demuxer):
    """Return the command that decodes the first audio track as float32 samples in an AU file."""
    source = (
        b"file:" + os.fsencode(path.absolute()) if os.name == "posix" else f"file:{path.absolute()}"
    )
    options = "-nostdin -hide_banner -loglevel error -threads 1"
    # Data references of MOV files name other files.
    references = "-enable_drefs 0" if demuxer == "mov" else ""
    limits = f"-max_alloc {_MAX_ALLOC} -protocol_whitelist file {references} -f {demuxer}"
    target = "-map 0:a:0 -vn -sn -dn -map_metadata -1 -f au -c:a pcm_f32be pipe:1"
    return [program, *options.split(), *limits.split(), "-i", source, *target.split()]


@lru_cache(1)
def _log_once():
    # Workers would repeat it.
    if multiprocessing.parent_process() is None:
        logging.getLogger("stemstack").info(
            "files in formats that libsndfile does not read, such as M4A, are read through ffmpeg"
        )
