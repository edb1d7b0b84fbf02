"""Choices and loops as functions. Here they are plain Python; a tape records what they compute."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import tree
from minikeras._validation import check_positive_int
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import array, number

__all__ = [
    "associative_scan",
    "cond",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorize",
    "vectorized_map",
    "while_loop",
]

Function = Callable[..., Any]


@symbolic
def cond(pred: Any, true_fn: Function, false_fn: Function) -> Any:
    """Call one of two functions.

    Parameters
    ----------
    pred : bool or array of one element
    true_fn, false_fn : callable
        Without arguments. Only the chosen one is called.

    Returns
    -------
    What it returns.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.cond(2 > 1, lambda: "yes", lambda: "no")
    'yes'
    """
    return true_fn() if bool(pred) else false_fn()


@symbolic
def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """Call one of several functions.

    Parameters
    ----------
    index : int
        Which one; below 0 it is the first, past the end the last.
    branches : sequence of callable
    *operands
        Their arguments.

    Returns
    -------
    What it returns.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.switch(1, [lambda x: x + 1, lambda x: x * 10], 5)
    50
    """
    return branches[min(max(int(number(index)), 0), len(branches) - 1)](*operands)


@symbolic
def while_loop(
    cond: Function, body: Function, loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Call ``body`` as long as ``cond`` holds.

    Parameters
    ----------
    cond, body : callable
        Take the loop variables; ``cond`` returns a bool, ``body`` new loop variables.
    loop_vars : tuple or list of arrays, or one array
    maximum_iterations : int, optional

    Returns
    -------
    tuple of arrays, or one array, as ``loop_vars`` was

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.while_loop(lambda i: i < 10, lambda i: (i * 2,), (3,))
    (np.int32(12),)
    """
    several = isinstance(loop_vars, tuple | list)
    values = tree.map_structure(array, tuple(loop_vars) if several else (loop_vars,))
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and bool(cond(*values)):
        found = body(*values)
        values = tuple(found) if isinstance(found, tuple | list) else (found,)
        values = tree.map_structure(array, values)
        count += 1
    return values if several else values[0]


@symbolic
def fori_loop(lower: Any, upper: Any, body_fun: Function, init_val: Any) -> Any:
    """Call ``value = body_fun(i, value)`` for ``i`` from ``lower`` up to, without, ``upper``.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.fori_loop(1, 5, lambda i, total: total + i, 0)
    10
    """
    value = init_val
    for i in range(int(number(lower)), int(number(upper))):
        value = body_fun(i, value)
    return value


def _leading(xs: Any, name: str) -> tuple[Any, int]:
    """Return ``xs`` with arrays as leaves, and the length of their first axis."""
    xs = tree.map_structure(array, xs)
    leaves = tree.flatten(xs)
    lengths = {leaf.shape[0] if leaf.ndim else None for leaf in leaves}
    if len(lengths) != 1 or None in lengths:
        shapes = [leaf.shape for leaf in leaves]
        raise ValueError(f"ops.{name} expected arrays of one length along axis 0, got {shapes}")
    return xs, lengths.pop()  # type: ignore[return-value]


def _stack(results: list[Any]) -> Any:
    """Join nested results leaf by leaf; None stays None."""
    return tree.map_structure(
        lambda *leaves: None if leaves[0] is None else np.stack([array(leaf) for leaf in leaves]),
        *results,
    )


