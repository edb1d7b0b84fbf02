"""The tape: remembers what was computed, and walks it back from the last entry to the first."""

from collections.abc import Collection, Iterable
from contextvars import Token
from types import FunctionType
from typing import Any, Self

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Within
from minikeras.autodiff.tensor import Tensor, Traced, Variable, active_tape, living
from minikeras.tree import map_leaves

__all__ = ["GradientTape"]

_TARGETS = (Traced, np.ndarray, np.generic, int)
"""What a computation gives: a constant too, and the 0 that is the sum of no losses."""


class GradientTape:
    """Records what is computed from variables, and differentiates it.

    Parameters
    ----------
    persistent : bool, default False
        Keep the record after ``gradient``, so that it can be called again.
    watch_accessed_variables : bool, default True
        Record every trainable ``Variable``; False records only what ``watch`` is given.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> w = minikeras.Variable([1.0, 2.0])
    >>> with minikeras.GradientTape() as tape:
    ...     loss = np.sum(w * w)
    >>> tape.gradient(loss, w)
    array([2., 4.], dtype=float32)

    Second derivatives, by one tape around another:

    >>> with minikeras.GradientTape() as outer:
    ...     with minikeras.GradientTape() as inner:
    ...         y = np.sum(w**3)
    ...     slope = inner.gradient(y, w)
    >>> outer.gradient(slope, w)
    array([ 6., 12.], dtype=float32)
    """

    __slots__ = (
        "_token",
        "_used",
        "_watched",
        "entries",
        "parent",
        "persistent",
        "recording",
        "watch_accessed_variables",
    )

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self.parent: GradientTape | None = None
        self.recording = False
        self.entries: list[tuple[Tensor, tuple[Any, ...], Any]] = []
        self._watched: dict[int, Variable] = {}
        self._used = False
        self._token: Token[GradientTape | None] | None = None

    def __enter__(self) -> Self:
        if self.recording:
            raise RuntimeError("this GradientTape records already; make a second one to nest them")
        self.parent = active_tape.get()
        self._token = active_tape.set(self)
        self.recording = True
        return self

    def __exit__(self, *error: Any) -> None:
        self.recording = False
        if self._token is not None:
            active_tape.reset(self._token)
            self._token = None

    def watches(self, variable: Variable) -> bool:
        """Whether what is computed from ``variable`` is recorded."""
        if self.watch_accessed_variables and variable.trainable and not variable.frozen:
            return True
        return id(variable) in self._watched

    def watch(self, value: Any) -> Any:
        """Record what is computed from ``value``.

        Parameters
        ----------
        value : Variable or array_like, or a list or tuple of Variables

        Returns
        -------
        Variable or Tensor, or a list or tuple of them
            A plain array cannot be traced: go on with the Tensor that comes back,
            ``x = tape.watch(x)``. Integers become float64.
        """
        if isinstance(value, Variable):
            self._watched[id(value)] = value
            return value
        if isinstance(value, Tensor) and value.tape is self:
            return value
        if isinstance(value, list | tuple) and any(isinstance(item, Traced) for item in value):
            return map_leaves(self.watch, value)
        if not isinstance(value, Tensor):
            value = np.asarray(value)
            if value.dtype.kind in "iub":
                value = value.astype(np.float64)
            if value.dtype.kind != "f":
                raise TypeError(f"GradientTape.watch expected real numbers, got {value.dtype}")
        return Tensor(living(value, active_tape.get()), self)

    def stop_recording(self) -> Within:
        """Return a context in which this tape records nothing."""
        return Within(self.parent)

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any:
        """Differentiate ``target`` with respect to ``sources``.

        Parameters
        ----------
        target : Tensor, or a list of them
            What was computed; elements of arrays, and members of a list, are summed.
        sources : Variable or Tensor, or a list, tuple or dict of them
        output_gradients : array or list, optional
            Weight of each element of ``target``; default 1.
        unconnected_gradients : {"none", "zero"}
            What to give for a source that ``target`` does not depend on.

        Returns
        -------
        array or None, in the structure of ``sources``

        Raises
        ------
        RuntimeError
            If called a second time on a tape that is not persistent.
        TypeError
            If a source is neither a Variable nor a watched Tensor; if ``target`` is no array, such
            as the plain number that ``float(loss)`` gives, unless unconnected gradients are zero.
        """
        targets = target if isinstance(target, list | tuple) else [target]
        seeds = output_gradients if isinstance(target, list | tuple) else [output_gradients]
        if seeds is None:
            seeds = [None] * len(targets)
        start: dict[int, Any] = {}
        for one, seed in zip(targets, seeds, strict=True):
            one = self._own(one)
            if not isinstance(one, _TARGETS) and unconnected_gradients != "zero":
                raise TypeError(
                    "GradientTape.gradient expected what was computed within the tape as target, "
                    f"got {one!r} ({type(one).__name__}); give it the loss as NumPy functions made "
                    "it: float(loss) and loss.item() are plain numbers without a gradient"
                )
            if isinstance(one, Traced):
                seed = _seed(one, seed)
                start[id(one)] = start[id(one)] + seed if id(one) in start else seed
        sources = map_leaves(self._source, sources)
        wanted: set[int] = set()
        map_leaves(lambda source: wanted.add(id(source)), sources)
        gradients = self.backward(start, keep=wanted)
        given: set[int] = set()

        def look_up(source: Any) -> Any:
            found = gradients.get(id(source))
            if found is None and unconnected_gradients == "zero":
                return np.zeros(source.shape, source.dtype)
            if isinstance(found, np.ndarray):  # the caller's own, to be written into
                if found.base is not None or id(found) in given or not found.flags.writeable:
                    found = found.copy()
                given.add(id(found))
            return found

        return map_leaves(look_up, sources)

    def _own(self, value: Any) -> Any:
        """Return what ``value`` is on this tape, without the tapes inside it."""
        while isinstance(value, Tensor) and value.tape is not self:
            value = value.value
        return value

    def _source(self, source: Any) -> Any:
        if not isinstance(source, Traced):
            raise TypeError(
                "GradientTape.gradient expected Variables or watched Tensors as sources, got "
                f"{type(source).__name__}; trace an array with x = tape.watch(x)"
            )
        return self._own(source)

    def backward(
        self,
        gradients: dict[int, Any],
        into: dict[int, Array] | None = None,
        keep: Collection[int] = (),
    ) -> dict[int, Any]:
        """Walk the tape from the last entry to the first.

        Parameters
        ----------
        gradients : dict
            ``id`` of a Tensor -> gradient to start from.
        into : dict, optional
            ``id`` of a Variable -> array that its gradient is written into.
        keep : set of int
            ``id`` of Tensors whose gradient is wanted; the others are freed once used.

        Returns
        -------
        dict
            ``id`` of each Variable or Tensor that was reached -> its gradient.
        """
        if self._used and not self.persistent:
            raise RuntimeError(
                "this GradientTape was already used; make it GradientTape(persistent=True) to "
                "differentiate more than once"
            )
        self._used = True
        # Only what is computed outside this tape, by tapes around it, is recorded meanwhile.
        active = active_tape.get()
        outer = self.parent
        while outer is not None and not outer.recording:
            outer = outer.parent
        if active is outer:
            return self._walk(gradients, into or {}, keep)
        with Within(outer):
            return self._walk(gradients, into or {}, keep)

    def _walk(
        self, gradients: dict[int, Any], into: dict[int, Array], keep: Collection[int]
    ) -> dict[int, Any]:
        entries = self.entries
        kept = list(entries) if self.persistent else None
        try:
            while entries:
                out, inputs, vjps = entries.pop()  # frees what the VJP held, as soon as it is used
                key = id(out)
                dy = gradients.get(key)
                if dy is None:
                    continue
                if key not in keep:
                    del gradients[key]
                pairs: Iterable[tuple[Any, Any]]
                kind = type(vjps)
                if kind is list or kind is tuple:
                    pairs = zip(inputs, vjps)
                else:  # one function gives all gradients; inputs that want none are None
                    pairs = [(x, dx) for x, dx in zip(inputs, vjps(dy)) if x is not None]
                for source, vjp in pairs:
                    if vjp is None:
                        continue
                    key = id(source)
                    view = into.get(key)
                    first = key not in gradients
                    if type(vjp) is not FunctionType:
                        dx = vjp(dy) if callable(vjp) else vjp
                    elif vjp.__code__.co_argcount == 2 and not vjp.__defaults__:
                        dx = vjp(dy, view if first else None)
                    else:
                        dx = vjp(dy)
                    if view is not None:
                        if first:
                            gradients[key] = view
                            if dx is not view:
                                view[...] = dx
                        else:
                            view += dx
                    elif first:
                        gradients[key] = dx
                    else:
                        gradients[key] = gradients[key] + dx
        except TypeError as error:
            if active_tape.get() is not None:
                error.add_note(
                    f"{_op_name(vjps)} cannot be differentiated twice (or by two tapes at once)"
                )
            raise
        finally:
            if kept is not None:
                self.entries[:] = kept
        return gradients

    def jacobian(self, target: Any, source: Any) -> Array:
        """Differentiate each element of ``target`` with respect to each of ``source``.

        Parameters
        ----------
        target : Tensor
        source : Variable or Tensor

        Returns
        -------
        array, shape ``target.shape + source.shape``
            Costs one backward pass per element of ``target``; the tape must be persistent when
            there is more than one.
        """
        rows = []
        for i in range(target.size):
            seed = np.zeros(target.size, target.dtype)
            seed[i] = 1.0
            rows.append(self.gradient(target, source, seed.reshape(target.shape), "zero"))
        return np.stack(rows).reshape(target.shape + source.shape)


def _seed(target: Any, weight: Any) -> Any:
    """Return the gradient that a backward pass starts from."""
    if weight is None:
        return np.ones(target.shape, target.dtype)
    if not isinstance(weight, Traced):
        weight = np.asarray(weight, target.dtype)
    if weight.shape != target.shape:
        raise ValueError(
            f"GradientTape.gradient expected output_gradients of the target's shape {target.shape},"
            f" got {weight.shape}"
        )
    return weight


def _op_name(vjps: Any) -> str:
    """Return the name of the op whose body the VJPs were made in."""
    vjp = next(filter(None, vjps), None) if isinstance(vjps, list | tuple) else vjps
    name: str = getattr(vjp, "__qualname__", "this op")
    return name.rpartition(".")[0].removesuffix(".<locals>").rpartition(".")[2].lstrip("_")
