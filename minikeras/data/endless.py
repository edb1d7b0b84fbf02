"""Tell data that never ends, as far as that can be told before reading it."""

import dis
import inspect
import itertools
import operator
import types
from collections.abc import Iterator
from typing import Any

__all__ = ["is_endless"]


def is_endless(data: Any) -> bool:
    """Return True if an iterable is certain to go on for ever.

    Nothing is read from it. True is certain: ``itertools.count``, ``cycle`` and endless
    ``repeat``; a generator whose function has no way out (``while True: yield ...`` without
    ``break``, ``return`` or ``raise``); a generator expression, ``zip``, ``map``, ``filter`` or
    ``enumerate`` over such. False promises nothing: whether a program ends cannot be known in
    general.

    Parameters
    ----------
    data : iterable

    Returns
    -------
    bool

    Examples
    --------
    >>> import itertools
    >>> def batches():
    ...     while True:
    ...         yield 1
    >>> is_endless(batches()), is_endless(x for x in itertools.count()), is_endless(iter([1]))
    (True, True, False)
    """
    if isinstance(data, (itertools.count, itertools.cycle)):
        return True
    if isinstance(data, itertools.repeat):
        return operator.length_hint(data, -1) < 0  # 0 and more: the repetitions that are left
    if isinstance(data, types.GeneratorType):
        frame = data.gi_frame
        if frame is None:  # it has ended
            return False
        # The iterable of a generator expression is a local variable of this odd name.
        source = frame.f_locals.get(".0")
        return _never_ends(data.gi_code) or (source is not None and is_endless(source))
    if isinstance(data, (zip, map, filter, enumerate)):
        sources = [part for part in data.__reduce__()[1] if isinstance(part, Iterator)]
        return bool(sources) and all(is_endless(source) for source in sources)
    make_iterator = inspect.getattr_static(type(data), "__iter__", None)
    return inspect.isgeneratorfunction(make_iterator) and _never_ends(make_iterator.__code__)


def _never_ends(code: types.CodeType) -> bool:
    """Return whether a function's code has no instruction that returns or raises.

    CPython leaves the final ``return None`` out when the code before it never gets there, as
    after ``while True`` without ``break``.
    """
    return not any(
        instruction.opname in ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS")
        for instruction in dis.get_instructions(code)
    )
