"""The contract of a layer."""

import inspect
import io
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from minikeras._typing import Shape
from minikeras.autodiff import GradientTape, Variable, check_gradients
from minikeras.layers.base import Layer
from minikeras.random import SeedGenerator
from minikeras.testing._promise import (
    check_config,
    expect,
    expect_close,
    expect_equal,
    expect_finite,
    float_type,
    leaves,
    promise,
    read_only,
)
from minikeras.tree import map_leaves

__all__ = ["check_layer"]


def check_layer(
    layer: Layer | Callable[[], Layer],
    input_shape: Any = (4,),
    *,
    inputs: Any = None,
    batch: int = 3,
    rows_independent: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    """Check that a layer keeps what every layer of minikeras promises.

    - It keeps the float dtype, in float32 and float64.
    - ``compute_output_shape`` says the shape that comes out, and an empty batch passes.
    - It gives the same result twice at inference, does not write into its input, and row ``i`` of
      the output depends only on row ``i`` of the input.
    - Its configuration makes an equal layer; weights that are saved and loaded give equal bits.
    - Gradients by inputs and weights agree with central differences in float64, also with
      ``training=True`` where ``forward`` takes it; called twice in one graph, they add; the
      incoming gradient is left as it is.

    Parameters
    ----------
    layer : Layer, class or callable without arguments
        The layer, or what makes one. It is not changed: copies are made from its configuration.
    input_shape : tuple of int, or a list or dict of them, default (4,)
        Shape of one sample, without the batch axis; normal random numbers are fed in.
    inputs : array, or a list or dict of arrays, optional
        What to feed in instead, batch axis first; integers are not differentiated by.
    batch : int, default 3
        Number of samples.
    rows_independent : bool, default True
        False for a layer that mixes samples on purpose.
    rtol, atol : float, default 1e-5 and 1e-7
        Allowed error of gradients, ``atol + rtol * abs(expected)``.
    seed : int, default 0
        Of the inputs.

    Raises
    ------
    AssertionError
        Naming the layer, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> from minikeras.layers import Dense, Layer
    >>> from minikeras.testing import check_layer
    >>> check_layer(Dense(3, activation="tanh"), input_shape=(5,))
    >>> class Mixing(Layer):
    ...     def forward(self, x):
    ...         return x - x.sum(axis=0)
    >>> check_layer(Mixing)
    Traceback (most recent call last):
    AssertionError: Mixing 'mixing' breaks the contract 'row i depends on row i alone': ...
    """
    if inputs is None:
        rng = np.random.default_rng(seed)
        inputs = _map_shapes(lambda shape: rng.standard_normal((batch, *shape)), input_shape)
    inputs = read_only(inputs)
    subject, make = _maker(layer)
    for dtype in ("float32", "float64"):
        _check_values(subject, make, _cast(inputs, dtype), dtype, rows_independent)
    check_config(subject, "layer")
    _check_weights(subject, make, _cast(inputs, "float32"))
    _check_gradients(subject, make, _cast(inputs, "float64"), rtol, atol)


def _maker(layer: Any) -> tuple[Layer, Callable[[str], Layer]]:
    """Return a layer to talk about, and a function that makes fresh ones of a dtype."""
    subject = layer if isinstance(layer, Layer) else layer()
    if not isinstance(subject, Layer):
        raise TypeError(f"check_layer expected a Layer, or what makes one, got {subject!r}")

    def make(dtype: str) -> Layer:
        with float_type(dtype):
            if not isinstance(layer, Layer):
                made: Layer = layer()
                if made.dtype == dtype:
                    return made
            config = subject.get_config()
            return type(subject).from_config(_with_dtype(config, dtype))

    return subject, make


def _with_dtype(config: Any, dtype: str) -> Any:
    """Return a configuration with the float type of this layer, and of those inside, replaced."""
    if isinstance(config, list | tuple):
        return type(config)(_with_dtype(item, dtype) for item in config)
    if not isinstance(config, dict):
        return config
    return {
        key: dtype if key == "dtype" and str(item).startswith("float") else _with_dtype(item, dtype)
        for key, item in config.items()
    }


def _check_values(
    subject: Layer, make: Callable[[str], Layer], x: Any, dtype: str, rows_independent: bool
) -> None:
    layer = make(dtype)
    with promise(subject, "the predicted shape is the real one"):
        predicted = layer.compute_output_shape(_map_shapes_of(x))
    with promise(subject, "it does not write into its input"):
        for training in _modes(layer):
            layer(x, training=training)
        y = layer(x, training=False)  # training may move averages that inference uses
    for leaf in leaves(y):
        with promise(subject, "its output is finite"):
            expect_finite(leaf, "output")
        if leaf.dtype.kind == "f":
            with promise(subject, "dtype in is dtype out"):
                expect_equal(np.dtype(dtype), leaf.dtype, "dtype")
    with promise(subject, "the predicted shape is the real one"):
        count = len(leaves(x)[0])
        _expect_shapes(predicted, y, count)
    with promise(subject, "an empty batch passes"):
        _expect_shapes(predicted, layer(map_leaves(lambda array: array[:0], x), training=False), 0)
    with promise(subject, "the same input gives the same result at inference"):
        for before, after in zip(leaves(y), leaves(layer(x, training=False))):
            expect_equal(before, after, "output")
    if rows_independent:
        with promise(subject, "row i depends on row i alone"):
            for i in range(count):
                row = slice(i, i + 1)
                alone = layer(map_leaves(itemgetter(row), x), training=False)
                for whole, part in zip(leaves(y), leaves(alone)):
                    expect_close(whole[row], part, f"row {i}", 1e-4, 1e-5)


def _check_weights(subject: Layer, make: Callable[[str], Layer], x: Any) -> None:
    layer, other = make("float32"), make("float32")
    y = layer(x, training=False)
    other(x, training=False)
    with promise(subject, "weights that are saved and loaded give equal bits"):
        file = io.BytesIO()
        np.savez(file, *layer.get_weights())
        file.seek(0)
        with np.load(file) as stored:
            other.set_weights([stored[name] for name in stored.files])
        for before, after in zip(layer.get_weights(), other.get_weights()):
            expect_equal(before, after, "weight")
        for before, after in zip(leaves(y), leaves(other(x, training=False))):
            expect_equal(before, after, "output")
    with promise(subject, "get_weights gives copies"):
        for weights in layer.get_weights():
            weights += 1
        for before, after in zip(other.get_weights(), layer.get_weights()):
            expect_equal(before, after, "weight")


def _check_gradients(
    subject: Layer, make: Callable[[str], Layer], x: Any, rtol: float, atol: float
) -> None:
    layer = make("float64")
    layer(x)
    weights = layer.trainable_variables
    if not weights and all(leaf.dtype.kind != "f" for leaf in leaves(x)):
        return
    draw = _frozen_randomness(layer)
    start = layer.get_weights()

    for training in _modes(layer):

        def run(x: Any, *weights: Any, training: bool = training) -> Any:
            draw()  # the same random numbers each time
            return layer(x, training=training)

        mode = ", while training" if training else ""
        with promise(subject, f"its gradients are those of central differences{mode}"):
            check_gradients(run, x, *weights, rtol=rtol, atol=atol)
        layer.set_weights(start)  # moving averages have moved

    with promise(subject, "called twice in one graph, the gradients add"):
        parts = [_gradients(run, x, weights, scales) for scales in ((1.0,), (0.5,), (1.0, 0.5))]
        for one, other, whole in zip(*parts):
            expect_close(one + other, whole, "gradient", 1e-9, 1e-12)

    with promise(subject, "the gradient that comes in is not written into"):
        with GradientTape() as tape:
            traced = map_leaves(lambda array: tape.watch(array) if _floats(array) else array, x)
            outputs = [y for y in _nodes(run(traced, training=False)) if _floats(y)]
        seeds = [np.linspace(1.0, 2.0, y.size).reshape(y.shape) for y in outputs]
        kept = [seed.copy() for seed in seeds]
        tape.gradient(outputs, [*(t for t in _nodes(traced) if _floats(t)), *weights], seeds)
        for before, after in zip(kept, seeds):
            expect_equal(before, after, "incoming gradient")


def _gradients(
    run: Callable[..., Any], x: Any, weights: list[Variable], scales: tuple[float, ...]
) -> Any:
    """Return the gradients of the sum of what ``run`` gives for ``x`` times each of ``scales``."""
    total: Any = 0.0
    with GradientTape() as tape:
        traced = map_leaves(lambda array: tape.watch(array) if _floats(array) else array, x)
        for scale in scales:
            scaled = map_leaves(partial(_times, scale), traced)
            total = total + _total(run(scaled, training=False))
    sources = [leaf for leaf in _nodes(traced) if _floats(leaf)] + weights
    return tape.gradient(total, sources, None, "zero")


def _times(scale: float, x: Any) -> Any:
    return x * scale if _floats(x) else x


def _modes(layer: Layer) -> list[bool]:
    """Return the values of ``training`` that make a difference to this layer or one inside it."""
    takers = [type(one) for one in layer._flatten_layers()]
    takes = any("training" in inspect.signature(one.forward).parameters for one in takers)
    return [True, False] if takes else [False]


def _frozen_randomness(layer: Layer) -> Callable[[], None]:
    """Return a function that sets all streams of random numbers in ``layer`` to where they are."""
    streams = [
        value.numpy.bit_generator
        for one in layer._flatten_layers()
        for value in vars(one).values()
        if isinstance(value, SeedGenerator)
    ]
    states = [stream.state for stream in streams]

    def rewind() -> None:
        for stream, state in zip(streams, states):
            stream.state = state

    return rewind


def _expect_shapes(predicted: Any, y: Any, count: int) -> None:
    """Compare predicted shapes, with None for unknown lengths, with those of arrays."""
    if isinstance(y, dict):
        expect_equal(sorted(y), sorted(predicted), "outputs")
        predicted, y = [predicted[key] for key in y], list(y.values())
    if isinstance(y, list | tuple):
        expect_equal(len(y), len(predicted), "number of outputs")
        for shape, part in zip(predicted, y):
            _expect_shapes(shape, part, count)
        return
    got = y.shape
    fits = len(got) == len(predicted) and all(
        n is None or n == m for n, m in zip(predicted[1:], got[1:])
    )
    expect(
        fits and got[:1] == (count,),
        f"expected shape {(count, *predicted[1:])} as compute_output_shape says, got {got}",
    )


def _map_shapes(function: Callable[[Shape], Any], tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _map_shapes(function, item) for key, item in tree.items()}
    if tree and isinstance(tree[0], list | tuple):
        return [_map_shapes(function, item) for item in tree]
    return function(tuple(tree))


def _map_shapes_of(x: Any) -> Any:
    return map_leaves(lambda array: (None, *array.shape[1:]), x)


def _cast(tree: Any, dtype: str) -> Any:
    return read_only(map_leaves(lambda a: a.astype(dtype) if _floats(a) else a, tree))


def _floats(array: Any) -> bool:
    return array.dtype.kind == "f"  # type: ignore[no-any-return]


def _nodes(tree: Any) -> list[Any]:
    """Return what is in nested lists, tuples and dictionaries, Tensors as they are."""
    found: list[Any] = []
    map_leaves(found.append, tree)
    return found


def _total(tree: Any) -> Any:
    """Return one number in which every element of the outputs has a weight of its own."""
    return sum(
        np.sum(y * np.linspace(1.0, 2.0, y.size).reshape(y.shape))
        for y in _nodes(tree)
        if _floats(y)
    )
