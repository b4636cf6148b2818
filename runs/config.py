"""The configuration of a run: everything needed to repeat it, as one YAML file."""

import platform
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml

from ..datasets import DEFAULT_STEMS
from ..exceptions import DataError, UsageError
from ..models import model_columns
from ..utils.atomic_write import write_text

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
# Options that nets alone look at.
NET_OPTIONS = ("backbone", "weights", "device", "epochs")
PROTOCOLS = ("disjoint", "shared", "both")
# What may differ between a run and its resumption: where the data lie (the ledger knows them by
# content), and which models are stacked (each has its own entries).
_FREE = ("data", "models")


@dataclass(frozen=True)
class Config:
    """What a run was asked to do.

    Attributes
    ----------
    data : str
        The data set, as given: a path or a URL.
    models : tuple of str
    folds : int
    repeats : int
        Tables of folds that every model is fitted on, its predictions averaged; for data that are
        clips already.
    mashups_per_genre : int
        Training mashups drawn for each class; not used for data that are clips already.
    seed : int
        The root seed.
    stems : tuple of str
    allow_missing_stems : bool
    protocol : {"disjoint", "shared", "both"}
        Whether a song may stand on both sides of a split: never; in different mashups (optimistic:
        for comparison only); or both protocols beside each other.
    settings : dict
        The mashups' Settings as plain data; empty for the defaults.
    backbone, weights, device : str
        Of the deep models.
    epochs : int or None
        Of the deep models; None for their default.
    """

    data: str
    models: tuple = ("lr", "lgbm", "effnet")
    folds: int = 5
    repeats: int = 1
    mashups_per_genre: int = 200
    seed: int = 0
    stems: tuple = DEFAULT_STEMS
    allow_missing_stems: bool = False
    protocol: str = "disjoint"
    settings: dict = field(default_factory=dict)
    backbone: str = "auto"
    weights: str = "imagenet"
    device: str = "auto"
    epochs: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "models", tuple(self.models))
        object.__setattr__(self, "stems", tuple(self.stems))
        if self.protocol not in PROTOCOLS:
            raise UsageError(f"protocol must be one of {PROTOCOLS}. Got {self.protocol!r}.")
        for name, least in (("folds", 2), ("repeats", 1), ("mashups_per_genre", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be {least} or more. Got {getattr(self, name)}.")

    def write(self, path, resolved, planned=None):
        """Write as YAML, with what was resolved on the way and the versions of what computes.

        Parameters
        ----------
        path : str or os.PathLike
        resolved : dict
            What ``auto`` stood for, by model.
        planned : dict, optional
            What a time limit changed.
        """
        document = {"config": self.as_dict(), "resolved": resolved}
        document |= {"planned": planned} if planned else {}
        document["versions"] = installed_versions()
        write_text(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def to_yaml(self):
        """Give the options as YAML that ``--config`` takes."""
        return yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True)

    def as_dict(self):
        """Give the options as plain data."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def with_models(self, models):
        """Give the same with other models, each once, in the order of their first mention."""
        models, named = tuple(models), {}
        for column, model in zip(model_columns(models), models, strict=True):
            # lr(C=0.1) and lr( C=0.1 ) are one.
            named.setdefault(column, model)
        return replace(self, models=tuple(named.values()))

    @classmethod
    def read(cls, path):
        """Read what :meth:`write` wrote.

        Raises
        ------
        DataError
            The file is missing or is not a run's configuration.
        """
        try:
            return cls(**read_document(path)["config"])
        except TypeError as error:
            raise DataError(f"{path}: is not a run's configuration ({error})") from error

    def check_resumes(self, other):
        """Refuse to resume a run that was asked for something else.

        Raises
        ------
        UsageError
            An option that decides results differs; it is named with both values.
        """
        for name, mine, theirs in self.differences(other):
            raise UsageError(
                f"The run was begun with {name}={theirs!r}, not {mine!r}: resume it with the same "
                "options, or give another --out"
            )

    def differences(self, other):
        """Give name, own and other value of each option that decides results and differs."""
        for option in fields(self):
            mine, theirs = getattr(self, option.name), getattr(other, option.name)
            if mine != theirs and option.name not in _FREE:
                yield option.name, mine, theirs


def read_document(path):
    """Read all that :meth:`Config.write` wrote, as plain data.

    Raises
    ------
    DataError
        The file is missing or is not a run's configuration.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return {"resolved": {}, **document, "config": dict(document["config"])}
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise DataError(f"{path}: is not a run's configuration ({error})") from error


def installed_versions():
    """Map Python and the packages that compute to their versions; those absent are left out."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
