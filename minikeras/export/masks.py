"""Which steps of a layer's output count: ``compute_mask``, for models that are written to files."""

from typing import Any

import numpy as np

from minikeras.export.value import Mask, Value
from minikeras.layers import (
    RNN,
    AdditiveAttention,
    Attention,
    Bidirectional,
    Concatenate,
    Embedding,
    Layer,
    Masking,
    ReversibleEmbedding,
)
from minikeras.layers.merging.base import Merge
from minikeras.layers.pooling import GlobalAveragePooling1D

__all__ = ["mask_after"]


def mask_after(
    target: Any, layer: Any, first: Any, mask: Any, more: dict[str, Any]
) -> Mask | list[Mask | None] | None:
    """Return the mask of what a call gives.

    Parameters
    ----------
    target : Target
    layer : Layer
    first : Value, or a structure of them
        The first argument of the call.
    mask : Mask, or a list of them, or None
        That of ``first``.
    more : dict
        The other arguments of the call.

    Returns
    -------
    Mask, a list with one for each output, or None
        It is written only where a layer asks for it.
    """
    if isinstance(layer, ReversibleEmbedding) and more.get("reverse"):
        return None
    if isinstance(layer, Embedding):
        return Mask(lambda: _write(target, np.not_equal, first, 0)) if layer.mask_zero else None
    if isinstance(layer, Masking):
        value = layer.mask_value
        return Mask(
            lambda: _write(target, np.any, _write(target, np.not_equal, first, value), axis=-1)
        )
    if mask is None:
        return None
    if type(layer).compute_mask is Layer.compute_mask:
        passed = mask[0] if isinstance(mask, list) and layer.supports_masking else mask
        return passed if layer.supports_masking else None
    if isinstance(layer, RNN | Bidirectional):
        kept = mask[0] if isinstance(mask, list) else mask
        count = 2 if getattr(layer, "merge_mode", "") is None else 1
        return [kept] * count if layer.return_sequences else None
    if isinstance(layer, Attention | AdditiveAttention):
        return mask[0] if isinstance(mask, list) else None
    if isinstance(layer, Merge) and isinstance(mask, list):
        return _merged(target, layer, first, mask)
    if isinstance(layer, GlobalAveragePooling1D):
        return None
    return Mask(lambda: target.refuse("its compute_mask has no counterpart there", layer))


def _write(target: Any, function: Any, *args: Any, **kwargs: Any) -> Value:
    """Write a call that makes a mask, which is named so and not like the layer that asks for it."""
    with target.naming("mask"):
        mask: Value = target.function(function, *args, **kwargs)
    return mask


def _merged(target: Any, layer: Any, inputs: list[Value], masks: list[Any]) -> Mask | None:
    joins = isinstance(layer, Concatenate)
    if not joins and (type(layer).compute_mask is not Merge.compute_mask or None in masks):
        return None

    def merged() -> Value:
        if joins and (None in masks or inputs[0].rank != 3 or layer.axis % 3 == 0):
            target.refuse("of masked inputs it can join sequences that are all masked", layer)
        found = [mask.value() for mask in masks]
        if joins and layer.axis % 3 == 1:
            return _write(target, np.concatenate, found, axis=1)
        either: Value = found[0]
        for mask in found[1:]:
            either = _write(target, np.logical_or, either, mask)
        return either

    return Mask(merged)
