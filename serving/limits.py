"""How much a page takes at once, so that no one clip keeps the machine for itself."""

from dataclasses import dataclass
from pathlib import Path

import soundfile

from ..exceptions import AudioError


@dataclass(frozen=True)
class Limits:
    """The longest and largest file that is taken.

    Attributes
    ----------
    max_seconds : float
    max_mb : float
        In 1,000,000 bytes.
    """

    max_seconds: float = 600.0
    max_mb: float = 50.0

    def check(self, path, name):
        """Refuse a file that is too large or too long, by its header: nothing is decoded.

        Parameters
        ----------
        path : str or os.PathLike
        name : str
            What the file is called in messages.

        Raises
        ------
        AudioError
            The file is beyond a limit.
        """
        if not Path(path).is_file():
            return  # Reading it says what is wrong, in words.
        size = Path(path).stat().st_size / 1e6
        if size > self.max_mb:
            raise AudioError(
                name, f"is {size:.1f} MB; the limit is {self.max_mb:g} MB: cut or compress it"
            )
        try:
            seconds = soundfile.info(path).duration
        except soundfile.LibsndfileError:
            return  # The same here: it is no audio.
        if seconds > self.max_seconds:
            raise AudioError(
                name, f"is {seconds:.0f} s long; the limit is {self.max_seconds:g} s: cut it"
            )
