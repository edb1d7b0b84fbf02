"""From a model to a file of another kind: its calls one after the other, each written by a table.

A ``Target`` is such a file in the making. Its table says for each class of layer what is written
for a call; layers that are models themselves are walked through, and a layer of the user's own is
taken apart into the functions that its ``forward`` calls.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np

from minikeras.autodiff import Variable
from minikeras.export.composed import COMPOSED
from minikeras.export.masks import mask_after
from minikeras.export.value import Mask, Value, mask_of, values_in
from minikeras.graph import Graph, KerasTensor, placeholders, replace
from minikeras.layers import Embedding, Layer, Operation
from minikeras.layers.preprocessing import CategoryEncoding, IntegerLookup
from minikeras.layers.structures import map_shapes
from minikeras.models import Model, Sequential
from minikeras.registry import is_ours
from minikeras.tree import map_leaves

__all__ = ["Target", "Write", "graph_of", "input_dtype", "walk", "writing"]

F = TypeVar("F", bound=Callable[..., Any])
Write = Callable[..., Any]
"""``(target, layer, first argument of the call, **the others by name)`` -> Values."""

_HARMLESS = {"__init__", "get_config", "from_config", "compute_output_shape", "build"}
_KEEPS_NUMBERS = (Embedding, CategoryEncoding, IntegerLookup)


def writing(table: dict[type, Write]) -> Callable[..., Callable[[F], F]]:
    """Return ``writes(*classes)``, which decorates what writes calls of these classes of layers.

    Parameters
    ----------
    table : dict
        Class -> function; what is decorated joins it.
    """

    def writes(*classes: type) -> Callable[[F], F]:
        def decorate(write: F) -> F:
            table.update(dict.fromkeys(classes, write))
            return write

        return decorate

    return writes


class Target:
    """A file that a model is written into.

    Parameters
    ----------
    name : str
        That of the model.
    """

    what: ClassVar[str]
    """How errors call the kind of file."""
    table: ClassVar[dict[type, Write]]

    def __init__(self, name: str):
        self.name = name
        self.path: list[Any] = []  # the layers that are being written, the outermost first
        self.named: dict[int, Variable] = {}  # id of an array -> the weight that it is
        self.base: str | None = None  # what results are called, where it is not like their layer

    # To be defined by a kind of file.

    @contextmanager
    def block(self, layer: Any, inputs: Any, outputs: Any) -> Iterator[None]:
        """Surround what is written for one call of a layer."""
        self.path.append(layer)
        try:
            yield
        finally:
            self.path.pop()

    @contextmanager
    def naming(self, base: str) -> Iterator[None]:
        """Give what is written inside another name than that of the layer."""
        before, self.base = self.base, base
        try:
            yield
        finally:
            self.base = before

    def function(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a call of a NumPy function or an op; return what stands for its result."""
        raise NotImplementedError

    def cast(self, x: Value, dtype: str) -> Value:
        """Write a change of dtype."""
        raise NotImplementedError

    def settle(self, value: Value, tensor: KerasTensor) -> None:
        """Note the lengths that the model knows of what a call gave."""
        if value.rank == len(tensor.shape):
            pairs = zip(value.shape, tensor.shape)
            value.shape = tuple(known if n is None else n for n, known in pairs)

    # Errors.

    def refuse(self, reason: str, layer: Any = None) -> NoReturn:
        """Raise an error that names the layer which cannot be written."""
        layer = layer or (self.path[-1] if self.path else None)
        title = f"model {self.name!r}"
        if layer is not None:
            title = f"{type(layer).__name__} {layer.name!r}"
        raise ValueError(f"{self.what} cannot hold {title}: {reason}; nothing was written")

    # Calls.

    def call(self, layer: Any, x: Any, **kwargs: Any) -> Any:
        """Write a call of a layer that is inside another one; the shapes follow from ``x``."""
        shapes = map_leaves(lambda value: value.shape, x)
        outputs = map_shapes(
            layer.compute_output_shape(shapes), lambda shape: KerasTensor(shape, layer.dtype)
        )
        return self.layer(layer, (x,), kwargs, outputs)

    def floats(self, x: Value, layer: Any) -> Value:
        """Return ``x`` as numbers of the layer's dtype."""
        return x if x.dtype == layer.dtype else self.cast(x, layer.dtype)

    def layer(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> Any:
        """Write one call of a layer.

        Parameters
        ----------
        layer : Layer
        args, kwargs
            As in the call, with Values for arrays.
        outputs : KerasTensor, or a structure of them
            What the call gives.

        Returns
        -------
        Value, or a structure of them
        """
        given = {name: item for name, item in kwargs.items() if item is not None}
        if given.pop("training", False):
            reason = "it is called with training=True; a file holds what is done to predict"
            self.refuse(reason, layer)
        if isinstance(layer, Operation):
            with self.block(layer, args, outputs):
                return self._operation(layer, args, outputs)
        if is_graph(layer):
            return self._model(layer, args[0])
        names = layer._arguments
        more = {k: v for k, v in zip(names[1:], args[1:]) if v is not None} | given
        more.pop("training", None)
        first = self._converted(layer, args[0])
        self._add_masks(layer, first, more)
        with self.block(layer, first, outputs):
            write = find(self.table, layer)
            if write is None:
                result = self._taken_apart(layer, first, more)
            else:
                known = inspect.signature(write).parameters
                for name in more:
                    if name not in known:
                        self.refuse(_unknown(name))
                result = write(self, layer, first, **more)
            tensors, values = placeholders(outputs), values_in(result)
            if len(tensors) == len(values):
                for tensor, value in zip(tensors, values):
                    self.settle(value, tensor)
            mask = mask_after(self, layer, first, mask_of(first), more)
        return _with_mask(result, mask)

    def _converted(self, layer: Any, x: Any) -> Any:
        """Give floats the layer's dtype, as a call does."""

        def convert(value: Any) -> Any:
            if isinstance(value, Value) and value.dtype.startswith("float"):
                return self.floats(value, layer)
            return value

        return map_leaves(convert, x)

    def _add_masks(self, layer: Any, first: Any, more: dict[str, Any]) -> None:
        for name, owner in layer._mask_arguments:
            if name not in more:
                mask = mask_of(first if owner == layer._arguments[0] else more.get(owner))
                if mask is not None:
                    more[name] = mask

    def _operation(self, layer: Any, args: tuple[Any, ...], outputs: Any) -> Any:
        left = iter(args)
        inside, settings = replace((layer.args, layer.kwargs), lambda _: next(left))
        result = self.function(layer.function, *inside, **settings)
        kept = {}
        for tensor, value in zip(placeholders(outputs), values_in(result)):
            kept[id(value)] = self.cast(value, tensor.dtype)
            self.settle(kept[id(value)], tensor)
        return _with_mask(map_leaves(lambda leaf: kept.get(id(leaf), leaf), result), None)

    def _model(self, model: Any, given: Any) -> Any:
        graph = model._graph
        values = _in_order(self, model, graph, given)
        for tensor, value in zip(graph.flat_inputs, values, strict=True):
            if value.rank != len(tensor.shape):
                self.refuse(
                    f"it is given {value.rank} axes for its input of shape {tensor.shape}", model
                )
        return walk(self, graph, values)

    # Layers of the user's own.

    def _taken_apart(self, layer: Any, first: Any, more: dict[str, Any]) -> Any:
        """Write a layer as the functions that its ``forward`` calls."""
        if is_ours(type(layer)) and type(layer).__name__ != "Lambda":
            self.refuse("it has no counterpart there")
        given = _open_masks((first, more))
        values = values_in(given)
        tensors = {id(value): KerasTensor(value.shape, value.dtype) for value in values}
        args = map_leaves(lambda leaf: tensors.get(id(leaf), leaf), list(given))
        takes = {"training": False} if "training" in layer._takes else {}
        try:
            outputs = self._trace(layer, lambda: layer.forward(args[0], **args[1], **takes))
            graph = Graph([tensors[id(value)] for value in values], outputs)
        except Exception as error:
            self.refuse(
                "its forward cannot be taken apart into functions "
                f"({str(error) or type(error).__name__}); write it in NumPy functions of its input",
                layer,
            )
        return walk(self, graph, values)

    def _trace(self, layer: Any, run: Callable[[], Any]) -> Any:
        """Return what ``run`` makes of placeholders; its calls leave no trace in the layers."""
        inside = layer._flatten_layers()
        before = [(one, one._nodes) for one in inside]
        attributes = dict(vars(layer))

        def bare(leaf: Any) -> Any:  # an array leaves a product to the placeholder beside it
            if not isinstance(leaf, Variable):
                return leaf
            self.named[id(leaf.value)] = leaf
            return leaf.value

        try:
            for name, value in attributes.items():
                if not name.startswith("_"):
                    vars(layer)[name] = map_leaves(bare, value)
            return run()
        finally:
            vars(layer).clear()
            vars(layer).update(attributes)
            for one, nodes in before:
                one._nodes = nodes

    def function_apart(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Write a function of ``minikeras.ops``, or of the user's own, as those of NumPy.

        None for others.
        """
        write = COMPOSED.get(function)
        if write is not None:
            return write(self, *args, **kwargs)
        numpy, names, places = getattr(function, "numpy", (None, (), 0))
        if numpy is None:
            module = getattr(function, "__module__", None) or "numpy"
            if module.split(".")[0] in ("numpy", "minikeras", "builtins", "_operator"):
                return None
            return self._function_of_user(function, args, kwargs)
        given = {**dict(zip(names, args)), **kwargs}
        ordered = [given.pop(name) for name in names[:places] if name in given]
        return self.function(numpy, *ordered, **given)

    def _function_of_user(self, function: Any, args: Any, kwargs: Any) -> Any:
        values = values_in((args, kwargs))
        tensors = {id(value): KerasTensor(value.shape, value.dtype) for value in values}
        given, settings = map_leaves(lambda leaf: tensors.get(id(leaf), leaf), [args, kwargs])
        try:
            graph = Graph([tensors[id(value)] for value in values], function(*given, **settings))
        except Exception as error:
            name = getattr(function, "__name__", repr(function))
            reason = str(error) or type(error).__name__
            self.refuse(f"{name} cannot be taken apart into functions ({reason})")
        return walk(self, graph, values)


def walk(target: Target, graph: Graph, given: list[Value]) -> Any:
    """Write all calls of a graph.

    Parameters
    ----------
    target : Target
    graph : Graph
    given : list of Value
        One for each of ``graph.flat_inputs``.

    Returns
    -------
    Value, or the structure of the graph's outputs
    """
    values = {id(tensor): value for tensor, value in zip(graph.flat_inputs, given, strict=True)}

    def of(tensor: KerasTensor) -> Value:
        return values[id(tensor)]

    for node in graph.nodes:
        if node.inputs:
            args, kwargs = replace((node.args, node.kwargs), of)
            result = target.layer(node.layer, args, kwargs, node.outputs)
            outputs, made = placeholders(node.outputs), values_in(result)
            if len(outputs) != len(made):
                target.refuse("it gives a number of outputs that is not known", node.layer)
            values.update({id(tensor): value for tensor, value in zip(outputs, made)})
    return replace(graph.outputs, of)


def graph_of(what: str, model: Any) -> Graph:
    """Return the graph of a model that is to be written.

    Raises
    ------
    TypeError
        If it is not a model.
    ValueError
        If it is not built, or a subclass whose calls are not known.
    """
    if not isinstance(model, Model):
        raise TypeError(f"{what} expected a model, got {model!r} ({type(model).__name__})")
    model._check_built("export")
    if not is_graph(model):
        raise ValueError(
            f"{what} cannot hold {type(model).__name__} {model.name!r}: what its forward does is "
            "known to Python alone; connect its layers with Input(...) and Model(inputs, outputs)"
        )
    found: Any = model._graph
    return found  # type: ignore[no-any-return]


def input_dtype(model: Any, tensor: KerasTensor) -> str:
    """Return the dtype of one of a model's inputs: indices are integers though nobody said so."""
    dtype: str = tensor.dtype
    if isinstance(model, Sequential) and model._first is None and model.layers:
        first = model.layers[0]
        if isinstance(first, Model):
            return input_dtype(first, tensor)
        if isinstance(first, _KEEPS_NUMBERS):
            return "int32"
    return dtype


def is_graph(layer: Any) -> bool:
    """Whether running its graph is all that a model's ``forward`` does."""
    plain = (Model.forward, Sequential.forward)
    return isinstance(layer, Model) and layer._graph is not None and type(layer).forward in plain


def find(table: dict[type, Write], layer: Any) -> Write | None:
    """Return what writes a layer: also one of a subclass, as long as it computes the same."""
    changed: set[str] = set()
    for cls in type(layer).__mro__:
        if cls in table:
            return None if changed - _HARMLESS else table[cls]
        changed |= {
            name
            for name, item in vars(cls).items()
            if inspect.isfunction(item) or isinstance(item, property | classmethod | staticmethod)
        }
        if cls is Layer:
            return None
    return None


def constant_of(value: Any) -> Any:
    """Return the array behind a weight, a number or an array; None for what is none."""
    if isinstance(value, Variable):
        return value.value
    return value if isinstance(value, np.ndarray | np.generic) else None


def _unknown(argument: str) -> str:
    if argument.endswith("mask"):
        return "it is given a mask of its steps; leave out mask_zero and Masking before it"
    return f"it is called with {argument}, which has no counterpart there"


def _in_order(target: Target, model: Any, graph: Graph, given: Any) -> list[Value]:
    """Return the values for the inputs of a model inside."""
    wanted = graph.inputs
    if isinstance(given, dict):
        if not isinstance(wanted, dict):
            wanted = {tensor.name: tensor for tensor in graph.flat_inputs}
        given = [given[key] for key in wanted]
    values = values_in(given)
    if len(values) != len(graph.flat_inputs):
        target.refuse(f"it has {len(graph.flat_inputs)} inputs and is given {len(values)}", model)
    return values


def _open_masks(structure: Any) -> Any:
    return map_leaves(lambda leaf: leaf.value() if isinstance(leaf, Mask) else leaf, structure)


def _with_mask(result: Any, mask: Any) -> Any:
    """Return the outputs of a call with their masks; those given through are not changed."""
    values = values_in(result)
    masks = mask if isinstance(mask, list | tuple) else [mask] * len(values)
    copies = {
        id(value): Value(value.name, value.shape, value.dtype, one)
        for value, one in zip(values, [*masks, *[None] * len(values)])
    }
    return map_leaves(lambda leaf: copies.get(id(leaf), leaf), result)
