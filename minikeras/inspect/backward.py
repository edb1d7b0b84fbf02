"""``trace_gradients``: how the loss came back through each layer, and a check of every gradient."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number, check_positive_int
from minikeras.autodiff import GradientTape, Tensor, bare
from minikeras.inspect.chain_rule import rules_of
from minikeras.inspect.differences import Differences
from minikeras.inspect.explain import (
    named_inputs,
    named_weights,
    numbered,
    view_of,
    work,
    work_out,
)
from minikeras.inspect.forward import prepared, samples
from minikeras.inspect.numbers import number
from minikeras.inspect.record import Ran, Record, record
from minikeras.inspect.report import Quantity, Report, Step
from minikeras.inspect.rerun import filled, is_floating, repeats, rerun
from minikeras.inspect.worked import Worked, plain
from minikeras.layers.structures import shape_of
from minikeras.training.objective import Objective
from minikeras.tree import flatten, map_structure

__all__ = ["GradientTrace", "trace_gradients"]


class GradientTrace(Report):
    """The loss and, layer by layer from the last to the first, its gradients.

    Made by ``trace_gradients``, not by hand.

    Attributes
    ----------
    loss : float
        What was differentiated.
    steps : list of Step
        The last layer first; ``trace["dense"]["dL/dW"]`` finds a gradient.
    difference : float
        The largest difference between a gradient and its central differences.
    title : str

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([Dense(3, activation="tanh"), Dense(1)])
    >>> seen = model.trace_gradients([[1.0, 2.0]], [[0.5]], loss="mse")
    >>> [step.path for step in seen.steps], seen["dense"]["dL/dW"].shape, seen.difference < 1e-4
    (['dense_1', 'dense'], (2, 3), True)
    """

    def __init__(self, title: str, steps: list[Step], loss: float):
        self.steps = steps
        self.loss = loss
        found = [quantity.difference for step in steps for quantity in step.quantities]
        self.difference = max((one for one in found if one is not None), default=0.0)
        self._numbers = list(range(len(steps), 0, -1))
        shown = number(float(f"{self.difference:.1e}"))
        self.title = f"{title}\nlargest difference to central differences {shown}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, strings and numbers, ready for JSON."""
        return {
            "title": self.title,
            "loss": self.loss,
            "difference": self.difference,
            "steps": [step.to_dict() for step in self.steps],
        }

    def __repr__(self) -> str:
        return f"<GradientTrace of {len(self.steps)} steps; print it, or look at .steps>"


def trace_gradients(
    model: Any,
    x: Any,
    y: Any = None,
    loss: Any = None,
    h: float | None = None,
    most: int = 200,
) -> GradientTrace:
    """Run a model and its loss, go back layer by layer, and check each gradient numerically.

    Parameters
    ----------
    model : Model
        Is left as it was; everything happens in a copy.
    x, y : arrays as ``fit`` takes them
        A small batch.
    loss : str, Loss or callable, optional
        Default: what the model was compiled with.
    h : float, optional
        Step of the central differences, default 6.1e-6.
    most : int, default 200
        Of larger arrays only this many elements, evenly spread, are checked: each costs two runs.

    Returns
    -------
    GradientTrace

    Raises
    ------
    ValueError
        If there is neither a compiled loss nor ``loss``.

    Notes
    -----
    Between the incoming gradient and those for weights and inputs stand the gradients for what
    ``trace`` shows on the way: the weighted sum ``A``, gates and states of each step, scores and
    weights of attention. Gradients have the dtype of the model; central differences are computed in
    float64. Those for weights change a weight and run the whole model; those for the input of a
    layer run that layer, its outputs weighted with the incoming gradient. Layers behave as in
    ``predict``, so that every run gives the same: nothing is dropped. At a kink, such as that of
    relu at 0 or a tie of two maxima, there is no one slope; such elements are left out of the
    comparison, and counted.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.layers import Dense
    >>> layer = Dense(1, kernel_initializer="ones", dtype="float64")
    >>> model = minikeras.Sequential([layer], name="net")
    >>> seen = minikeras.inspect.trace_gradients(model, [[1.0, 2.0]], [[2.0]], loss="mse")
    >>> seen.loss, seen["dense"]["dL/dZ"], seen["dense"].quantity("dL/dW").formula
    (1.0, array([[2.]]), 'X^T dL/dA')
    >>> seen["dense"]["dL/dW"]
    array([[2.],
           [4.]])
    """
    if h is not None:
        check_number("h", h, 0, open_minimum=True)
    check_positive_int("most", most)
    if loss is None and model._objective is None:
        raise ValueError(
            f"trace_gradients needs a loss, and {type(model).__name__} {model.name!r} is not "
            'compiled; give loss=..., such as loss="mse", or compile the model first'
        )
    x = prepared(model, x)
    model = copy.deepcopy(model)
    trained = {id(variable) for variable in model.trainable_variables}
    for variable in model.weights:
        variable.frozen = variable.trainable and id(variable) not in trained
    y = _bind(model, x, y, loss)
    with GradientTape() as tape:
        ran = record(model, map_structure(lambda one: _watch(tape, one), x))
        value = model.compute_loss(x, y, ran.output, None)
    gradients = _Gradients(tape, value, ran, model, x, y)
    steps = [_step(one, gradients, ran) for one in reversed(ran.ran)]
    checks = Differences(model, x, y, h, most)
    checked = [
        replace(
            step,
            quantities=[
                _check(quantity, what, one, gradients, checks)
                for quantity, what in zip(step.quantities, sources)
            ],
        )
        for (step, sources), one in zip(steps, reversed(ran.ran))
    ]
    title = (
        f'Backward pass of "{model.name}", {samples(x)}: '
        f"L = {number(bare(value))} ({_loss_name(model)})"
    )
    return GradientTrace(title, checked, float(bare(value)))


