"""Musical tables of the demo songs, read from ``music.yaml``."""

from pathlib import Path

import yaml

# The C loader, where PyYAML has it, takes a seventh of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MUSIC = yaml.load(Path(__file__).with_name("music.yaml").read_text(encoding="utf-8"), _LOADER)

PROGRAMS, KITS, DRUMS = MUSIC["programs"], MUSIC["kits"], MUSIC["drums"]
GROOVES, FILLS = MUSIC["grooves"], MUSIC["fills"]
BASS_LINES, CHORD_PATTERNS = MUSIC["bass_lines"], MUSIC["chord_patterns"]
LEAD_RHYTHMS = MUSIC["lead_rhythms"]
