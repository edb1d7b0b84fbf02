"""Axes split, joined and swapped, as a pattern says."""

import math
import re
from typing import Any

import numpy as np

from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import array

__all__ = ["rearrange"]


@symbolic
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Split, join and swap axes as a pattern says.

    Parameters
    ----------
    tensor : array
    pattern : str
        Names of the axes before and after ``->``; parentheses hold axes that are one together.
    **axes_lengths : int
        Lengths that do not follow from the shape.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If the pattern does not fit the shape, or its two sides do not name the same axes.

    References
    ----------
    A. Rogozhnikov, "Einops: clear and reliable tensor manipulations with Einstein-like notation"
    (2022).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.rearrange(ops.zeros((2, 6, 3)), "b (h w) c -> b c h w", h=2).shape
    (2, 3, 2, 3)
    """
    x = array(tensor)
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"rearrange expected a pattern such as 'a b -> b a', got {pattern!r}")
    before, after = (_groups(side, pattern) for side in (left, right))
    if ["..."] in before:
        i = before.index(["..."])
        hidden = [f"...{j}" for j in range(x.ndim - len(before) + 1)]
        before[i : i + 1] = [[name] for name in hidden]
        after = [
            part
            for group in after
            for part in ([[name] for name in hidden] if group == ["..."] else [group])
        ]
    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise ValueError(
            f"rearrange expected the same axes, each once, on both sides of {pattern!r}"
        )
    if len(before) != x.ndim:
        raise ValueError(f"rearrange {pattern!r} does not fit an array of shape {x.shape}")
    lengths = _lengths(before, x.shape, axes_lengths, pattern)
    split = np.reshape(x, [lengths[name] for name in names])
    turned = np.transpose(split, [names.index(name) for name in wanted])
    return np.reshape(turned, [math.prod(lengths[name] for name in group) for group in after])


def _groups(side: str, pattern: str) -> list[list[str]]:
    """Return ``"b (h w) 1"`` as ``[["b"], ["h", "w"], []]``."""
    tokens = re.findall(r"\(([^()]*)\)|(\.\.\.|\w+)", side)
    left = re.sub(r"\([^()]*\)|\.\.\.|\w+|\s", "", side)
    if left:
        raise ValueError(f"rearrange does not understand {left!r} in the pattern {pattern!r}")
    groups = [inside.split() if not name else [name] for inside, name in tokens]
    return [[name for name in group if name != "1"] for group in groups]


def _lengths(
    groups: list[list[str]], shape: tuple[int, ...], given: dict[str, int], pattern: str
) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for group, length in zip(groups, shape):
        known = {name: int(given[name]) for name in group if name in given}
        unknown = [name for name in group if name not in given]
        rest, remainder = divmod(length, max(math.prod(known.values()), 1))
        if remainder or len(unknown) > 1 or (not unknown and rest != 1):
            raise ValueError(
                f"rearrange {pattern!r}: cannot split an axis of length {length} into {group} with "
                f"the lengths {known}; give all lengths but one"
            )
        lengths |= known | dict.fromkeys(unknown, rest)
    return lengths
