"""The configuration of a run: everything needed to repeat it, as one YAML file."""

import platform
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version

import yaml

from ..datasets import DEFAULT_STEMS
from ..datasets.synthetic_noise import NO_NOISE, SYNTHETIC
from ..exceptions import DataError, UsageError
from ..models import model_columns
from ..models.model_name import ModelName
from ..models.registry import DEFAULT_MODELS
from ..stacking.blending import BLENDS, DEFAULT_BLEND
from ..utils.atomic_write import write_text
from ..utils.constraints import (
    NAMES,
    TEXT,
    TRUE_OR_FALSE,
    Constraint,
    check_value,
    is_number,
    one_of,
    optional,
    whole_number,
)
from ..utils.yaml_reader import read_yaml

_PACKAGES = (
    "stemstack",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "librosa",
    "soundfile",
    "soxr",
    "lightgbm",
    "torch",
    "timm",
)
# Options that only networks use.
NET_OPTIONS = ("backbone", "weights", "device", "epochs")
# In seconds.
_LENGTH = Constraint(
    lambda value: is_number(value) and 0.1 <= value <= 86_400, "a number of seconds, 0.1 to 86400"
)
# The number of mashups that a learning curve decides on.
AUTO = "auto"
SEPARATOR = Constraint(
    lambda v: isinstance(v, str) and 1 <= len(v) <= 3 and not any(map(str.isalnum, v)),
    "one to three characters that are neither letters nor digits",
)
# Of the models of benchmarks/self_training.py the one that never loses, at the least cost.
_SELF_TRAINED = ("lda",)
_COUNT = whole_number(1, 1_000_000)
PROTOCOLS = ("disjoint", "shared", "both")
# What each option may be, wherever it comes from: command line, environment, YAML file or script.
CONSTRAINTS = {
    "data": TEXT,
    "models": NAMES,
    "folds": whole_number(2, 1000),
    "repeats": whole_number(1, 1000),
    "mashups_per_genre": Constraint(
        lambda value: value == AUTO or _COUNT.is_met(value), f"'auto' or {_COUNT.expected}"
    ),
    # The seeds that scikit-learn takes.
    "seed": whole_number(0, 2**32 - 1),
    "stems": Constraint(
        lambda v: bool(v) and NAMES.is_met(v) and len(set(v)) == len(v),
        "a list of one name or more, none twice",
    ),
    "allow_missing_stems": TRUE_OR_FALSE,
    "noise": optional(TEXT),
    "label_separator": optional(SEPARATOR),
    "protocol": one_of(*PROTOCOLS),
    "self_training": one_of("auto", "off"),
    "window": Constraint(
        lambda value: value in ("auto", "off") or _LENGTH.is_met(value),
        f"'auto', 'off' or {_LENGTH.expected}",
    ),
    "hop": optional(_LENGTH),
    "settings": Constraint(lambda value: isinstance(value, dict), "a mapping of mashup settings"),
    "backbone": TEXT,
    "weights": TEXT,
    "device": TEXT,
    "epochs": optional(whole_number(1, 100_000)),
    "blend": one_of(*BLENDS),
}
# Options that may change on resumption: the ledger's keys are of the content of the data and of a
# folder of noise, not of paths, each model has entries of its own, and the meta-model is always
# fitted again.
_MAY_CHANGE = ("data", "noise", "models", "blend")


