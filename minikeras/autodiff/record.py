"""Ops and their recording: what happens when a NumPy function meets a traced value.

An op is a function of plain arrays that returns ``(value, vjps)``: its value, and for each argument
a function that turns the gradient of the value into that of the argument (a vector-Jacobian
product, VJP; None where there is none). While a tape records, calling an op appends one entry
``(output, inputs, vjps)``; the backward pass reads the entries from the last to the first.

Tapes nest. Under two of them a value is a ``Tensor`` of the inner tape around a ``Tensor`` of
the outer one: the inner op computes on outer Tensors, so the outer tape records what the inner op
does, VJPs included. That is all there is to second derivatives.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from minikeras.autodiff.symbolic import FoundSymbolic, Symbolic
from minikeras.autodiff.tensor import Tensor, Traced, Variable, active_tape, bare, living, records

__all__ = ["primitive", "rule", "unbroadcast"]

Vjp = Callable[..., Any] | None
Op = tuple[Any, tuple[Vjp, ...] | Callable[[Any], tuple[Any, ...]]]

RULES: dict[Any, Callable[..., Any]] = {}
"""NumPy function -> the same function, which also records."""

COMPOSITES: dict[Any, Callable[..., Any]] = {}
"""NumPy function -> the same, written with functions that have rules; for recorded values only."""

WITHOUT_GRADIENT: set[Any] = set()
"""NumPy functions whose result is constant or not a real number: comparisons, argmax, shape..."""


def dispatch(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a NumPy function on traced values: recorded where a gradient can flow, else plain."""
    if active_tape.get() is None or function in WITHOUT_GRADIENT:
        try:
            return function(*bare(args), **bare(kwargs))
        except FoundSymbolic:  # a Variable to the left of a placeholder
            return Symbolic.record(function, args, kwargs)
    apply = RULES.get(function)
    if apply is None:
        if not _any_records(args, kwargs):
            return function(*bare(args), **bare(kwargs))
        apply = COMPOSITES.get(function)
        if apply is None:
            raise TypeError(
                f"{_title(function)} has no gradient rule; write it with functions that have one, "
                "give it one with @minikeras.custom_gradient, or call it on "
                "minikeras.stop_gradient(x)"
            )
    try:
        return apply(*args, **kwargs)
    except TypeError:
        if not _any_records(args, kwargs):
            return function(*bare(args), **bare(kwargs))
        given = {name: value for name, value in kwargs.items() if value is not None}
        if len(given) < len(kwargs):  # such as out=None
            return dispatch(function, args, given)
        _refuse_arguments(function, apply, args, kwargs)
        raise


def _title(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module}.{function.__name__}".replace("numpy.", "np.", 1)


