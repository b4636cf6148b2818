"""Read YAML that may be of any origin: one clear error for whatever is wrong, and bounded sizes."""

import copy
from functools import lru_cache

import yaml

from ..exceptions import UsageError, first_line

# Far beyond any configuration; a few lines of YAML can describe gigabytes by repeated aliases.
_MAX_BYTES = 1_000_000
_MAX_NODES = 200_000
_MAX_DEPTH = 30


def read_yaml(path):
    """Read a YAML file: UTF-8, or UTF-16 with a byte order mark.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    plain data

    Raises
    ------
    UsageError
        The file is missing, is not YAML, has a key twice, or is too large or too deeply nested.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # A ValueError for a null character in the name.
        reason = getattr(error, "strerror", None) or first_line(error)
        raise UsageError(f"{path}: cannot be read ({reason.lower()})") from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path}: is larger than {_MAX_BYTES // 10**6} MB, expected a YAML file")
    return parse_yaml(data, path)


def parse_yaml(data, name):
    """Parse a YAML document.

    Parameters
    ----------
    data : str or bytes
    name : str or os.PathLike
        Where the document comes from, for messages.

    Returns
    -------
    plain data

    Raises
    ------
    UsageError
        It is not YAML, has a key twice, or is too large or too deeply nested.

    Examples
    --------
    >>> parse_yaml("folds: 5", "config.yaml")
    {'folds': 5}
    """
    try:
        return copy.deepcopy(_parse(data))
    except Exception as error:  # The type depends on the value, such as KeyError for !!bool x.
        raise UsageError(f"{name}: is not YAML ({_reason(error)})") from error


# A command reads the configuration of its run many times.
@lru_cache(maxsize=8)
def _parse(data):
    loader = _BoundedLoader(data)
    node = loader.get_single_node()
    if node is None:
        return None
    _check_size(node)
    return loader.construct_document(node)


class _BoundedLoader(yaml.SafeLoader):
    """Loader that raises an error for too many levels, and for keys that are given twice."""

    def __init__(self, data):
        super().__init__(data)
        self._depth = 0

    def compose_node(self, parent, index):
        is_collection = self.check_event(yaml.CollectionStartEvent)
        self._depth += is_collection
        if self._depth > _MAX_DEPTH:
            raise ValueError(f"more than {_MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= is_collection
        return node

    def compose_mapping_node(self, anchor):
        node, given = super().compose_mapping_node(anchor), set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in given:
                problem = f"{key.value} is given twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            given.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return node


def _check_size(root):
    """Raise ValueError if a document has too many values after its aliases are expanded."""
    sizes = {}

    def measure(node, depth):
        if depth > _MAX_DEPTH:
            raise ValueError(f"more than {_MAX_DEPTH} levels by aliases")
        if id(node) not in sizes:
            children = node.value if isinstance(node, yaml.CollectionNode) else ()
            if isinstance(node, yaml.MappingNode):
                children = [child for pair in children for child in pair]
            sizes[id(node)] = 1 + sum(measure(child, depth + 1) for child in children)
        if sizes[id(node)] > _MAX_NODES:
            raise ValueError(f"more than {_MAX_NODES} values")
        return sizes[id(node)]

    measure(root, 0)


def _reason(error):
    """Format an error on one line, with the line of the document."""
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or first_line(error)
    return text if mark is None else f"{text}, line {mark.line + 1}"
