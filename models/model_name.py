"""Names of models with parameters, as ``--models`` takes them.

``lr``, ``lr(C=0.1)``, ``effnet:b0``, ``effnet:resnet50(epochs=20, remix=true)``: a model, after a
colon the backbone of a net, in brackets parameters. Values are read as YAML; commas inside brackets
do not separate models.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import yaml

from ..exceptions import UsageError

# Backbones that need no more than a few letters; any other stands for itself.
_SHORT = ((r"b[0-8]", "efficientnet_{}"), (r"lite[0-4]", "tf_efficientnet_{}"))
_SHAPE = re.compile(r"(?P<base>\w+)(?::(?P<backbone>[\w.-]+))?(?:\((?P<params>.*)\))?", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class ModelName:
    """A model's name, taken apart.

    Attributes
    ----------
    text : str
        As it was given.
    base : str
        The model.
    params : dict
        Its own parameters; an alias of a backbone is among them.
    """

    text: str
    base: str
    params: dict

    @classmethod
    def parse(cls, text):
        """Take a name apart; whether there is such a model is not looked at.

        Raises
        ------
        UsageError
            The text has another shape.
        """
        match = _SHAPE.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"Cannot read the model {text!r}: expected NAME, NAME:BACKBONE or "
                "NAME(PARAMETER=VALUE,…), such as effnet:b0 or lr(C=0.1)"
            )
        params = {} if match["backbone"] is None else {"backbone": _lengthen(match["backbone"])}
        for part in split_names(match["params"] or ""):
            name, value = _read_parameter(text, part)
            if name in params:
                raise UsageError(f"{text}: the parameter {name!r} is given twice")
            params[name] = _lengthen(value) if name == "backbone" else value
        return cls(text, match["base"], params)

    @cached_property
    def column(self):
        """The name of the model's files and columns: what is not a letter, a digit, ``.`` or ``_``
        becomes one hyphen, and none stands at the end.

        Examples
        --------
        >>> ModelName.parse("effnet(backbone=resnet50, epochs=8)").column
        'effnet-backbone-resnet50-epochs-8'
        """
        return re.sub(r"[^\w.]+", "-", self.text.strip()).strip("-")


def split_names(text):
    """Split at the commas outside brackets; blanks around the parts, and empty parts, are left out.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    Examples
    --------
    >>> split_names("lr, effnet(epochs=8,families=[a,b]),cnn")
    ['lr', 'effnet(epochs=8,families=[a,b])', 'cnn']
    """
    parts, depth, begin = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == "," and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    parts.append(text[begin:])
    return [part.strip() for part in parts if part.strip()]


def _lengthen(backbone):
    for shape, full in _SHORT:
        if re.fullmatch(shape, str(backbone)):
            return full.format(backbone)
    return backbone


def _read_parameter(text, part):
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not equals or not name.isidentifier():
        raise UsageError(f"{text}: expected PARAMETER=VALUE in the brackets. Got {part!r}")
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UsageError(f"{text}: the value of {name!r} is not YAML. Got {value!r}") from error
    return name, _as_number(read)


def _as_number(value):
    """Read ``1e-3`` as a number, which it is in YAML 1.2, though not in the YAML 1.1 of PyYAML."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
        return float(value)
    return value
