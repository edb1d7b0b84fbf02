"""The affine map of the last axes: a matrix product between tensors."""

import math
from typing import Any

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops.dense import dense

__all__ = ["project"]


@primitive
def project(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    activation: str | None = None,
    *,
    axes: int = 1,
) -> Op:
    """Affine map of the last ``axes`` axes, ``activation(tensordot(x, kernel, axes) + bias)``.

    Parameters
    ----------
    x : array, shape (..., *inputs)
    kernel : array, shape (*inputs, *outputs)
    bias : array, shape (*outputs), optional
    activation : {None, "relu", "tanh", "sigmoid"}
    axes : int, default 1
        Number of input axes.

    Returns
    -------
    array, shape (..., *outputs)

    Raises
    ------
    ValueError
        If the last axes of ``x`` and the first of ``kernel`` differ.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.einsum import project
    >>> project(np.ones((2, 5, 3, 4)), np.ones((3, 4, 6)), axes=2).shape
    (2, 5, 6)
    """
    inputs, outputs = kernel.shape[:axes], kernel.shape[axes:]
    if x.shape[x.ndim - axes :] != inputs:
        raise ValueError(
            f"project expected x of shape (..., {', '.join(map(str, inputs))}) for a kernel of "
            f"shape {kernel.shape}, got {x.shape}"
        )
    free = x.shape[: x.ndim - axes]
    size, units = math.prod(inputs), math.prod(outputs)
    y, (dx, dkernel, dbias, _) = dense.__wrapped__(  # type: ignore[attr-defined]
        x.reshape(math.prod(free), size),
        kernel.reshape(size, units),
        None if bias is None else bias.reshape(units),
        activation,
    )
    last: tuple[Any, Any] = (None, None)

    def rows(dy: Array) -> Any:
        nonlocal last
        if last[0] is not dy:  # the same array again: dense shares work between its gradients
            last = dy, dy.reshape(-1, units)
        return last[1]

    def into(vjp: Any, dy: Array, out: Array | None, shape: tuple[int, ...], flat: Any) -> Any:
        place = None
        if out is not None and out.flags.c_contiguous:
            place = out.reshape(flat)
        found = vjp(rows(dy), place)
        return out if found is place else found.reshape(shape)

    return y.reshape(*free, *outputs), (
        lambda dy: dx(rows(dy)).reshape(x.shape),
        lambda dy, out: into(dkernel, dy, out, kernel.shape, (size, units)),
        lambda dy, out: into(dbias, dy, out, outputs, units),
        None,
    )
