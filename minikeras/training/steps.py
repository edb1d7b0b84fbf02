"""One batch: prediction, loss, gradient, update. What ``fit`` does, without the loop."""

import functools
import inspect
import math
import warnings
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._lazy import lazily
from minikeras.autodiff import GradientTape, Tensor, bare
from minikeras.layers.stateless import states_of
from minikeras.layers.structures import shape_of
from minikeras.training import chain
from minikeras.training.survey import Survey, metrics_of
from minikeras.tree import map_leaves

__all__ = [
    "evaluate_step",
    "fit_targets",
    "is_default",
    "prepare",
    "prepare_weights",
    "train_step",
    "warn_of_steps",
]

# The gradient by differences has a file of its own for its speed, which few need.
_get, _ = lazily("minikeras.training", {"numerical": ("numerical_model_gradient",)})

_ONE = {np.dtype(kind): kind(1.0) for kind in (np.float16, np.float32, np.float64)}


def prepare(model: Any, x: Any, y: Any) -> tuple[Any, Survey]:
    """Build model, losses and optimizer for the first batch.

    Parameters
    ----------
    model : Model
    x, y : arrays
        A batch; only its shapes and dtypes matter.

    Returns
    -------
    shapes : tuple, or list or dict of tuples
        Those of the outputs.
    inside : Survey
        What the model holds now.

    Raises
    ------
    ValueError
        If a weight is not finite.
    """
    inside = Survey(model)
    settled = inside.settled
    y_pred = _try(model, _first_row(x), inside)
    if not settled:
        inside = Survey(model)
    model._objective.declared = model.output_names
    model._objective.bind(_first_row(y), y_pred)
    _take_weights(model, inside)
    model._plan = chain.plan(model, inside)
    return shape_of(y_pred), inside


def prepare_weights(model: Any) -> None:
    """Prepare what needs no call of the model: the rest is done within a step of the user's own.

    Parameters
    ----------
    model : Model

    Raises
    ------
    ValueError
        If a weight is not finite.
    """
    inside = Survey(model)
    model._objective.declared = model.output_names
    _take_weights(model, inside, all(layer.built for layer in inside.layers))


def _take_weights(model: Any, inside: Survey, complete: bool = True) -> None:
    """Check the weights and hand them to the optimizer, which waits until they are complete."""
    trainable = inside.trainable_variables()
    wanted = {id(variable) for variable in trainable}
    for variable in inside.weights():
        variable.frozen = variable.trainable and id(variable) not in wanted
        if variable.value.dtype.kind == "f" and not np.isfinite(variable.value).all():
            raise ValueError(
                f"weight {variable.path!r} holds NaN or infinity, training cannot go on from "
                "there; set it with set_weights, or make the model anew"
            )
    if complete:
        model.optimizer.build(trainable)
    model._adds_losses = (
        not complete  # whoever is built later may add some
        or any(variable.regularizer is not None for variable in trainable)
        or any(layer._losses for layer in inside.layers)
    )


def _try(model: Any, sample: Any, inside: Survey) -> Any:
    """Return the outputs for a sample that is no part of the training: states stay as they are."""
    states = states_of(inside.layers)
    try:
        for layer, _ in states:
            layer.states = None
        with np.errstate(over="ignore", invalid="ignore"):  # the loss will show it
            return model(sample, training=False)
    finally:
        for layer, kept in states:
            layer.states = kept


def warn_of_steps(model: Any) -> None:
    """Warn if a step function stops the gradient that the optimizer wants to follow."""
    if model.optimizer.gradient == "numerical":
        return
    for layer in model._flatten_layers():
        if getattr(layer, "activation", None) in ("step", activations.step):
            warnings.warn(
                f"the step function of layer {layer.name!r} has gradient 0 everywhere: the weights "
                "that lead to it will not learn; use sigmoid or tanh for training",
                UserWarning,
                stacklevel=5,
            )
            return


def _first_row(tree: Any) -> Any:
    return map_leaves(lambda array: None if array is None else array[:1], tree)


def fit_targets(model: Any, x: Any, y: Any, hold: bool = False) -> Any:
    """Return ``y`` in the shape of the outputs; build everything for a new form of samples.

    Parameters
    ----------
    model : Model
    x, y : arrays
        A batch, or all of the data.
    hold : bool, default False
        Whether the metrics found there count from now on, until the loop lets go of them.

    Raises
    ------
    ValueError, TypeError
        If the data do not fit the model; no weight has changed then.
    """
    objective = model._objective
    new = objective.outputs is None
    shapes = shape_of(x)
    try:
        if model._sample_shapes != shapes:
            model._output_shapes, inside = prepare(model, x, y)
            if hold or model._held_metrics is not None:  # some may have come with build
                model._held_metrics = metrics_of(model, inside.layers)
            model._sample_shapes = shapes
        return objective.align(y, model._output_shapes)
    except Exception:
        if new:  # the metrics that were picked for these targets may not fit the next ones
            objective.outputs = None
        raise