def _watch(tape: GradientTape, value: Any) -> Any:
    return tape.watch(value) if is_floating(value) else value


def _bind(model: Any, x: Any, y: Any, loss: Any) -> Any:
    """Get the loss ready; return y in the form of the outputs."""
    if loss is not None:
        model._objective = Objective(loss, None, None, None)
        model.loss = loss
    model._adds_losses = True
    output = record(model, x).output
    y = map_structure(lambda one: one if one is None else np.asarray(one), _arrays(y))
    model._objective.declared = model.output_names
    model._objective.bind(y, output)
    return model._objective.align(y, shape_of(output))


def _arrays(y: Any) -> Any:
    """Return plain lists of numbers as an array; lists and dicts of arrays as they are."""
    if isinstance(y, dict):
        return {key: np.asarray(one) for key, one in y.items()}
    nested = isinstance(y, list | tuple) and any(hasattr(one, "shape") for one in y)
    return y if y is None or nested else np.asarray(y)


def _loss_name(model: Any) -> str:
    loss = model.loss
    name = loss if isinstance(loss, str) else getattr(loss, "name", None)
    name = name or getattr(loss, "__name__", "the losses of all outputs")
    return f"{name} and the layers' own losses" if model.losses else str(name)


class _Gradients:
    """Gradients of the loss for what was computed on the way, by ``id``."""

    def __init__(self, tape: Any, loss: Any, ran: Record, model: Any, x: Any, y: Any):
        outputs = [one for step in ran.ran for one in flatten(step.output)]
        logits = [one.logits for one in outputs if hasattr(one, "logits")]
        sources = [one for one in outputs + logits if isinstance(one, Tensor)]
        sources += model.trainable_variables
        found = tape.gradient(loss, sources)
        self.known = {id(one): value for one, value in zip(sources, found, strict=True)}
        self.targets = y
        last = ran.output
        if isinstance(last, Tensor) and hasattr(last, "logits") and self.known[id(last)] is None:
            # The loss went round the softmax, to what it was computed from.
            with GradientTape() as outer:
                leaf = outer.watch(bare(last))
                again = model.compute_loss(x, y, leaf, None)
            self.known[id(last)] = outer.gradient(again, leaf)

    def of(self, value: Any) -> Any:
        """Return the gradient for a value, or None."""
        return self.known.get(id(value))