@symbolic
def scan(
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> Any:
    """Go through arrays element by element while carrying a state along.

    Parameters
    ----------
    f : callable
        ``f(carry, x)`` returns ``(new carry, y)``.
    init : array or nested structure
        The first carry.
    xs : array or nested structure of arrays, shape (length, ...), optional
        None: ``f`` gets None ``length`` times.
    length : int, optional
    reverse : bool, default False
        Go from the last element to the first; the results keep the order of ``xs``.
    unroll : int or bool
        Accepted for Keras's sake.

    Returns
    -------
    (carry, ys)
        The last carry, and what ``f`` gave beside it, stacked along axis 0.

    Raises
    ------
    TypeError
        If ``f`` is not callable.
    ValueError
        If neither ``xs`` nor ``length`` is given, or they disagree.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.scan(lambda total, x: (total + x, total + x), 0, ops.array([1, 2, 3]))
    (np.int32(6), array([1, 3, 6], dtype=int32))
    """
    if not callable(f):
        raise TypeError(f"ops.scan expected f to be callable, got {f!r}")
    if not isinstance(unroll, bool):
        check_positive_int("unroll", unroll)
    if xs is None:
        if length is None:
            raise ValueError("ops.scan expected xs, or length without them; got neither")
        count = int(number(length))
    else:
        xs, count = _leading(xs, "scan")
        if length is not None and int(number(length)) != count:
            raise ValueError(f"ops.scan got xs of length {count} and length={length}")
    carry, ys = tree.map_structure(array, init), []
    for i in reversed(range(count)) if reverse else range(count):
        carry, y = f(carry, None if xs is None else _at(xs, i))
        ys.append(y)
    return carry, _stack(ys[::-1] if reverse else ys) if ys else None


def _at(xs: Any, i: int) -> Any:
    return tree.map_structure(lambda x: x[i], xs)


@symbolic
def associative_scan(f: Function, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Combine each element with all before it, by an associative function.

    Parameters
    ----------
    f : callable
        ``f(a, b)`` combines two arrays (or structures of arrays) element by element along
        ``axis``, and ``f(a, f(b, c)) == f(f(a, b), c)``.
    elems : array or nested structure of arrays, of one length along ``axis``
    reverse : bool, default False
        Combine with all that follow instead.
    axis : int, default 0

    Returns
    -------
    structure like ``elems``

    References
    ----------
    Hillis and Steele, "Data parallel algorithms", *Communications of the ACM* 29 (1986): log2(n)
    calls of ``f``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.associative_scan(np.add, ops.array([1, 2, 3, 4]))
    array([ 1,  3,  6, 10], dtype=int32)
    """
    if not callable(f):
        raise TypeError(f"ops.associative_scan expected f to be callable, got {f!r}")
    elems = tree.map_structure(array, elems)
    lengths = {leaf.shape[axis] for leaf in tree.flatten(elems)}
    if len(lengths) != 1:
        raise ValueError(
            f"ops.associative_scan expected arrays of one length along axis {axis}, got "
            f"{sorted(lengths)}"
        )

    def cut(x: Any, part: slice) -> Any:
        return x[(slice(None),) * (axis % x.ndim) + (part,)]

    def turned(x: Any) -> Any:
        return np.flip(x, axis) if reverse else x

    total, step, count = tree.map_structure(turned, elems), 1, lengths.pop()
    while step < count:
        first, second = (
            tree.map_structure(lambda x, part=part: cut(x, part), total)
            for part in (slice(None, -step), slice(step, None))
        )
        total = tree.map_structure(
            lambda x, new, step=step: np.concatenate([cut(x, slice(None, step)), new], axis=axis),
            total,
            f(first, second),
        )
        step *= 2
    return tree.map_structure(turned, total)


@symbolic
def map(f: Function, xs: Any) -> Any:
    """Call ``f`` on each element along axis 0, and stack what it returns.

    Parameters
    ----------
    f : callable
        Takes one element (of each array of the structure), returns an array or a structure.
    xs : array or nested structure of arrays, shape (n, ...)

    Returns
    -------
    array or nested structure, shape (n, ...)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.map(lambda x: x * x, ops.arange(4))
    array([0, 1, 4, 9], dtype=int32)
    """
    xs, count = _leading(xs, "map")
    return _stack([f(_at(xs, i)) for i in range(count)]) if count else xs


@symbolic
def vectorized_map(function: Function, elements: Any) -> Any:
    """Call ``function`` on each element along axis 0, and stack what it returns; as ``map``."""
    return map(function, elements)


def vectorize(pyfunc: Function, *, excluded: Any = None, signature: str | None = None) -> Function:
    """Make a function of single elements one of whole arrays.

    Parameters
    ----------
    pyfunc : callable
        Takes numbers, or small arrays where ``signature`` says so. Written in NumPy or ops, it is
        differentiable.
    excluded : set of int or str, optional
        Positions and names of arguments that are handed over as they are.
    signature : str, optional
        Axes that ``pyfunc`` works on, such as ``"(n),(n)->()"``; the other axes are looped over.

    Returns
    -------
    callable
        Broadcasts its arguments against each other.

    Examples
    --------
    >>> from minikeras import ops
    >>> longest = ops.vectorize(lambda v: ops.max(v), signature="(n)->()")
    >>> longest([[1.0, 3.0], [5.0, 2.0]])
    array([3., 5.], dtype=float32)
    """
    if not callable(pyfunc):
        raise TypeError(f"ops.vectorize expected pyfunc to be callable, got {pyfunc!r}")
    kept = set(excluded or ())
    ranks = None if signature is None else _core_ranks(signature)

    @symbolic
    def call(*args: Any, **kwargs: Any) -> Any:
        looped = [i for i in range(len(args)) if i not in kept]
        if ranks is not None and len(ranks) != len(looped):
            raise TypeError(
                f"ops.vectorize with signature {signature!r} expected {len(ranks)} arrays, got "
                f"{len(looped)}"
            )
        arrays = [array(args[i]) for i in looped]
        core = [0] * len(arrays) if ranks is None else ranks
        outer = [x.shape[: x.ndim - rank] for x, rank in zip(arrays, core)]
        shape = np.broadcast_shapes(*outer)
        arrays = [
            np.broadcast_to(x, shape + x.shape[x.ndim - rank :]) for x, rank in zip(arrays, core)
        ]
        results = []
        for place in np.ndindex(shape):
            values = list(args)
            for i, x in zip(looped, arrays):
                values[i] = x[place]
            results.append(pyfunc(*values, **kwargs))
        if not results:
            raise ValueError(f"ops.vectorize got no elements: its arguments broadcast to {shape}")
        return tree.map_structure(lambda y: np.reshape(y, shape + y.shape[1:]), _stack(results))

    call.__name__ = getattr(pyfunc, "__name__", "vectorized")
    call.__doc__ = pyfunc.__doc__
    return call


def _core_ranks(signature: str) -> list[int]:
    """Return how many axes of each argument belong to the function: ``"(n),(n,k)->()"``: 1, 2."""
    if not re.fullmatch(r"(\([\w,\s]*\),?\s*)*->\s*(\([\w,\s]*\),?\s*)*", signature):
        raise ValueError(
            f"ops.vectorize expected a signature such as '(n),(n,k)->(k)', got {signature!r}"
        )
    groups = re.findall(r"\(([\w,\s]*)\)", signature.partition("->")[0])
    return [len([name for name in group.split(",") if name.strip()]) for group in groups]