def compute_loss(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    """Return the loss of the outputs plus the losses of the layers."""
    if not (is_default(model, "train_step") and is_default(model, "test_step")):
        objective = model._objective  # targets that nobody may have looked at before
        new = objective.outputs is None
        try:
            if new:
                objective.bind(y, y_pred)
            y = objective.align(y, shape_of(y_pred))
        except Exception:
            if new:
                objective.outputs = None
            raise
    return _sum_of_losses(model, y, y_pred, sample_weight)


def _sum_of_losses(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    loss = model._objective.loss(y, y_pred, sample_weight, model._output_mask)
    if model._adds_losses or model._loss_layers:
        for added in model.losses:
            loss = added if loss is None else loss + added
    if loss is None:
        raise ValueError(
            "there is no loss to train with; compile the model with loss=..., or call "
            "self.add_loss(value) in a layer's forward"
        )
    return loss


def train_step(model: Any, x: Any, y: Any, sample_weight: Any = None) -> float:
    """Change the weights once; return the loss before the change.

    A batch whose loss is not finite changes nothing: the weights stay as they were.
    """
    if not is_default(model, "train_step"):  # which has called this one; fit left all to it
        y = fit_targets(model, x, y)
    optimizer = model.optimizer
    if optimizer.gradient == "numerical":
        loss, y_pred = _get("numerical_model_gradient")(model, x, y, sample_weight)
        value = float(loss)
    else:
        plan = model._plan
        run = None
        with GradientTape() as tape:
            if plan is not None and plan.takes(x):
                run = plan.start(x, tape)
                y_pred = run.y_pred
            else:
                y_pred = model(x, training=True)
            if is_default(model, "compute_loss"):
                loss = _sum_of_losses(model, y, y_pred, sample_weight)
            else:
                loss = model.compute_loss(x, y, y_pred, sample_weight)
        value = _number(model, loss)
        if math.isfinite(value) and type(loss) is Tensor:
            flat = optimizer.flat
            seed = optimizer.scale_loss(_ONE[loss.value.dtype])
            if run is not None:
                reached = tape.backward({id(loss): seed}, flat.into, (id(run.below),))
                plan.backward(run, reached)
            else:
                reached = tape.backward({id(loss): seed}, flat.into)
            if run is None and len(reached) < len(flat.views):
                for key, view in flat.into.items():
                    if key not in reached:
                        view.fill(0.0)
        elif type(loss) is not Tensor:  # no weight plays a part in it
            optimizer.flat.zero_gradient()
            _warn_of_lost_gradient(model)
        y_pred = bare(y_pred)
    if math.isfinite(value):
        optimizer.step()
    _update_metrics(model, value, x, y, y_pred, sample_weight)
    return value


def _warn_of_lost_gradient(model: Any) -> None:
    if model.optimizer.flat.variables:
        warnings.warn(  # which Python shows once, not for every batch
            f"the loss of {type(model).__name__} {model.name!r} does not depend on any trainable "
            "weight, nothing is learned from it: float(x), x.item() and x.numpy() are plain "
            "numbers without a gradient, so is what np.round, np.sign or == give",
            UserWarning,
            stacklevel=8,
        )


def _update_metrics(
    model: Any, loss: float, x: Any, y: Any, y_pred: Any, sample_weight: Any
) -> None:
    objective = model._objective
    objective.tracker.update_state(loss, sample_weight=_batch_size(x))
    if is_default(model, "compute_metrics"):
        objective.update_metrics(y, y_pred, sample_weight, model._output_mask)
    else:
        model._metric_logs = model.compute_metrics(x, y, y_pred, sample_weight)


def is_default(model: Any, method: str) -> bool:
    """Whether no subclass defines this step anew, so that its results need not be packed."""
    return getattr(getattr(type(model), method), "_is_default_step", False)


def evaluate_step(model: Any, x: Any, y: Any, sample_weight: Any = None) -> float:
    """Compute loss and metrics of one batch; nothing changes."""
    if not is_default(model, "test_step"):  # which has called this one; evaluate left all to it
        y = fit_targets(model, x, y)
    y_pred = model(x, training=False)
    mode = {"training": False} if _takes_training(type(model).compute_loss) else {}
    loss = model.compute_loss(x, y, y_pred, sample_weight, **mode)
    value = _number(model, loss)
    _update_metrics(model, value, x, y, y_pred, sample_weight)
    return value


def _number(model: Any, loss: Any) -> float:
    """Return the loss as a float; refuse one that is not a single number."""
    plain = loss.value if type(loss) is Tensor else loss
    if plain is None or getattr(plain, "shape", ()) != ():
        got = "None" if plain is None else f"shape {np.shape(plain)}"
        raise ValueError(
            f"the loss of {type(model).__name__} {model.name!r} must be a single number, got "
            f"{got}; return np.mean(...) or np.sum(...) from compute_loss and regularizers, "
            "and give the same to add_loss"
        )
    return float(plain)


@functools.cache
def _takes_training(compute_loss: Any) -> bool:
    """Whether a user's ``compute_loss`` has the argument, which older Keras code lacks."""
    parameters = inspect.signature(compute_loss).parameters.values()
    return any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)


def _batch_size(x: Any) -> int:
    while isinstance(x, list | tuple | dict):
        x = next(iter(x.values())) if isinstance(x, dict) else x[0]
    return len(x)
