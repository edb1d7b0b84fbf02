"""How a broken contract is told: what was promised, what was expected, what came."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array
from minikeras.autodiff.tensor import bare
from minikeras.layers import Layer
from minikeras.registry import Configurable
from minikeras.tree import map_leaves


@contextmanager
def promise(subject: Any, text: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into an AssertionError that says which contract broke."""
    try:
        yield
    except Exception as error:
        what = str(error)
        if not isinstance(error, AssertionError):
            what = f"it raised {type(error).__name__}: {error}"
        name = subject if isinstance(subject, str) else name_of(subject)
        raise AssertionError(f"{name} breaks the contract {text!r}: {what}") from error


@contextmanager
def float_type(dtype: str) -> Iterator[None]:
    """Make ``dtype`` the default float type for a while."""
    before = config.floatx()
    config.set_floatx(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)


def name_of(subject: Any) -> str:
    """Return how messages call what is checked."""
    if isinstance(subject, Layer):
        return f"{type(subject).__name__} {subject.name!r}"
    if isinstance(subject, Configurable):
        return repr(subject)
    return getattr(subject, "__name__", None) or repr(subject)


def expect(condition: Any, message: str) -> None:
    """Raise AssertionError with ``message`` unless ``condition`` holds."""
    if not condition:
        raise AssertionError(message)


def expect_equal(expected: Any, got: Any, what: str = "value") -> None:
    """Raise AssertionError unless both are equal; arrays bit by bit, their dtypes included."""
    if isinstance(expected, np.ndarray | np.generic):
        got = np.asarray(got)
        expect(
            expected.shape == got.shape,
            f"expected {what} of shape {expected.shape}, got {got.shape}",
        )
        expect(
            expected.dtype == got.dtype,
            f"expected {what} of dtype {expected.dtype}, got {got.dtype}",
        )
        if not np.array_equal(expected, got, equal_nan=expected.dtype.kind == "f"):
            raise AssertionError(worst(expected, got, expected != got, what))
    else:
        expect(expected == got, f"expected {what} {expected!r}, got {got!r}")


def expect_close(
    expected: Any, got: Any, what: str = "value", rtol: float = 1e-5, atol: float = 1e-6
) -> None:
    """Raise AssertionError unless both have one shape and nearly the same numbers."""
    expected, got = np.asarray(expected), np.asarray(got)
    expect(
        expected.shape == got.shape, f"expected {what} of shape {expected.shape}, got {got.shape}"
    )
    wrong = ~np.isclose(got, expected, rtol, atol, equal_nan=True)
    if np.any(wrong):
        raise AssertionError(worst(expected, got, wrong, what))


def worst(expected: Any, got: Any, wrong: Any, what: str) -> str:
    """Say where two arrays differ most."""
    gap = np.where(wrong, np.abs(np.nan_to_num(np.subtract(got, expected, dtype=float))), -1.0)
    place = tuple(map(int, np.unravel_index(np.argmax(gap), gap.shape)))
    return (
        f"expected {what} {expected[place]:.9g} at element {place}, got {got[place]:.9g}; "
        f"{np.sum(wrong)} of {np.size(wrong)} elements differ"
    )


def expect_finite(value: Any, what: str = "value") -> None:
    """Raise AssertionError if a number is NaN or infinite."""
    value = np.asarray(value)
    wrong = ~np.isfinite(value)
    if np.any(wrong):
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise AssertionError(f"expected finite {what}, got {value[place]} at element {place}")


def leaves(tree: Any) -> list[Array]:
    """Return the arrays in nested lists, tuples and dictionaries."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        return [leaf for item in tree for leaf in leaves(item)]
    return [bare(tree)]


def read_only(tree: Any) -> Any:
    """Return copies of arrays that raise when they are written to."""

    def protect(array: Any) -> Any:
        copy = np.array(array)
        copy.setflags(write=False)
        return copy

    return map_leaves(protect, tree)


def instance(thing: Any) -> Any:
    """Return an object: what a class or factory makes, or the object itself."""
    if isinstance(thing, type) or (callable(thing) and not isinstance(thing, Configurable)):
        return thing()
    return thing


def check_config(thing: Any, kind: str) -> None:
    """Check that an object's configuration is plain data and makes an equal object."""
    if not isinstance(thing, Configurable):
        return
    with promise(thing, "its configuration makes an equal object"):
        data = thing.get_config()
        json.dumps(data, default=_function_name)
        again = type(thing).from_config(data)
        expect_equal(repr(thing), repr(again), "repr")
        expect_equal(repr(data), repr(again.get_config()), "configuration")
        if type(thing) in registry.registered(kind).values():
            loaded = registry.deserialize(registry.serialize(thing), kind)
            expect_equal(repr(thing), repr(loaded), "repr after serialize and deserialize")


def _function_name(value: Any) -> str:
    """Let functions pass, which are saved by name; refuse arrays and other objects."""
    if not callable(value) or isinstance(value, Configurable):
        raise TypeError(f"{value!r} in get_config() is not plain data")
    return str(getattr(value, "__name__", value))
