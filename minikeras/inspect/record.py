"""Run a model and remember what went into each layer and what came out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from minikeras.autodiff import Variable
from minikeras.layers import RNN, Operation
from minikeras.layers.call import Call, active_call
from minikeras.layers.stateless import states_of
from minikeras.tree import flatten

__all__ = ["Ran", "Record", "is_mask", "record"]


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
        if not self.inside:
            found: list[Variable] = self.layer.weights
            return found
        shown = {id(weight) for ran in self.inside for weight in ran.layer.weights}
        return [weight for weight in self.layer._own_variables() if id(weight) not in shown]

    def arguments(self) -> list[tuple[str, Any]]:
        """Return each argument with its name in ``forward``; further ones of ``*args`` have ""."""
        names = [*self.layer._arguments, *[""] * len(self.args)]
        return [*zip(names, self.args, strict=False), *self.kwargs.items()]

    def inputs(self) -> list[tuple[str, Any]]:
        """Return the arrays that went in, those inside lists and dicts too; masks are none."""
        return [
            (name, leaf)
            for name, value in self.arguments()
            if not is_mask(name)
            for leaf in flatten(value)
            if hasattr(leaf, "shape")
        ]


def is_mask(name: str) -> bool:
    """Whether an argument says what counts, and is not computed with."""
    return name == "mask" or name.endswith("_mask")


@dataclass
class Record:
    """What one forward pass was."""

    output: Any
    ran: list[Ran]  # in the order in which they ran


def record(model: Any, x: Any) -> Record:
    """Run a built model as ``predict`` does; nothing about it changes.

    Parameters
    ----------
    model : Model
    x : arrays as the model takes them, or Tensors
    """
    done: list[Ran] = []

    def observe(layer: Any, given: tuple[Any, Any], output: Any) -> None:
        args, kwargs = given
        call = active_call.get()
        mask = None if call is None or not args else call.mask_of(args[0])
        kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        done.append(Ran(layer, args, kwargs, output, mask, _taken(layer, done)))

    for layer in model._loss_layers:
        layer._losses.clear()
    model._loss_layers.clear()
    states = states_of(model._flatten_layers())
    call = Call(model, False, observe)
    token = active_call.set(call)
    try:
        output = model(x)
    finally:
        active_call.reset(token)
        for layer, state in states:
            layer.states = state
    model._output_mask = call.mask_of(output)
    return Record(output, list(_in_order(done, "")))


def _runs_graph(layer: Any) -> bool:
    """Whether all that a layer does is to run its chain or graph."""
    ours = type(layer).forward.__module__.startswith("minikeras.models.")
    return ours and layer._graph is not None


def _taken(layer: Any, done: list[Ran]) -> list[Ran]:
    """Take the calls off the end of ``done`` that happened inside this one of ``layer``."""
    if not _runs_graph(layer):
        members = {id(one) for one in layer._flatten_layers()[1:]}
        count = 0
        while count < len(done) and id(done[-1 - count].layer) in members:
            count += 1
    elif hasattr(layer, "_chain"):
        count = len(layer._chain)
    else:
        count = sum(bool(node.inputs) for node in layer._graph.nodes)
    inside = done[len(done) - count :]
    del done[len(done) - count :]
    return inside


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
