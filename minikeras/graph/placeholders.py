"""``KerasTensor``, an array that is not there yet, and ``Node``, a call on some of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import config, tree
from minikeras._typing import PartialShape
from minikeras.autodiff.symbolic import Symbolic


class KerasTensor(Symbolic):
    """The shape and dtype of an array that is not there yet.

    Parameters
    ----------
    shape : tuple of int or None
        With the batch axis; None for a length that is not known.
    dtype : str, optional
        Default ``config.floatx()``.
    name : str, optional

    Attributes
    ----------
    node : Node or None
        The call that it comes from.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, KerasTensor
    >>> KerasTensor((None, 4))
    KerasTensor(shape=(None, 4), dtype=float32)
    >>> np.mean(Input((4,)) + 1.0, axis=1)
    KerasTensor(shape=(None,), dtype=float32, name='mean')
    """

    _mask: "KerasTensor | None" = None  # of an array whose layer made a mask or passed one on

    def __init__(self, shape: PartialShape, dtype: Any = None, name: str | None = None):
        self._shape = tuple(shape)
        chosen = config.floatx() if dtype is None else dtype
        self._dtype = chosen if chosen == "string" else np.dtype(chosen).name
        self.name = name
        self.node: Node | None = None

    @property
    def shape(self) -> Any:
        """With the batch axis; None for a length that is not known."""
        return self._shape

    @property
    def dtype(self) -> Any:
        """Name of the dtype."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """Number of axes, the batch axis included."""
        return len(self._shape)

    def __len__(self) -> int:
        raise TypeError(f"{self!r} has no length yet")

    def __getstate__(self) -> dict[str, Any]:
        # A copy does not drag along what it comes from; its node finds it again, see Node.
        return {**vars(self), "node": None}

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"KerasTensor(shape={self.shape}, dtype={self.dtype}{name})"


class Node:
    """One call of a layer on placeholders.

    Parameters
    ----------
    layer : Layer
    args : tuple
    kwargs : dict
        The arguments of the call; some are placeholders or hold some.
    outputs : KerasTensor, or a structure of them
        What the call gave; they are marked as coming from here.

    Examples
    --------
    >>> from minikeras import Input
    >>> from minikeras.layers import Dense
    >>> node = Dense(2, name="scores")(Input((4,))).node
    >>> node.layer.name, [x.shape for x in node.inputs]
    ('scores', [(None, 4)])
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any):
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.inputs = by_key((args, kwargs))
        for tensor in placeholders(outputs):
            tensor.node = self
            tensor.name = tensor.name or layer.name

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.layer._nodes = (*(node for node in self.layer._nodes if node is not self), self)
        for tensor in placeholders(self.outputs):
            tensor.node = self

    @property
    def sources(self) -> "list[Node]":
        """The calls that the inputs come from."""
        return [tensor.node for tensor in self.inputs if tensor.node is not None]


def placeholders(structure: Any) -> list[KerasTensor]:
    """Return all KerasTensors inside lists, tuples and dicts, in order."""
    if isinstance(structure, dict):
        return [leaf for item in structure.values() for leaf in placeholders(item)]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in placeholders(item)]
    return [structure] if isinstance(structure, KerasTensor) else []


def by_key(structure: Any) -> list[KerasTensor]:
    """Return what ``placeholders`` does, dicts in the order of their keys.

    Keras goes through a graph in this order, on which the order of layers, and with it the names in
    files, depends.
    """
    return [leaf for leaf in tree.flatten(structure) if isinstance(leaf, KerasTensor)]


def replace(structure: Any, function: Callable[[KerasTensor], Any]) -> Any:
    """Return ``structure`` with each KerasTensor inside replaced."""
    return tree.map_leaves(
        lambda leaf: function(leaf) if isinstance(leaf, KerasTensor) else leaf, structure
    )
