"""Shapes before numbers: what comes out of a layer is found by running it on an empty batch."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.graph import KerasTensor, placeholders
from minikeras.layers.blank import check_trial, counting_calls, is_blank
from minikeras.layers.call import Call, active_call
from minikeras.layers.structures import (
    has_unknown,
    map_shapes,
    shape_of,
    unknown_where_different,
)
from minikeras.tree import map_leaves

__all__ = ["infer", "observe_shapes"]


def infer(run: Callable[[Any], Any], inputs: Any) -> Any:
    """Return placeholders for what ``run`` would give.

    Parameters
    ----------
    run : callable
        Gets ``inputs`` with an array of zeros in the place of each KerasTensor; where it stands for
        an array with a mask, the array has one of ones.
    inputs : KerasTensor, or a structure that holds some

    Returns
    -------
    KerasTensor, or a structure of them
        They know which of them have masks.

    Notes
    -----
    Unknown lengths are tried with 8 and with 17 (9 where that is too long), the batch with no
    sample, or with one where that fails; a length that differs between two tries, so also half an
    unknown one, or that is the length of the batch, is unknown. A batch
    of known size is tried as it is, but while a file is read, whose sizes are not to be trusted,
    first without a sample, and then only if it is small.
    """

    def attempt(call: Call, unknown: int, batch: int) -> Any:
        def filled(leaf: KerasTensor, fill: Callable[..., Any]) -> Any:
            shape = tuple(unknown if n is None else n for n in leaf.shape)
            if leaf.shape[:1] == (None,) or (is_blank() and shape and not batch):
                shape = (batch, *shape[1:])
            check_trial(shape)
            return fill(shape, "U1" if leaf.dtype == "string" else leaf.dtype)

        def zeros(leaf: Any) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            value = filled(leaf, np.zeros)
            if leaf._mask is not None:
                call.keep_mask(value, filled(leaf._mask, np.ones))
            return value

        def describe(value: Any) -> KerasTensor | None:
            if value is None:
                return None
            mask = call.mask_of(value)
            found = described(value)
            if hasattr(mask, "shape"):
                found._mask = described(mask)
            return found

        def described(value: Any) -> KerasTensor:
            value = np.asarray(bare(value))
            shape: tuple[int | None, ...] = value.shape
            if batchless and batch == 0:
                if 0 in shape[1:]:
                    raise ValueError("the batch went into another axis, its size matters")
                shape = (size, *shape[1:]) if shape[:1] == (0,) else shape
            elif batchless:
                pass
            elif batch == 0:  # wherever there is nothing, the batch went
                shape = tuple(n or None for n in shape)
            elif shape and shape[0] == batch:
                shape = (None, *shape[1:])
            return KerasTensor(shape, "string" if value.dtype.kind in "US" else value.dtype.name)

        return map_leaves(describe, run(map_leaves(zeros, inputs)))

    leaves = placeholders(inputs)
    batchless = all(leaf.shape[:1] != (None,) for leaf in leaves)
    sizes = {leaf.shape[0] for leaf in leaves if leaf.shape}
    size = sizes.pop() if len(sizes) == 1 else None  # of a batch that all share

    def tried(unknown: int) -> Any:
        call = Call(None, False, counting_calls(_observer()))
        token = active_call.set(call)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as "Mean of empty slice"
                if batchless and (size is None or not is_blank()):
                    return attempt(call, unknown, 1)
                try:
                    return attempt(call, unknown, 0)
                except Exception:
                    return attempt(call, unknown, 1)
        finally:
            active_call.reset(token)

    first = tried(8)
    if not any(None in leaf.shape[1:] for leaf in leaves):
        return first
    return _merge(first, _second(tried))


def _second(tried: Callable[[int], Any]) -> Any:
    """Return what comes of another length, if possible one whose parts are other lengths too."""
    try:
        return tried(17)
    except Exception:  # such as positions in a table that is shorter
        return tried(9)


def _observer() -> Any:
    """Return who watches a search for shapes that this one is part of."""
    outer = active_call.get()
    return outer.observer if outer is not None and outer.root is None else None


def _merge(first: Any, second: Any) -> Any:
    if isinstance(first, dict):
        return {key: _merge(first[key], second[key]) for key in first}
    if isinstance(first, list | tuple):
        return type(first)(map(_merge, first, second))
    if first is None:
        return None
    merged = KerasTensor(unknown_where_different(first.shape, second.shape), first.dtype)
    if first._mask is not None and second._mask is not None:
        merged._mask = _merge(first._mask, second._mask)
    return merged


def observe_shapes(layer: Any, input_shape: Any) -> dict[int, Any]:
    """Run ``layer`` on an empty batch; return the output shape of each layer that ran, by id."""

    def shapes(unknown: int) -> dict[int, Any]:
        found: dict[int, Any] = {}
        known = map_shapes(
            input_shape, lambda shape: (shape[0], *(unknown if n is None else n for n in shape[1:]))
        )
        call = Call(None, False, lambda inner, x, y: found.update({id(inner): shape_of(y)}))
        token = active_call.set(call)
        try:
            inputs = map_shapes(known, lambda shape: KerasTensor(shape, layer.dtype))
            infer(layer, inputs)
        finally:
            active_call.reset(token)
        return found

    first = shapes(8)
    second = _second(shapes) if has_unknown(input_shape) else first
    return {key: unknown_where_different(first[key], second[key]) for key in first}