def _step(ran: Ran, gradients: _Gradients, record: Record) -> tuple[Step, list[Any]]:
    """Return the step, and for each quantity what it is the gradient for: a weight, or an input."""
    outputs = flatten(ran.output)
    incoming = [gradients.of(one) for one in outputs]
    found: list[tuple[Quantity, Any]] = [
        (Quantity(f"dL/d{symbol}", gradient, what="incoming"), None)
        for (symbol, _), gradient in zip(numbered("Z", outputs), incoming)
    ]
    layer = ran.layer
    worked, notes = work_out(ran)
    rules = rules_of(ran, worked)
    if worked is not None:
        found += [(one, None) for one in _between(ran, worked, incoming, gradients)]
    for symbol, variable in named_weights(ran):
        if id(variable) in gradients.known:
            formula = rules[symbol]
            if variable.regularizer is not None:
                formula += " + that of the regularizer"
            gradient = gradients.of(variable)
            found.append((Quantity(f"dL/d{symbol}", gradient, formula), variable))
    if repeats(ran):
        for place, symbol, gradient in _by_inputs(ran, incoming):
            found.append((Quantity(f"dL/d{symbol}", gradient, rules[symbol]), place))
    else:
        notes.append(
            "The gradient for inputs is not shown: the layer looks at more than its arguments."
        )
    found = [
        (replace(one, view=one.view or view_of(layer, one.symbol.removeprefix("dL/d"))), source)
        for one, source in found
    ]
    calls = sum(other.layer is layer for other in record.ran)
    if calls > 1 and ran.weights:
        notes.append(f"The gradients for weights are sums over the {calls} calls of this layer.")
    step = Step(layer.name, ran.kind, ran.path, [one for one, _ in found], notes)
    return step, [source for _, source in found]


def _between(
    ran: Ran, worked: Worked, incoming: list[Any], gradients: _Gradients
) -> list[Quantity]:
    """Return the gradients for what lies between input and output, the last first."""
    direct = gradients.of(getattr(ran.output, "logits", None))
    seeds = incoming[: len(worked.outputs)]
    reached = any(seed is not None for seed in seeds)
    found: list[Any] = [None] * len(worked.parts)
    if reached and worked.parts:
        with GradientTape() as tape:
            inputs = [x for _, _, x in named_inputs(ran)]
            watched = {i: tape.watch(plain(x)) for i, x in enumerate(inputs) if is_floating(x)}
            again = work(ran, *filled(ran, watched)) or worked
            total = sum(
                (np.sum(z * seed) for z, seed in zip(again.outputs, seeds) if seed is not None),
                start=0.0,
            )
        sources = [value for part in again.parts for value in part.values]
        flat = iter(tape.gradient(total, sources, unconnected_gradients="zero"))
        found = [part.joined([next(flat) for _ in part.values]) for part in again.parts]
    shown = []
    for part, gradient in zip(reversed(worked.parts), reversed(found)):
        formula, what = part.backward, ""
        if part.symbol == "A" and direct is not None:  # the loss went round the softmax
            short, n = _short(bare(ran.output), direct, gradients.targets), len(direct)
            divisor = f" / {n}" if n > 1 else ""
            formula = f"(Z - T){divisor}" if short else "through softmax and loss"
            gradient, what = direct, "softmax and loss in one step"
        shown.append(Quantity(f"dL/d{part.symbol}", gradient, formula, what, view=part.view))
    return shown


def _short(z: Array, da: Array, y: Any) -> bool:
    """Whether the gradient is the difference of output and target, shared by the samples."""
    y = np.asarray(y if not isinstance(y, list | tuple) else y[0])
    if y.shape != z.shape and y.size == len(z) and z.ndim == 2:
        y = np.eye(z.shape[-1])[y.reshape(-1).astype(int)]
    return y.shape == z.shape and np.allclose(da, (z - y) / len(z), atol=1e-6)


def _by_inputs(ran: Ran, incoming: list[Any]) -> list[tuple[int, str, Any]]:
    """Return place, symbol and gradient of each input that is not integers."""
    symbols, _, inputs = zip(*named_inputs(ran)) if ran.inputs() else ((), (), ())
    places = [i for i, one in enumerate(inputs) if is_floating(one)]
    if all(one is None for one in incoming):
        return [(i, symbols[i], None) for i in places]
    with GradientTape(watch_accessed_variables=False) as tape:
        watched = {i: tape.watch(plain(inputs[i])) for i in places}
        outputs = flatten(rerun(ran, watched))
        pairs = [(one, seed) for one, seed in zip(outputs, incoming) if isinstance(one, Tensor)]
        total = sum((np.sum(one * seed) for one, seed in pairs if seed is not None), start=0.0)
    found = tape.gradient(total, list(watched.values()), unconnected_gradients="zero")
    return [(i, symbols[i], gradient) for i, gradient in zip(places, found)]


def _check(
    quantity: Quantity, source: Any, ran: Ran, gradients: _Gradients, checks: Differences
) -> Quantity:
    """Put the central differences beside a gradient."""
    if source is None or quantity.value is None:
        return quantity
    if isinstance(source, int):
        seeds = [gradients.of(one) for one in flatten(ran.output)]
        numerical, kinks = checks.by_input(ran, source, seeds)
    else:
        numerical, kinks = checks.by_weight(source)
    return replace(quantity, numerical=numerical, kinks=kinks)
