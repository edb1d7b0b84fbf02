"""Run one layer again, on other numbers than those it was seen with."""

from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.inspect.record import Ran
from minikeras.layers.call import Call, active_call
from minikeras.tree import flatten, map_structure

__all__ = ["is_floating", "repeats", "rerun"]


def is_floating(value: Any) -> bool:
    """Whether a value is an array that gradients flow to."""
    dtype = getattr(value, "dtype", None)
    return dtype is not None and dtype.kind == "f"


def rerun(ran: Ran, instead: dict[int, Any]) -> Any:
    """Call the layer of a step once more, with the masks that it had.

    Parameters
    ----------
    ran : Ran
    instead : dict
        Place of an input, as ``inputs_of`` counts them, -> what to give in its stead.
    """
    places = iter(range(1_000_000_000))

    def given(leaf: Any) -> Any:
        if not hasattr(leaf, "shape"):
            return leaf
        at = next(places)
        return instead[at] if at in instead else bare(leaf)

    args, kwargs = map_structure(given, (ran.args, ran.kwargs))
    call = Call(None, False)  # for the numbers alone: no losses are added, no states kept
    call.keep_mask(args[0] if args else None, ran.mask)
    token = active_call.set(call)
    try:
        return ran.layer(*args, **kwargs)
    finally:
        active_call.reset(token)


def repeats(ran: Ran) -> bool:
    """Whether what is known of a call is all that it depends on.

    A model's own code may call layers with more arguments than observers are told.
    """
    try:
        again = flatten(bare(rerun(ran, {})))
    except Exception:  # of whatever kind a layer raises that lacks an argument
        return False
    seen = flatten(bare(ran.output))
    return len(again) == len(seen) and all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True)
        for a, b in zip(again, seen)
    )
