"""What layers over sequences, images and volumes check: lengths, layout, number of axes."""

from collections.abc import Iterable
from typing import Any

from minikeras import config
from minikeras._typing import PartialShape, Shape
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int
from minikeras.layers.base import Layer

__all__ = ["axes_of", "check_axes", "data_format_of", "lengths_of", "pairs_of"]

INPUTS = {
    1: {"channels_last": "(batch, steps, channels)", "channels_first": "(batch, channels, steps)"},
    2: {
        "channels_last": "(batch, height, width, channels)",
        "channels_first": "(batch, channels, height, width)",
    },
    3: {
        "channels_last": "(batch, depth, height, width, channels)",
        "channels_first": "(batch, channels, depth, height, width)",
    },
}


def data_format_of(value: str | None) -> str:
    """Return ``value`` if it names a layout, and the configured one for None."""
    if value is None:
        return config.image_data_format()
    return str(check_choice("data_format", value, ["channels_last", "channels_first"]))


def lengths_of(name: str, value: Any, count: int, *, zero: bool = False) -> Shape:
    """Return ``value`` as one integer for each of ``count`` axes."""
    check = check_non_negative_int if zero else check_positive_int
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = tuple(value)
        if len(values) != count:
            raise ValueError(f"{name} must be an integer or {count} of them, got {value!r}")
        return tuple(check(f"each of {name}", n) for n in values)
    return (check(name, value),) * count


def pairs_of(name: str, value: Any, count: int) -> tuple[tuple[int, int], ...]:
    """Return ``value`` as two integers, before and after, for each of ``count`` axes."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        n = check_non_negative_int(name, value)
        return ((n, n),) * count
    values = tuple(value)
    if len(values) != count:
        raise ValueError(
            f"{name} must be an integer, {count} integers or {count} pairs of integers, "
            f"got {value!r}"
        )
    pairs = (lengths_of(f"each part of {name}", n, 2, zero=True) for n in values)
    return tuple((first, second) for first, second in pairs)


def axes_of(rank: int, data_format: str) -> range:
    """Return the axes between batch and channels, or after them."""
    return range(1, rank + 1) if data_format == "channels_last" else range(2, rank + 2)


def check_axes(layer: Layer, shape: PartialShape, rank: int, data_format: str) -> None:
    """Refuse an input that has not ``rank`` axes besides batch and channels."""
    if len(shape) != rank + 2:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected an input of shape "
            f"{INPUTS[rank][data_format]}, got shape {tuple(shape)}; add missing axes with "
            "x[..., np.newaxis], or use the layer for that many axes"
        )
