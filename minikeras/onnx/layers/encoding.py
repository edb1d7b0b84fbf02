"""Indices as vectors: one-hot, multi-hot and counts."""

import numpy as np

from minikeras.export.value import Value
from minikeras.onnx.builder import Builder

__all__ = ["encoded"]


def encoded(
    g: Builder, places: Value, mode: str, depth: int, dtype: str, weights: Value | None = None
) -> Value:
    """Write vectors of length ``depth`` for indices, as layers with an ``output_mode`` give them.

    Parameters
    ----------
    g : Builder
    places : Value, int64
        An index outside ``[0, depth)`` leaves no trace.
    mode : {"int", "one_hot", "multi_hot", "count"}
    depth : int
    dtype : str
    weights : Value, optional
        With the mode ``"count"``, what each index adds to its count.
    """
    if mode == "int":
        return g.cast(places, dtype)
    if mode == "one_hot":
        if places.rank > 1 and places.shape[-1] == 1:
            places = g.squeeze(places, -1)
    elif places.rank == 1:
        g.refuse(f"output_mode={mode!r} needs an input with an axis besides the batch")
    else:
        places = g.move(places, 1, -1)
    hot = g.cast(g.binary("Equal", g.expand_dims(places, -1), np.arange(depth), "bool"), dtype)
    if mode == "one_hot":
        return hot
    if weights is not None:
        hot = g.multiply(hot, g.expand_dims(g.move(weights, 1, -1), -1))
    return g.reduce("ReduceMax" if mode == "multi_hot" else "ReduceSum", hot, hot.rank - 2)
