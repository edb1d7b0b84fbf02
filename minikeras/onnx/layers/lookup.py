"""Vocabularies: the operator LabelEncoder, of ONNX's second set, ``ai.onnx.ml``."""

from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import (
    HashedCrossing,
    Hashing,
    IntegerLookup,
    StringLookup,
    TextVectorization,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.encoding import encoded

__all__ = ["DOMAIN"]

DOMAIN = "ai.onnx.ml"

_NO_HASH = "ONNX has no operator that hashes"


def _translated(g: Builder, x: Value, keys: list[Any], values: list[Any], default: Any) -> Value:
    """Replace elements by what stands beside them in a table of integers or strings."""
    g.domains[DOMAIN] = 2
    names = {int: ("int64s", "int64"), str: ("strings", "string")}
    ending, _ = names[type(keys[0])]
    wanted, dtype = names[type(default)]
    table = {f"keys_{ending}": keys, f"values_{wanted}": values}
    table[f"default_{dtype}"] = default
    return g.node("LabelEncoder", x, shape=x.shape, dtype=dtype, domain=DOMAIN, **table)


def _tokens(g: Builder, layer: Any, x: Value) -> Value:
    """Return the input as LabelEncoder wants it: strings, or integers of 64 bits."""
    if isinstance(layer, IntegerLookup):
        return g.cast(x, "int64")
    if x.dtype != "string":
        g.refuse(f"its input has dtype {x.dtype}; declare it with Input(shape, dtype='string')")
    return x


def _places(g: Builder, layer: Any, x: Value) -> Value:
    """Write ``look_up``: the index of each token; -1 for masked ones unless they have index 0."""
    tokens, start = layer.get_vocabulary(include_special_tokens=False), layer._oov_start
    if not tokens:
        g.refuse("it has no vocabulary yet; call adapt(data) or set_vocabulary first")
    x, unknown = _tokens(g, layer, x), layer.num_oov_indices
    if unknown > 1 and (isinstance(layer, StringLookup) or layer.oov_method != "floormod"):
        g.refuse(f"{_NO_HASH}, which num_oov_indices={unknown} needs; take num_oov_indices=1")
    keys = list(tokens)
    values = list(range(layer._token_start, layer._token_start + len(tokens)))
    if layer.mask_token is not None and layer.mask_token not in tokens:
        keys.append(layer.mask_token)
        values.append(0 if layer.output_mode == "int" else -1)
    if unknown == 1:
        return _translated(g, x, keys, values, start)
    if unknown == 0:  # what is not in the vocabulary is an error: a place outside a table
        size = layer.vocabulary_size()
        found = _translated(g, x, keys, values, size)
        return g.take(g.constant(np.arange(-1, size)), g.add(found, 1), 0)
    found = _translated(g, x, keys, values, -2)
    bucket = g.add(g.binary("Mod", x, unknown), start)
    return g.where(g.binary("Equal", found, -2, "bool"), bucket, found)


def _vectors(g: Builder, layer: Any, places: Value) -> Value:
    """Write what ``output_mode`` makes of indices."""
    if layer.output_mode == "int":
        return places
    if layer.output_mode == "tf_idf":
        weights = layer._idf
        return g.multiply(encoded(g, places, "count", layer.depth(), weights.dtype.name), weights)
    return encoded(g, places, layer.output_mode, layer.depth(), "int64")


def _inverted(g: Builder, layer: Any, x: Value) -> Value:
    """Write the tokens of indices; what is no index has the token for unknown ones."""
    vocabulary = layer.get_vocabulary()
    if None in [*vocabulary, layer.oov_token]:
        g.refuse("some of its indices have no token; give it an oov_token")
    places = list(range(len(vocabulary)))
    return _translated(g, g.cast(x, "int64"), places, vocabulary, layer.oov_token)


@writes(IntegerLookup, StringLookup)
def _look_up(g: Builder, layer: Any, x: Value) -> Value:
    if layer.invert:
        return _inverted(g, layer, x)
    return _vectors(g, layer, _places(g, layer, x))


@writes(TextVectorization)
def _text(g: Builder, layer: TextVectorization, x: Value) -> Value:
    if (layer.standardize, layer.split, layer.ngrams) != (None, None, None):
        g.refuse(
            "ONNX has no operator that takes texts apart as it does; do so before the model, with "
            "standardize=None and split=None here"
        )
    length, lookup = layer.output_sequence_length, layer._lookup
    if x.rank == 1 and (length is not None or layer.output_mode != "int"):
        x = g.expand_dims(x, -1)
    places = _places(g, lookup, x)
    if length is not None and places.shape[1] != length:
        places = g.slice(g.pad(places, [(0, 0), (0, length)]), 1, 0, length)
    return _vectors(g, lookup, places)


@writes(Hashing, HashedCrossing)
def _hash(g: Builder, layer: Any, x: Any) -> Value:
    g.refuse(f"{_NO_HASH}; do so before the model")
