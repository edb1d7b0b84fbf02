"""Run a model and remember what went into each layer and what came out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from minikeras.autodiff import Variable
from minikeras.graph import placeholders, replace
from minikeras.layers import RNN, Operation
from minikeras.layers.call import Call, active_call

__all__ = ["Ran", "Record", "record", "states_of"]


@dataclass(eq=False)
class Ran:
    """One call of a layer."""

    layer: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any
    mask: Any  # of the first argument
    inside: list["Ran"] = field(default_factory=list)  # the calls that it is made of
    path: str = ""

    @property
    def kind(self) -> str:
        """Class of the layer, or name of the NumPy function."""
        if isinstance(self.layer, Operation):
            name: str = self.layer.function.__name__
            return f"np.{name}" if name != "getitem" else "indexing"
        return type(self.layer).__name__

    @property
    def weights(self) -> list[Variable]:
        """Those that belong to this step, not to one before it."""
        found: list[Variable] = self.layer._own_variables() if self.inside else self.layer.weights
        return found


@dataclass
class Record:
    """What one forward pass was."""

    output: Any
    ran: list[Ran]  # in the order in which they ran
    states: dict[int, Any]  # what stateful layers started with, by id


def record(model: Any, x: Any) -> Record:
    """Run a built model as ``predict`` does; nothing about it changes.

    Parameters
    ----------
    model : Model
    x : arrays as the model takes them, or Tensors
    """
    done: list[Ran] = []

    def observe(layer: Any, given: Any, output: Any) -> None:
        call = active_call.get()
        mask = None if call is None else call.mask_of(given)
        done.append(Ran(layer, (given,), {}, output, mask, _taken(layer, given, done)))

    for layer in model._loss_layers:
        layer._losses.clear()
    model._loss_layers.clear()
    states = states_of(model)
    call = Call(model, False, observe)
    token = active_call.set(call)
    try:
        output = model(x)
    finally:
        active_call.reset(token)
        for layer, state in states:
            layer.states = state
    model._output_mask = call.mask_of(output)
    ran = list(_in_order(done, ""))
    return Record(output, ran, {id(layer): state for layer, state in states})


def states_of(model: Any) -> list[tuple[Any, Any]]:
    """Return the layers that go on where the last batch ended, and their states."""
    layers = model._flatten_layers()
    return [(one, one.states) for one in layers if isinstance(one, RNN) and one.stateful]


def _runs_graph(layer: Any) -> bool:
    """Whether all that a layer does is to run its chain or graph."""
    ours = type(layer).forward.__module__.startswith("minikeras.models.")
    return ours and layer._graph is not None


def _taken(layer: Any, x: Any, done: list[Ran]) -> list[Ran]:
    """Take the calls off the end of ``done`` that happened inside this one of ``layer``."""
    if not _runs_graph(layer):
        members = {id(one) for one in layer._flatten_layers()[1:]}
        count = 0
        while count < len(done) and id(done[-1 - count].layer) in members:
            count += 1
    elif hasattr(layer, "_chain"):
        count = len(layer._chain)
    else:
        nodes = [node for node in layer._graph.nodes if node.inputs]
        count = len(nodes)
        if count:
            _complete(layer, x, nodes, done[-count:])
    inside = done[len(done) - count :]
    del done[len(done) - count :]
    return inside


def _complete(model: Any, x: Any, nodes: list[Any], calls: list[Ran]) -> None:
    """Give calls of a graph all their arguments; observers are told only the first."""
    inputs = model._graph.arrange(model.name, x)
    values = {id(one): given for one, given in zip(model._graph.flat_inputs, inputs, strict=True)}
    for node, ran in zip(nodes, calls, strict=True):
        args, ran.kwargs = replace((node.args, node.kwargs), lambda tensor: values[id(tensor)])
        ran.args = (*ran.args, *args[1:])
        values.update(zip(map(id, placeholders(node.outputs)), _leaves(ran.output)))


def _leaves(structure: Any) -> list[Any]:
    """Return what ``placeholders`` would, of arrays: dicts in their own order."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in _leaves(item)]
    return [structure]


def _in_order(calls: list[Ran], around: str) -> Iterator[Ran]:
    """Yield the calls that compute something themselves, inner ones first."""
    for ran in calls:
        outermost = not around and len(calls) == 1 and ran.inside and _is_model(ran.layer)
        ran.path = f"{around}{ran.layer.name}"
        if isinstance(ran.layer, RNN):
            ran.inside = []  # one call of the cell for each step, shown as a table
        yield from _in_order(ran.inside, "" if outermost else f"{ran.path}/")
        passes_on = ran.inside and ran.inside[-1].output is ran.output
        if not (ran.inside and (_runs_graph(ran.layer) or passes_on)):
            yield ran


def _is_model(layer: Any) -> bool:
    return hasattr(layer, "layer_shapes")
