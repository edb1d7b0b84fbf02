"""Run one layer again, on other numbers than those it was seen with."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.inspect.record import Ran, is_mask
from minikeras.layers.call import Call, active_call
from minikeras.tree import flatten, map_structure

__all__ = ["agree", "filled", "is_floating", "numbers_alone", "repeats", "rerun"]


def is_floating(value: Any) -> bool:
    """Whether a value is an array that gradients flow to."""
    dtype = getattr(value, "dtype", None)
    return dtype is not None and dtype.kind == "f"


def filled(ran: Ran, instead: dict[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call, some of the arrays in them replaced.

    Parameters
    ----------
    ran : Ran
    instead : dict
        Place of an input, as ``ran.inputs()`` counts them, -> what to give in its stead.
    """
    places = count()

    def given(leaf: Any) -> Any:
        if not hasattr(leaf, "shape"):
            return leaf
        at = next(places)
        return instead[at] if at in instead else bare(leaf)

    values = [
        map_structure(bare if is_mask(name) else given, value) for name, value in ran.arguments()
    ]
    return tuple(values[: len(ran.args)]), dict(zip(ran.kwargs, values[len(ran.args) :]))


@contextmanager
def numbers_alone(first: Any = None, mask: Any = None) -> Iterator[None]:
    """Let layers run without adding losses or keeping states; ``mask`` is that of ``first``."""
    call = Call(None, False)
    call.keep_mask(first, mask)
    token = active_call.set(call)
    try:
        yield
    finally:
        active_call.reset(token)


def rerun(ran: Ran, instead: dict[int, Any]) -> Any:
    """Call the layer of a step once more; arguments as for ``filled``."""
    args, kwargs = filled(ran, instead)
    with numbers_alone(args[0] if args else None, ran.mask):
        return ran.layer(*args, **kwargs)


def repeats(ran: Ran) -> bool:
    """Whether what is known of a call is all that it depends on.

    A model's own code may look at other things than its arguments.
    """
    try:
        again = flatten(bare(rerun(ran, {})))
    except Exception:  # of whatever kind a layer raises that lacks something
        return False
    return agree(again, flatten(bare(ran.output)))


def agree(found: list[Any], seen: list[Any]) -> bool:
    """Whether arrays are equal but for rounding."""
    return len(found) == len(seen) and all(
        np.shape(a) == np.shape(b)
        and (
            np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True)
            if is_floating(b)
            else np.array_equal(a, b)
        )
        for a, b in zip(found, seen)
    )
