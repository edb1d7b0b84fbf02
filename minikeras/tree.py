"""Nested lists, tuples and dicts, gone through leaf by leaf; Keras's ``tree`` names.

A dict is gone through in the order of its sorted keys, an ``OrderedDict`` in its own order. None is
a leaf. Everything that is no list, tuple (named ones too) or dict is a leaf.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

Path = tuple[Any, ...]


class MAP_TO_NONE:
    """What a function given to ``traverse`` returns in order to put None in a place.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.traverse(lambda x: tree.MAP_TO_NONE if x == 2 else None, [1, 2])
    [1, None]
    """


def is_nested(structure: Any) -> bool:
    """Whether ``structure`` is a list, tuple or dict.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.is_nested([]), tree.is_nested(3), tree.is_nested(None)
    (True, False, False)
    """
    return isinstance(structure, list | tuple | dict)


def _children(structure: Any) -> list[tuple[Any, Any]]:
    """Return ``(key or index, child)`` of one level."""
    if isinstance(structure, OrderedDict):
        return list(structure.items())
    if isinstance(structure, dict):
        try:
            return sorted(structure.items(), key=lambda item: item[0])
        except TypeError:  # keys of several types: first by type
            return sorted(
                structure.items(), key=lambda item: (type(item[0]).__name__, str(item[0]))
            )
    return list(enumerate(structure))


def _rebuild(structure: Any, children: list[Any]) -> Any:
    """Return one level of the kind of ``structure`` with other children."""
    if isinstance(structure, dict):
        new = dict(zip([key for key, _ in _children(structure)], children))
        items = [(key, new[key]) for key in structure]  # in the order of the caller's dict
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, items)
        return type(structure)(items)
    kind = type(structure)
    return kind(*children) if hasattr(structure, "_fields") else kind(children)


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of ``structure`` in one list.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.flatten({"b": [1, (2, None)], "a": 0})
    [0, 1, 2, None]
    """
    return [leaf for _, leaf in flatten_with_path(structure)]


def flatten_with_path(structure: Any) -> list[tuple[Path, Any]]:
    """Return each leaf with the keys and indices that lead to it.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.flatten_with_path({"a": [5, 6]})
    [(('a', 0), 5), (('a', 1), 6)]
    """
    found: list[tuple[Path, Any]] = []

    def walk(path: Path, part: Any) -> None:
        if is_nested(part):
            for key, child in _children(part):
                walk((*path, key), child)
        else:
            found.append((path, part))

    walk((), structure)
    return found


def _mismatch(path: Path, expected: Any, got: Any) -> ValueError:
    place = "".join(f"[{key!r}]" for key in path) or "the top"
    kinds = [type(x).__name__ for x in (expected, got)]
    return ValueError(
        f"the structures don't have the same nested structure: at {place} expected "
        f"{_form(expected)} ({kinds[0]}), got {_form(got)} ({kinds[1]})"
    )


def _form(part: Any) -> str:
    if isinstance(part, dict):
        return f"the keys {[key for key, _ in _children(part)]}"
    return f"{len(part)} items" if is_nested(part) else "a leaf"


def _matched(path: Path, first: Any, rest: tuple[Any, ...]) -> list[tuple[Any, list[Any]]]:
    """Return ``(key, [child of each structure])`` of one level; refuse levels that differ."""
    keys = [key for key, _ in _children(first)]
    columns = []
    for other in rest:
        alike = isinstance(first, dict) == isinstance(other, dict) and is_nested(other)
        if alike and isinstance(first, dict):
            alike = set(other) == set(keys)
        elif alike:
            alike = len(other) == len(first) and _kind(other) is _kind(first)
        if not alike:
            raise _mismatch(path, first, other)
        columns.append([other[key] for key in keys])
    return [
        (key, [child, *[column[i] for column in columns]])
        for i, (key, child) in enumerate(_children(first))
    ]


