"""The form of a song: an intro, then verses and choruses by turns, four bars each."""

from dataclasses import dataclass

from .score import BEATS_PER_BAR

_SECTION_BARS = 4
_INTRO_BARS = 2
# A shorter song goes straight to its first section.
_SHORTEST_WITH_INTRO = 8


@dataclass(frozen=True)
class Section:
    """A stretch of bars: ``"intro"``, ``"verse"`` or ``"chorus"``."""

    name: str
    first_bar: int
    n_bars: int

    @property
    def bars(self):
        """The numbers of its bars."""
        return range(self.first_bar, self.first_bar + self.n_bars)

    @property
    def start(self):
        """Its first beat."""
        return self.first_bar * BEATS_PER_BAR

    @property
    def end(self):
        """The beat after its last."""
        return (self.first_bar + self.n_bars) * BEATS_PER_BAR


def draw_form(n_bars, rng, *, intro=0.4):
    """Draw the sections of a song.

    Parameters
    ----------
    n_bars : int
    rng : numpy.random.Generator
    intro : float, default=0.4
        Probability of an intro of two bars in a song of eight bars or more.

    Returns
    -------
    tuple of Section
        Together they cover the bars 0 to ``n_bars - 1``.
    """
    sections, bar = [], 0
    if rng.random() < intro and n_bars >= _SHORTEST_WITH_INTRO:
        sections.append(Section("intro", 0, _INTRO_BARS))
        bar = _INTRO_BARS
    names = ("verse", "chorus") if rng.random() < 0.5 else ("chorus", "verse")
    while bar < n_bars:
        length = min(_SECTION_BARS, n_bars - bar)
        sections.append(Section(names[0], bar, length))
        names = names[::-1]
        bar += length
    return tuple(sections)
