"""Names of models with parameters, as ``--models`` takes them.

``lr``, ``lr(C=0.1)``, ``effnet:b0``, ``effnet:resnet50(epochs=20, remix=true)``,
``embed:musicnn(head=lgbm)``: a registered model, the backbone of a network or the network of an
embedding after a colon, parameters in brackets.
``my_models.py:make_svm(C=2)`` and ``package.module:make_svm`` name a function of the user. Values
are read as YAML; commas inside brackets do not separate models.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from ..exceptions import UsageError
from ..utils.constraints import shorten
from ..utils.hashing import hash_bytes
from ..utils.yaml_reader import parse_yaml

# Short names of backbones; any other name is used as it is.
_SHORT = ((r"b[0-8]", "efficientnet_{}"), (r"lite[0-4]", "tf_efficientnet_{}"))
# File names have at most 255 bytes, of which endings need some.
_LONGEST_COLUMN = 200
# Largest values of parameters whose time or memory grows with them: more would not end.
LIMITS = {
    "seeds": 100,
    "n_estimators": 100_000,
    "max_iter": 1_000_000,
    "num_leaves": 131_072,
    "max_bin": 65_535,
    "epochs": 100_000,
    "batch_size": 100_000,
    "n_jobs": 1024,
}
# Compiled libraries take no larger whole numbers.
_LARGEST = 2**63 - 1
_SHAPE = re.compile(
    r"(?:(?P<source>[^(),:]+\.py|\w+(?:\.\w+)+):(?P<factory>[^\W\d]\w*)"
    r"|(?P<base>\w+)(?::(?P<variant>[\w./:~-]+))?)"
    r"(?:\((?P<params>.*)\))?",
    re.DOTALL,
)
# Parameter that the part after the colon stands for.
_VARIANT = {"embed": "model"}
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class ModelName:
    """The parts of a model's name.

    Attributes
    ----------
    text : str
        The name as given.
    base : str
        The registered model, or the user's function.
    params : dict
        Parameters of the model, the backbone after a colon among them.
    source : str, default=""
        The user's file or module; empty for a registered model.

    Examples
    --------
    >>> from stemstack.models.model_name import ModelName
    >>> ModelName.parse("effnet:b0(epochs=8)").params
    {'backbone': 'efficientnet_b0', 'epochs': 8}
    >>> ModelName.parse("my_models.py:make_svm").source
    'my_models.py'
    """

    text: str
    base: str
    params: dict
    source: str = ""

    @classmethod
    def parse(cls, text):
        """Split a name into its parts, without checking that there is such a model.

        Parameters
        ----------
        text : str

        Returns
        -------
        ModelName

        Raises
        ------
        UsageError
            The text has another shape.
        """
        match = _SHAPE.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"Cannot read the model {shorten(text)}: expected NAME, NAME:NETWORK, "
                "FILE.py:FUNCTION or package.module:FUNCTION, each perhaps with "
                "(PARAMETER=VALUE,…), such as effnet:b0 or lr(C=0.1)"
            )
        key = _VARIANT.get(match["base"], "backbone")
        params = {} if match["variant"] is None else {key: _full_name(match["variant"])}
        for number, item in enumerate(split_names(match["params"] or "")):
            if number == 0 and match["base"] in _VARIANT and "=" not in item:
                item = f"{key}={item}"  # embed(musicnn) is embed:musicnn
            name, value = _read_parameter(text, item)
            limit = LIMITS.get(name, _LARGEST)
            kind = int | float if name in LIMITS else int
            if isinstance(value, kind) and abs(value) > limit:
                raise UsageError(
                    f"{shorten(text)}: {name} must be {limit} or less. Got {shorten(value)}."
                )
            if name in params:
                raise UsageError(f"{text}: the parameter {name!r} is given twice")
            params[name] = _full_name(value) if name == "backbone" else value
        return cls(text, match["base"] or match["factory"], params, match["source"] or "")

    @property
    def registered(self):
        """Name of the registered model; None for a function of the user, whatever its name.

        Examples
        --------
        >>> from stemstack.models.model_name import ModelName
        >>> ModelName.parse("lr(C=0.1)").registered, ModelName.parse("mine.py:lr").registered
        ('lr', None)
        """
        return None if self.source else self.base

    @cached_property
    def column(self):
        """Name of the model's files and columns.

        Anything but letters, digits, ``.`` and ``_`` becomes one hyphen; the folder and file of a
        user's function are left out. A name longer than file systems allow is cut, and ends in a
        hash of the whole.

        Examples
        --------
        >>> from stemstack.models.model_name import ModelName
        >>> ModelName.parse("effnet(backbone=resnet50, epochs=8)").column
        'effnet-backbone-resnet50-epochs-8'
        """
        text = self.text.strip().removeprefix(f"{self.source}:")
        column = re.sub(r"[^\w.]+", "-", text).strip("-")
        if len(column.encode()) <= _LONGEST_COLUMN:
            return column
        digest = hash_bytes(text.encode())[:12]
        return f"{column.encode()[: _LONGEST_COLUMN - 13].decode(errors='ignore')}-{digest}"


def split_names(text):
    """Split a list of names at the commas outside brackets.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Without surrounding blanks and empty items.

    See Also
    --------
    make_model : Makes a model by name.

    Examples
    --------
    >>> from stemstack.models import split_names
    >>> split_names("lr, effnet(epochs=8,families=[a,b]),cnn")
    ['lr', 'effnet(epochs=8,families=[a,b])', 'cnn']
    """
    items, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and depth == 0:
            items.append(text[start:position])
            start = position + 1
    items.append(text[start:])
    return [item.strip() for item in items if item.strip()]


def _full_name(backbone):
    for pattern, full in _SHORT:
        if re.fullmatch(pattern, str(backbone)):
            return full.format(backbone)
    return backbone


def _read_parameter(text, item):
    name, equals, value = (piece.strip() for piece in item.partition("="))
    if not equals or not name.isidentifier():
        raise UsageError(f"{text}: expected PARAMETER=VALUE in the brackets. Got {item!r}")
    return name, _as_number(parse_yaml(value, f"{shorten(text)}: the value of {name!r}"))


def _as_number(value):
    """Convert ``1e-3``, a number in YAML 1.2 but text in the YAML 1.1 of PyYAML."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
        return float(value)
    return value