def _any_records(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(map(records, args)) or any(map(records, kwargs.values()))


def _refuse_arguments(
    function: Any, apply: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Say which arguments of a NumPy function its rule takes, if these were not among them."""
    if "out" in kwargs:
        raise TypeError(
            f"{_title(function)} cannot write a traced value into a plain array (out=, or an "
            "in-place operator such as a += b), its gradient would be lost; write a = a + b"
        ) from None
    signature = inspect.signature(apply)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(
            f"{_title(function)} of a traced value takes the arguments "
            f"{', '.join(signature.parameters)}: {error}"
        ) from None


def _recorder(op: Callable[..., Op]) -> Callable[..., Any]:
    """Return ``op`` for callers: gives the value alone, and records where a gradient can flow."""

    @wraps(op)
    def call(*args: Any, **kwargs: Any) -> Any:
        for setting in kwargs.values():
            if isinstance(setting, _BY_PLACE):
                args, kwargs = _positional(op, args, kwargs)
                break
        tape = active_tape.get()
        if tape is None:  # one look at the type of most arguments: this is what predict runs
            try:
                values = [
                    a
                    if type(a) is np.ndarray
                    else a.value
                    if type(a) is Variable
                    else bare(a)
                    if isinstance(a, _TRACED)
                    else a
                    for a in args
                ]
            except FoundSymbolic:
                return Symbolic.record(call, args, kwargs)
            return op(*values, **kwargs)[0]
        if tape.parent is None:  # written out, for this is what training runs
            everything = tape.watch_accessed_variables
            values = []
            inputs: list[Any] = []
            places = []
            for arg in args:
                kind = type(arg)
                if kind is Variable and type(arg.value) is Tensor:  # see Layer.stateless_call
                    arg, kind = arg.value, Tensor
                if kind is Tensor:
                    if arg.tape is not tape:  # one no longer in use
                        arg = living(arg, tape)
                    if type(arg) is Tensor:
                        places.append(len(values))
                        inputs.append(arg)
                        arg = arg.value
                elif kind is Variable:
                    if (arg.trainable and not arg.frozen and everything) or tape.watches(arg):
                        places.append(len(values))
                        inputs.append(arg)
                    arg = arg.value
                elif kind is list or kind is tuple:
                    arg = _constant(op, arg)  # an index or a shape, never differentiated
                elif kind is not _ndarray and isinstance(arg, Symbolic):
                    return Symbolic.record(call, args, kwargs)
                values.append(arg)
            value, vjps = op(*values, **kwargs)
            if not places:
                return value
            if type(vjps) is tuple and not isinstance(value, (tuple, list)):
                out = Tensor(value, tape)
                needed = vjps if len(places) == len(vjps) else [vjps[i] for i in places]
                tape.entries.append((out, inputs, needed))
                return out
            sources: list[Any] = list(args)
            for place, source in zip(places, inputs, strict=True):
                sources[place] = source
            return _record_values(tape, sources, value, vjps, places)
        while tape is not None:  # from the innermost to the outermost
            everything = tape.watch_accessed_variables
            values = list(args)
            places = []
            for i, arg in enumerate(args):
                kind = type(arg)
                if kind is Tensor:
                    if arg.tape is not tape:  # of a tape around this one, or no longer in use
                        values[i] = arg = living(arg, tape)
                        if type(arg) is not Tensor or arg.tape is not tape:
                            continue
                        args = (*args[:i], arg, *args[i + 1 :])
                    values[i] = arg.value
                    places.append(i)
                elif kind is Variable:
                    if (arg.trainable and not arg.frozen and everything) or tape.watches(arg):
                        places.append(i)
                    if tape.parent is None:
                        values[i] = arg.value
                elif kind is list or kind is tuple:
                    values[i] = _constant(op, arg)  # an index or a shape, never differentiated
            if places:
                return _record(tape, op, args, values, kwargs, places)
            args = tuple(values)
            tape = tape.parent
        try:
            values = bare(args)
        except FoundSymbolic:
            return Symbolic.record(call, args, kwargs)
        return op(*values, **kwargs)[0]

    return call


def _record(
    tape: Any,
    op: Callable[..., Op],
    args: tuple[Any, ...],
    values: list[Any],
    kwargs: dict[str, Any],
    places: list[int],
) -> Any:
    """Compute ``op`` of ``values``; put it on ``tape`` as depending on ``args`` at ``places``."""
    # What the op computes is recorded in its turn by the tapes outside.
    with Within(tape.parent), _NamedOp(op):
        value, vjps = op(*values, **kwargs)
    return _record_values(tape, args, value, vjps, places)


def _record_values(tape: Any, args: Sequence[Any], value: Any, vjps: Any, places: list[int]) -> Any:
    """Put what an op gave on ``tape``.

    An entry is ``(output, inputs, vjps)``: a list of VJPs, one for each input, or one function that
    gives the gradients of all arguments (then those that want none are None).
    """
    if isinstance(value, (tuple, list)):
        return _record_many(tape, args, value, vjps, places)
    out = Tensor(value, tape)
    if type(vjps) is tuple:
        tape.entries.append((out, [args[i] for i in places], [vjps[i] for i in places]))
    else:
        wanted = [arg if i in places else None for i, arg in enumerate(args)]
        tape.entries.append((out, wanted, vjps))
    return out


_ndarray = np.ndarray
_BY_PLACE = (Traced, Symbolic)
_TRACED = (Traced, Symbolic, list, tuple)


def _constant(op: Callable[..., Op], items: Any) -> Any:
    """Return a list or tuple without tapes; refuse it if a gradient would be lost."""
    for item in items:
        if isinstance(item, _TRACED):
            if isinstance(item, Traced) and item.dtype.kind == "f" and records(item):
                raise TypeError(
                    f"{op.__name__.lstrip('_')} expected an array, got a {type(items).__name__} "
                    "that holds traced values; join them with np.stack"
                )
            return bare(items)
    return items


def _positional(
    op: Callable[..., Op], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Bind arrays given by keyword to their place, where gradients are counted."""
    bound = inspect.signature(op).bind(*args, **kwargs)
    bound.apply_defaults()
    for name, setting in bound.kwargs.items():
        if isinstance(setting, Traced) and records(setting):
            raise TypeError(
                f"{op.__name__.lstrip('_')} has no gradient by its setting {name!r}; "
                f"hand it over as minikeras.stop_gradient({name})"
            )
    return bound.args, bare(bound.kwargs)


def _record_many(tape: Any, args: Sequence[Any], value: Any, vjps: Any, places: list[int]) -> Any:
    """Record an op with several outputs: one entry for the bundle, one for each part of it."""
    bundle = Tensor(np.empty(len(value)), tape)
    if type(vjps) is tuple:
        vjps = tuple([_on_parts(vjps[i], value) for i in places])
        inputs = tuple([args[i] for i in places])
    else:
        vjps = _on_parts(vjps, value)
        inputs = tuple([arg if i in places else None for i, arg in enumerate(args)])
    tape.entries.append((bundle, inputs, vjps))
    outputs = []
    for i, part in enumerate(value):
        out = Tensor(part, tape)
        tape.entries.append((out, (bundle,), (_to_part(i),)))
        outputs.append(out)
    kind = type(value)
    return kind(*outputs) if hasattr(value, "_fields") else kind(outputs)


class _Parts(dict[int, Any]):
    """Gradients for some outputs of an op; adding two of them adds output by output."""

    def __add__(self, other: "_Parts") -> "_Parts":
        both = _Parts(self)
        for i, dy in other.items():
            both[i] = both[i] + dy if i in both else dy
        return both


def _to_part(i: int) -> Callable[[Any], _Parts]:
    return lambda dy: _Parts({i: dy})


def _on_parts(vjp: Any, value: Any) -> Any:
    """Return ``vjp``, a function of one gradient per output, as a function of ``_Parts``."""
    if vjp is None:
        return None
    shapes = [(part.shape, part.dtype) for part in value]

    def on_parts(parts: _Parts) -> Any:
        return vjp(tuple([parts[i] if i in parts else np.zeros(*s) for i, s in enumerate(shapes)]))

    on_parts.__qualname__ = getattr(vjp, "__qualname__", on_parts.__qualname__)
    return on_parts


class Within:
    """Within this block, ``tape`` is the innermost one."""

    def __init__(self, tape: Any):
        self.tape = tape

    def __enter__(self) -> None:
        self.token = active_tape.set(self.tape)

    def __exit__(self, *error: Any) -> None:
        active_tape.reset(self.token)


class _NamedOp:
    """Says which op it was that cannot be differentiated twice."""

    def __init__(self, op: Callable[..., Op]):
        self.op = op

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, TypeError):
            name = self.op.__name__.lstrip("_")
            error.add_note(f"{name} cannot be differentiated twice (or by two tapes at once)")


def rule(
    *functions: Any, unpack: tuple[str, ...] | None = None
) -> Callable[[Callable[..., Op]], Callable[..., Op]]:
    """Return a decorator that says how NumPy functions differentiate.

    Parameters
    ----------
    *functions : NumPy functions
        Those that the decorated op computes.
    unpack : tuple of str, optional
        For functions whose first argument is a sequence of arrays (``np.concatenate``): the op
        takes the arrays one by one, and the names of the positional arguments that follow.

    Returns
    -------
    callable
        Registers an op, a function of arrays that returns ``(value, vjps)``.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras.autodiff import rule
    >>> @rule(np.i0)
    ... def i0(x):
    ...     y = np.i0(x)
    ...     return y, (lambda dy: dy * x / 2 * (1 + x**2 / 8),)  # first terms of the series
    >>> round(float(minikeras.grad(np.i0)(0.1)), 6)
    0.050063
    """

    def decorate(op: Callable[..., Op]) -> Callable[..., Op]:
        recorded = _recorder(op)
        for function in functions:
            if unpack is None:
                RULES[function] = recorded
            else:
                RULES[function] = _unpacking(recorded, unpack)
        return op

    return decorate


def _unpacking(recorded: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    @wraps(recorded)
    def call(arrays: Any, *rest: Any, **kwargs: Any) -> Any:
        return recorded(*arrays, **dict(zip(names, rest, strict=False)), **kwargs)

    return call


def composite(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for NumPy functions that are written in terms of others with rules."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in functions:
            COMPOSITES[name] = function
        return function

    return decorate


def primitive(op: Callable[..., Op]) -> Callable[..., Any]:
    """Make an op of our own: callers get the value alone, the tape the VJPs.

    Parameters
    ----------
    op : callable
        A function of arrays (positional) and settings that returns ``(value, vjps)``. ``vjps`` has
        one entry per positional argument: None, or a function of the gradient ``dy`` of the value;
        or it is one function that returns all gradients as a tuple. A VJP must not write into
        ``dy``; one with a second parameter ``out`` may write its result there when it is not None.

    Returns
    -------
    callable
        Takes arrays, Variables and Tensors.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras.autodiff import primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3, (lambda dy: 3.0 * x**2 * dy,)
    >>> cube(2.0), minikeras.grad(cube)(2.0)
    (8.0, 12.0)
    """
    return _recorder(op)


def unbroadcast(dy: Any, x: Any) -> Any:
    """Sum ``dy`` over the axes along which ``x`` was broadcast, and give it the dtype of ``x``.

    Parameters
    ----------
    dy : array
        A gradient, of the shape that ``x`` was broadcast to.
    x : array or number
        The input that the gradient belongs to.

    Returns
    -------
    array of ``x``'s shape and dtype
    """
    shape = getattr(x, "shape", ())
    if dy.shape != shape:
        extra = dy.ndim - len(shape)
        axes = tuple(range(extra)) + tuple(
            i + extra for i, n in enumerate(shape) if n == 1 and dy.shape[i + extra] != 1
        )
        dy = np.add.reduce(dy, axis=axes).reshape(shape)
    dtype = getattr(x, "dtype", dy.dtype)
    return dy if dy.dtype == dtype else dy.astype(dtype)


Traced.dispatch = staticmethod(dispatch)
