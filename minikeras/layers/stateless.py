"""A layer without what it keeps: as a function of its weights, and its states put aside."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.autodiff import Tensor, bare

__all__ = ["stateless_call", "states_of"]


def stateless_call(
    layer: Any,
    trainable_variables: Sequence[Any],
    non_trainable_variables: Sequence[Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    return_losses: bool,
) -> tuple[Any, ...]:
    """Call ``layer`` with other numbers in its weights; see ``Layer.stateless_call``."""
    kinds = (
        ("trainable", layer.trainable_variables, trainable_variables),
        ("non_trainable", layer.non_trainable_variables, non_trainable_variables),
    )
    swapped = []
    for kind, variables, values in kinds:
        if len(variables) != len(values):
            raise ValueError(
                f"{type(layer).__name__} {layer.name!r} has {len(variables)} {kind}_variables, got "
                f"{len(values)} arrays; build it first, and give one array for each"
            )
        for variable, value in zip(variables, values, strict=True):
            if not isinstance(value, Tensor):
                value = np.array(bare(value), variable.dtype)  # forward may write into it
            if value.shape != variable.shape:
                raise ValueError(
                    f"weight {variable.path!r} expected shape {variable.shape}, got {value.shape}"
                )
            swapped.append((variable, value, variable.value, variable.frozen))
    try:
        for variable, value, _, _ in swapped:
            variable.value, variable.frozen = value, True
        outputs = layer(*args, **kwargs)
        state = [variable.value for variable in layer.non_trainable_variables]
        losses = layer.losses if return_losses else None
    finally:
        for variable, _, value, frozen in swapped:
            variable.value, variable.frozen = value, frozen
    return (outputs, state, losses) if return_losses else (outputs, state)


def states_of(layers: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return those layers that go on where the last batch ended, and their states."""
    going_on = [one for one in layers if getattr(one, "stateful", False)]
    return [(one, one.states) for one in going_on if hasattr(one, "states")]
