"""Options shared by commands.

Every option can also be set by an environment variable (``STEMSTACK_<NAME>``) or, if a command has
``--config``, in a YAML file. Precedence: flag, environment variable, file, default.

Importing this module imports no heavy package, so that help and completion are fast.
"""

from pathlib import Path
from types import SimpleNamespace

import click
from click.core import ParameterSource

from ...utils.cache import choose_library_caches, default_cache_folder
from ...utils.environment import environment_variable
from .grouped import GroupedOption, option
from .values import HOP, FilePath, Names, NoiseFolder, SettingsFile, WindowLength

# Names and defaults defined in packages that import slowly; a test keeps them equal.
PROTOCOLS = ("disjoint", "shared", "both")
WINDOW_FORMATS = ("csv", "audacity", "raven")
STEMS = ("drums", "vocals", "bass", "other")
GAP_FOLDS = 3
MAX_DATA_GB = 64.0
TUNE_BUDGET = SimpleNamespace(n_pilots=300, n_rounds=0, gap_clips=300, folds=3)


def settings_option(default, **settings):
    """Return the option ``--settings``: ``default`` names the settings used without it."""
    (other,) = {"wide", "record"} - {default}
    help = f"Mashup settings: {default} (the default), {other}, or a YAML file."
    return option("--settings", type=SettingsFile(), help=help, **settings)


def default_settings(settings):
    """Return mashup settings as plain data: the wide mixture where none are given."""
    from ...mashups import Settings

    return Settings(mixture="wide").to_dict() if settings is None else settings


def window_options(training, **settings):
    """Return the options ``--window`` and ``--hop``: how long recordings are cut."""
    purpose = "to train on: as long as the test clips" if training else "as long as in training"
    window = option(
        "--window",
        type=WindowLength(),
        default="auto",
        help=f"Cut longer clips into windows {purpose} (auto), or of a length in s.",
        **settings,
    )
    hop = option(
        "--hop",
        type=HOP,
        help="Time between the starts of windows in s.  [default: their length]",
        **settings,
    )
    return lambda command: window(hop(command))


def jobs_option():
    """Return the option ``--jobs``: number of processes, by default what the machine has."""
    return option(
        "--jobs",
        type=click.IntRange(1, 1024),
        default=_default_jobs,
        show_default="processors and memory available",
        group="Computing",
        help="Number of worker processes.",
    )


def cache_option():
    """Return the options ``--cache`` and ``--max-data-gb``: where data are stored, and how much."""
    folder = option(
        "--cache",
        type=FilePath(file_okay=False, path_type=Path),
        default=default_cache_folder,
        show_default="the user's cache folder/stemstack",
        callback=_choose_library_caches,
        group="Computing",
        help="Folder for converted stems and computed features.",
    )
    limit = option(
        "--max-data-gb",
        type=click.FloatRange(min=0, min_open=True),
        default=MAX_DATA_GB,
        expose_value=False,
        callback=_limit_data,
        group="Computing",
        help="Largest data set to fetch from a URL, in GB.",
    )
    return lambda command: folder(limit(command))


def _limit_data(ctx, param, value):
    """Set the environment variable that ``datasets`` reads, while the command runs."""
    if ctx.resilient_parsing or ctx.get_parameter_source(param.name) != ParameterSource.COMMANDLINE:
        return
    ctx.with_resource(environment_variable(param.envvar, str(value)))


def _default_jobs():
    context = click.get_current_context(silent=True)
    if context is not None and context.resilient_parsing:
        return 1  # Shell completion asks for all defaults; this one takes an import of joblib.
    from ...utils.machine import default_jobs

    return default_jobs()


def _choose_library_caches(ctx, param, folder):
    if not ctx.resilient_parsing:
        choose_library_caches(folder)
    return folder


def embedding_option(help):
    """Return the option ``--embedding``: a pretrained audio network, as an AudioEmbedding."""
    return option("--embedding", metavar="NETWORK", callback=_make_embedding, help=help)


def _make_embedding(ctx, param, name):
    """Load the network, so that one that is not there stops the command at its start."""
    if name is None:
        return None
    from ...audio import DEFAULT_SR
    from ...models import AudioEmbedding

    embedding = AudioEmbedding(name, sr=DEFAULT_SR)
    embedding.load()
    return embedding


def trust_option():
    """Return the option ``--trust``: the user's own code, which a run may only name.

    Neither the environment nor ``--config`` can set it: the configuration of a run must not be able
    to import code.
    """
    return click.option(
        "--trust",
        multiple=True,
        metavar="FILE.py",
        cls=GroupedOption,
        group="Models",
        help="File or module of your own code that models need; it is imported.",
    )


def stems_options(command):
    """Add ``--stems`` and ``--allow-missing-stems`` to a command."""
    command = option(
        "--allow-missing-stems",
        is_flag=True,
        group="Mashups",
        help="Accept songs without some of the stems.",
    )(command)
    return option(
        "--stems", type=Names(), default=",".join(STEMS), group="Mashups", help="Stems to mix."
    )(command)


def label_separator_option(**settings):
    """Return the option ``--label-separator``: several labels for a clip in a manifest."""
    return option(
        "--label-separator",
        metavar="TEXT",
        help="What separates the labels in a cell of a manifest, such as ';': clips then have any "
        "number of labels.",
        **settings,
    )


def noise_option():
    """Return the option ``--noise``: noise clips for training mashups."""
    return option(
        "--noise",
        type=NoiseFolder(),
        help="Folder of noise clips, or synthetic for generated ones. Recordings are mixed with "
        "them, as mashups of one stem.",
    )


def run_noise_option():
    """Return the option ``--noise`` of a command that reads the data set of a run."""
    return option("--noise", type=NoiseFolder(), help="The --noise of RUN's fit, if it had one.")


def quiet_option():
    """Return the option ``--quiet``: no progress."""
    return option("--quiet", is_flag=True, group="Output", help="Show no progress.")


def json_option(help="Print JSON."):
    """Return the option ``--json``: print JSON on stdout."""
    return option("--json", "as_json", is_flag=True, group="Output", help=help)