@dataclass(frozen=True)
class Config:
    """Options of a run that determine its results.

    Parameters
    ----------
    data : str
        Path or URL of the data set.
    models : sequence of str, default=("lr", "lgbm", "lda", "codebook", "effnet")
        Model names, optionally with parameters: ``"lr(C=0.1)"``.
    folds : int, default=5
        Number of cross-validation folds, disjoint by song.
    repeats : int, default=1
        Number of times that the clips are split into folds; every model is fitted on all folds of
        all splits, and its predictions are averaged. For data sets of clips only.
    mashups_per_genre : int or "auto", default="auto"
        Number of training mashups per class; ``"auto"`` for the number that a learning curve
        decides on, which the run's configuration has instead. For data sets of songs in stems only.
    seed : int, default=0
        Root seed of all random streams.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
    allow_missing_stems : bool, default=False
    noise : str or None, default=None
        Folder of noise clips, or ``"synthetic"`` for generated ones, to be added to recordings in
        training, or instead of the data set's; ``"off"`` is the same as None.
    label_separator : str or None, default=None
        What separates the labels of a clip in a manifest, such as ``";"``; None where each clip has
        one label.
    protocol : {"disjoint", "shared", "both"}, default="disjoint"
        Whether a song may be on both sides of a split. ``"shared"`` scores are optimistic and serve
        for comparison only; ``"both"`` fits a run of each.
    settings : dict, default={}
        Mashup :class:`~stemstack.mashups.Settings` as plain data; empty for the defaults.
    window : float or {"auto", "off"}, default="auto"
        Length in s of the windows that recordings are cut into for training; ``"auto"`` for the
        lengths of the test clips. For data sets of clips only.
    hop : float or None, default=None
        Time between the starts of windows, in s; None for the length of a window.
    backbone, weights, device : str, default="auto", "imagenet", "auto"
        Of the networks.
    epochs : int or None, default=None
        Of the networks; None for each model's own default.
    self_training : {"auto", "off"}, default="auto"
        Whether ``lda`` is fitted on the test clips too, with its own confident labels of them, as
        far as that improves its score on held-out songs.
    blend : str, default="logistic"
        The meta-model: a key of :data:`~stemstack.stacking.BLENDS`.

    Raises
    ------
    UsageError
        An option is out of range.

    See Also
    --------
    fit_run : Fits a run with these options.

    Examples
    --------
    >>> from stemstack.runs import Config
    >>> config = Config("DATA", models=("lr",), folds=3)
    >>> config.folds, config.protocol
    (3, 'disjoint')
    """

    data: str
    models: tuple = DEFAULT_MODELS
    folds: int = 5
    repeats: int = 1
    mashups_per_genre: int | str = AUTO
    seed: int = 0
    stems: tuple = DEFAULT_STEMS
    allow_missing_stems: bool = False
    noise: str | None = None
    label_separator: str | None = None
    protocol: str = "disjoint"
    settings: dict = field(default_factory=dict)
    window: str | float = "auto"
    hop: float | None = None
    backbone: str = "auto"
    weights: str = "imagenet"
    device: str = "auto"
    epochs: int | None = None
    self_training: str = "auto"
    blend: str = DEFAULT_BLEND

    def __post_init__(self):
        for name, constraint in CONSTRAINTS.items():
            value = getattr(self, name)
            if isinstance(value, list):
                value = tuple(value)
                object.__setattr__(self, name, value)
            check_value(name, value, constraint)

    def write(self, path, resolved, planned=None):
        """Write the options as YAML, with the versions of the installed packages.

        Parameters
        ----------
        path : str or os.PathLike
        resolved : dict
            What parameters set to ``auto`` resolved to, by model.
        planned : dict, optional
            What a time limit changed.
        """
        document = {"config": self.as_dict(), "resolved": resolved}
        document |= {"planned": planned} if planned else {}
        document["versions"] = installed_versions()
        write_text(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def to_yaml(self):
        """Return the options as YAML for ``--config``."""
        return yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True)

    def as_dict(self):
        """Return the options as plain data."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def reading(self):
        """The options by which :func:`~stemstack.datasets.read_data` reads the data set."""
        names = ("stems", "allow_missing_stems", "label_separator")
        return {name: getattr(self, name) for name in names}

    @property
    def has_noise(self):
        """Whether noise is added that is not the data set's own."""
        return self.noise not in (None, NO_NOISE)

    @property
    def noise_folder(self):
        """The user's folder of noise clips, or None."""
        return self.noise if self.has_noise and self.noise != SYNTHETIC else None

    @property
    def _noise_kind(self):
        return "folder" if self.noise_folder is not None else self.noise or NO_NOISE

    @property
    def self_trained(self):
        """Columns of the models that are fitted on test clips too, with their own pseudo-labels.

        Empty where songs are on both sides of a split, which cannot judge the labels, or where the
        scores are compared with such; where clips are split into folds several times; and where
        they have any number of labels.
        """
        is_possible = self.protocol == "disjoint" and self.repeats == 1
        if self.self_training == "off" or not is_possible or self.label_separator is not None:
            return []
        pairs = zip(model_columns(self.models), map(ModelName.parse, self.models), strict=True)
        return [column for column, name in pairs if name.registered in _SELF_TRAINED]

    def with_models(self, models):
        """Return the same options with other models, duplicates removed."""
        models, by_column = tuple(models), {}
        for column, model in zip(model_columns(models), models, strict=True):
            # lr(C=0.1) and lr( C=0.1 ) are the same model.
            by_column.setdefault(column, model)
        return replace(self, models=tuple(by_column.values()))

    def with_number_of(self, previous):
        """Return these options, where ``auto`` is replaced by the number of mashups of a run."""
        if self.mashups_per_genre != AUTO:
            return self
        return replace(self, mashups_per_genre=previous.mashups_per_genre)

    @classmethod
    def read(cls, path):
        """Read the options written by :meth:`write`.

        Raises
        ------
        DataError
            The file is missing or is not a run's configuration.
        """
        try:
            return cls(**read_document(path)["config"])
        except (TypeError, UsageError) as error:
            raise DataError(f"{path}: is not a run's configuration ({error})") from error

    def check_resumes(self, previous):
        """Check that a run with the options ``previous`` can be resumed with these.

        Raises
        ------
        UsageError
            An option that determines results differs; the message has both values.
        """
        # Only folds of self-trained models depend on it, and are fitted again.
        same = replace(self.with_number_of(previous), self_training=previous.self_training)
        for name, new, old in same.differences(previous):
            started = f"{name}={old!r}, not {new!r}"
            if name == "settings":
                keys = sorted(key for key in {*new, *old} if new.get(key) != old.get(key))
                started = f"other mashup settings ({', '.join(keys)})"
            raise UsageError(
                f"The run was started with {started}: resume it with the same options, or choose "
                "another --out"
            )

    def differences(self, other):
        """Yield name, own value and other value of each differing option that determines results.

        ``data``, ``models`` and ``blend`` are not compared, and of ``noise`` only its kind: its
        folder may be elsewhere.
        """
        if self._noise_kind != other._noise_kind:
            yield "noise", self.noise or NO_NOISE, other.noise or NO_NOISE
        for option in fields(self):
            value, other_value = getattr(self, option.name), getattr(other, option.name)
            if value != other_value and option.name not in _MAY_CHANGE:
                yield option.name, value, other_value


def read_document(path):
    """Read the document written by :meth:`Config.write`, as plain data.

    Raises
    ------
    DataError
        The file is missing or is not a run's configuration.
    """
    try:
        document = read_yaml(path)
        return {"resolved": {}, **document, "config": dict(document["config"])}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: is not a run's configuration ({error})") from error


def installed_versions():
    """Return the versions of Python and of the installed packages that determine results."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