def _kind(structure: Any) -> type:
    if hasattr(structure, "_fields"):
        return type(structure)
    return list if isinstance(structure, list) else tuple


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Return ``structures[0]`` with ``func`` of the corresponding leaves in place of each leaf.

    Parameters
    ----------
    func : callable
        Takes one leaf of each structure.
    *structures : list, tuple, dict or leaf
        All of the same form.
    none_is_leaf : bool, default True
        False: None stays None and ``func`` does not see it.

    Returns
    -------
    structure of the same form

    Raises
    ------
    TypeError
        If ``func`` is not callable.
    ValueError
        If no structure is given, or their forms differ.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
    {'a': 11, 'b': [22]}
    """
    _check_callable("map_structure", func)
    if not structures:
        raise ValueError("map_structure expected at least one structure, got none")

    def walk(path: Path, parts: tuple[Any, ...]) -> Any:
        first, *rest = parts
        if is_nested(first):
            matched = _matched(path, first, tuple(rest))
            return _rebuild(first, [walk((*path, key), tuple(c)) for key, c in matched])
        for other in rest:
            if is_nested(other):
                raise _mismatch(path, first, other)
        if first is None and not none_is_leaf:
            return None
        return func(*parts)

    return walk((), structures)


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return one structure with ``function`` applied to its leaves, in the order they stand in.

    What ``map_structure`` does, for the rest of minikeras: quick, as it is called for each batch.

    Examples
    --------
    >>> map_leaves(lambda x: -x, {"b": [1, (2,)], "a": 0})
    {'b': [-1, (-2,)], 'a': 0}
    """
    if isinstance(structure, dict):
        return {key: map_leaves(function, item) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        items = [map_leaves(function, item) for item in structure]
        kind = type(structure)
        return kind(*items) if hasattr(structure, "_fields") else kind(items)
    return function(structure)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Return ``shallow_structure`` with ``func`` of what the structures hold at its leaves.

    Parameters
    ----------
    shallow_structure : list, tuple, dict or leaf
        How deep to go.
    func : callable
        Takes, for each leaf of it, what is at that place in each of ``structures``: leaves, or
        whole structures.
    *structures : list, tuple, dict or leaf

    Returns
    -------
    structure of the form of ``shallow_structure``

    Raises
    ------
    TypeError
        If ``func`` is not callable.
    ValueError
        If no structure is given, or one does not reach as deep.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.map_structure_up_to([None, None], len, [[1, 2, 3], (4,)])
    [3, 1]
    """
    _check_callable("map_structure_up_to", func)
    if not structures:
        raise ValueError("map_structure_up_to expected at least one structure, got none")

    def walk(path: Path, shallow: Any, parts: tuple[Any, ...]) -> Any:
        if not is_nested(shallow):
            return func(*parts)
        matched = _matched(path, shallow, parts)
        return _rebuild(
            shallow, [walk((*path, key), child, tuple(rest)) for key, (child, *rest) in matched]
        )

    return walk((), shallow_structure, structures)


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Refuse two structures of different forms.

    Parameters
    ----------
    a, b : list, tuple, dict or leaf
    check_types : None
        Accepted for old scripts' sake; kinds are always compared.

    Raises
    ------
    ValueError
        If they differ; the message names the place.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.assert_same_structure([1, (2, 3)], [4, (5, 6)])
    >>> tree.assert_same_structure([1, 2], [1, [2]])
    Traceback (most recent call last):
    ValueError: the structures don't have the same nested structure: at [1] expected a leaf (int), \
got 1 items (list)
    """
    map_structure(lambda x, y: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Refuse two structures whose leaves are not at the same places; lists and tuples are alike.

    Raises
    ------
    ValueError
        If a path is in one of them alone; the message names all of those.
    """
    paths = [{path for path, _ in flatten_with_path(part)} for part in (a, b)]
    if paths[0] != paths[1]:
        only = [sorted(map(str, one - other)) for one, other in (paths, paths[::-1])]
        raise ValueError(
            f"the structures don't have the same paths: only the first has {only[0]}, "
            f"only the second has {only[1]}"
        )


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """Put leaves into the form of ``structure``; the reverse of ``flatten``.

    Parameters
    ----------
    structure : list, tuple, dict or leaf
    flat_sequence : iterable
        As many leaves as ``structure`` has.

    Returns
    -------
    structure of the same form

    Raises
    ------
    TypeError
        If ``flat_sequence`` cannot be iterated over.
    ValueError
        If it has another number of leaves.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.pack_sequence_as({"a": 0, "b": [0, 0]}, [1, 2, 3])
    {'a': 1, 'b': [2, 3]}
    """
    if not isinstance(flat_sequence, Iterable):
        raise TypeError(
            "pack_sequence_as expected a sequence of leaves, got "
            f"{flat_sequence!r} ({type(flat_sequence).__name__})"
        )
    leaves = list(flat_sequence)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        raise ValueError(
            f"pack_sequence_as expected {expected} leaves, as many as the structure has, got "
            f"{len(leaves)}"
        )
    left = iter(leaves)
    return map_structure(lambda _: next(left), structure)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Offer every part of ``structure``, leaf or not, to ``func``, and replace what it answers to.

    Parameters
    ----------
    func : callable
        Returns what to put in the place of a part: None leaves it and goes on inside it,
        ``MAP_TO_NONE`` puts None there.
    structure : list, tuple, dict or leaf
    top_down : bool, default True
        Whether a part comes before what is inside it, which is then not visited if the part was
        replaced; False begins with the leaves.

    Returns
    -------
    structure

    Raises
    ------
    TypeError
        If ``func`` is not callable.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.traverse(lambda x: sum(x) if isinstance(x, tuple) else None, [(1, 2), 3])
    [3, 3]
    """
    _check_callable("traverse", func)

    def inside(part: Any) -> Any:
        if not is_nested(part):
            return part
        return _rebuild(part, [traverse(func, child, top_down) for _, child in _children(part)])

    if not top_down:
        structure = inside(structure)
    answer = func(structure)
    if answer is None:
        return inside(structure) if top_down else structure
    return None if answer is MAP_TO_NONE else answer


def lists_to_tuples(structure: Any) -> Any:
    """Return ``structure`` with a tuple in the place of every list.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.lists_to_tuples([1, {"a": [2]}])
    (1, {'a': (2,)})
    """
    return traverse(lambda x: tuple(x) if isinstance(x, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """Return ``structure`` with ``func`` of each shape in it; a shape is a list or tuple of ints.

    Parameters
    ----------
    func : callable
        Takes a shape: a tuple or list of int and None.
    structure : list, tuple or dict of shapes, or a shape

    Returns
    -------
    structure

    Raises
    ------
    TypeError
        If ``func`` is not callable.

    Examples
    --------
    >>> from minikeras import tree
    >>> tree.map_shape_structure(len, {"a": (None, 3), "b": [(2,), ()]})
    {'a': 2, 'b': [1, 0]}
    """
    _check_callable("map_shape_structure", func)
    if isinstance(structure, list | tuple) and all(
        n is None or isinstance(n, int) for n in structure
    ):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    parts = [map_shape_structure(func, child) for _, child in _children(structure)]
    return _rebuild(structure, parts)


def _check_callable(name: str, func: Any) -> None:
    if not callable(func):
        raise TypeError(
            f"{name} expected func to be callable, got {func!r} ({type(func).__name__})"
        )
