"""The loops: ``fit``, ``evaluate`` and ``predict`` over batches, with callbacks."""

import math
import warnings
from typing import Any

import numpy as np

from minikeras import data as data_module
from minikeras._validation import check_non_negative_int, check_positive_int
from minikeras.callbacks import CallbackList, History
from minikeras.training import steps as batch

__all__ = ["evaluate", "fit", "predict"]

PREDICT_BATCH = 256
"""Rows predicted at a time by default: enough for a fast matrix product, and they fit in cache."""


def fit(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: Any = 1,
) -> History:
    """Train ``model``; the arguments are those of ``Model.fit``."""
    _check_compiled(model, "fit")
    check_non_negative_int("epochs", epochs)
    check_non_negative_int("initial_epoch", initial_epoch)
    if isinstance(validation_freq, int):
        check_positive_int("validation_freq", validation_freq)
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = data_module.train_validation_split(
            x, y, sample_weight, validation_split
        )
    source = data_module.adapt(
        x,
        y,
        sample_weight,
        batch_size=batch_size,
        steps=steps_per_epoch,
        shuffle=shuffle,
        class_weight=class_weight,
        finite=True,
    )
    validation = None
    if validation_data is not None:
        validation = data_module.adapt(
            *data_module.as_x_y_sample_weight(validation_data),
            batch_size=validation_batch_size or batch_size,
            steps=validation_steps,
            finite=True,
            names=("validation x", "validation y", "validation sample_weight"),
        )
    _start(model, source)
    if validation is not None and validation.x is not None:
        _align(model, validation, "validation_data")
    called = CallbackList(
        callbacks,
        add_history=True,
        add_progbar=_verbosity(verbose) != 0,
        model=model,
        params={"epochs": epochs, "steps": source.steps, "verbose": _verbosity(verbose)},
    )
    model.stop_training = False
    logs: dict[str, float] = {}
    try:
        called.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            called.on_epoch_begin(epoch)
            model.reset_metrics()
            trained = _train_epoch(model, source, called, epoch)
            if trained is None:  # the data ran out in the epoch before
                break
            logs = trained
            if validation is not None and _due(epoch, validation_freq):
                for name, value in _evaluate(model, validation, called).items():
                    logs[f"val_{name}"] = value
            called.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_variables)
        called.on_train_end(logs)
    finally:
        called.close()
    return model.history  # type: ignore[no-any-return]


def _start(model: Any, source: Any) -> None:
    """Check all of the data and build everything, before any weight changes."""
    if source.x is None:  # an iterable: done with its first batch
        model._prepared = None
        return
    model._output_shapes = batch.prepare(model, source.x, source.y)
    model._prepared = source
    _align(model, source, "y")


def _align(model: Any, source: Any, name: str) -> None:
    if source.y is not None or _has_loss(model):
        try:
            source.y = model._objective.align(source.y, model._output_shapes)
        except (TypeError, ValueError) as error:
            if name != "y":
                error.add_note(f"in {name}")
            raise


def _has_loss(model: Any) -> bool:
    return any(loss is not None for loss in model._objective.losses)


def _train_epoch(
    model: Any, source: Any, called: CallbackList, epoch: int
) -> dict[str, float] | None:
    custom = not batch.is_default(model, "train_step")
    logs: Any = None
    step = -1
    for step, (x, y, w) in enumerate(source.epoch()):
        if source.x is None:
            y = _prepare_batch(model, x, y)
        called.on_train_batch_begin(step)
        if custom:
            logs = _flatten(model.train_step(data_module.pack_x_y_sample_weight(x, y, w)))
            value = logs.get("loss", 0.0)
        else:
            value = batch.train_step(model, x, y, w)
        if not math.isfinite(value):
            _warn_not_finite(model, value, epoch, step)
        called.on_train_batch_end(step, logs if custom else model._current_logs)
        if model.stop_training:
            break
    if step < 0:
        return None
    return dict(logs) if custom else model._current_logs()


def _prepare_batch(model: Any, x: Any, y: Any) -> Any:
    """Fit the targets of an iterable's batch to the outputs; the first one builds everything."""
    if model._prepared is None:
        model._output_shapes = batch.prepare(model, x, y)
        model._prepared = True
    return model._objective.align(y, model._output_shapes)


def _warn_not_finite(model: Any, value: float, epoch: int, step: int) -> None:
    if not model._warned_not_finite:
        model._warned_not_finite = True
        warnings.warn(
            f"the loss became {value} in epoch {epoch + 1}, batch {step + 1}; the weights are left "
            "as they were before that batch. Lower the learning rate, clip gradients "
            "(clipnorm=1.0), or scale the data",
            RuntimeWarning,
            stacklevel=4,
        )


def _due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency


def results(model: Any) -> dict[str, float]:
    """Return loss and metrics since the epoch began."""
    return _flatten({metric.name: metric.result() for metric in model.metrics})


def _flatten(logs: dict[str, Any]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in logs.items():
        if isinstance(value, dict):
            flat.update(_flatten(value))
        else:
            flat[name] = value if isinstance(value, float) else _number(value)
    return flat


def _number(value: Any) -> Any:
    value = np.asarray(value)
    return float(value) if value.size == 1 else value


def evaluate(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: Any = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Any = None,
    return_dict: bool = False,
) -> Any:
    """Compute loss and metrics; the arguments are those of ``Model.evaluate``."""
    _check_compiled(model, "evaluate")
    source = data_module.adapt(
        x, y, sample_weight, batch_size=batch_size, steps=steps, finite=True
    )
    _start(model, source)
    called = CallbackList(
        callbacks,
        model=model,
        params={"steps": source.steps, "verbose": _verbosity(verbose)},
        add_progbar=_verbosity(verbose) != 0,
    )
    try:
        logs = _evaluate(model, source, called)
    finally:
        called.close()
    return _as_asked(logs, return_dict)


def _evaluate(model: Any, source: Any, called: CallbackList) -> dict[str, float]:
    called.on_test_begin()
    model.reset_metrics()
    custom = not batch.is_default(model, "test_step")
    logs: dict[str, float] = {}
    for step, (x, y, w) in enumerate(source.epoch()):
        if source.x is None:
            y = _prepare_batch(model, x, y)
        called.on_test_batch_begin(step)
        if custom:
            logs = _flatten(model.test_step(data_module.pack_x_y_sample_weight(x, y, w)))
        else:
            batch.test_step(model, x, y, w)
        called.on_test_batch_end(step, logs if custom else model._current_logs)
    logs = logs if custom else model._current_logs()
    called.on_test_end(logs)
    return logs


def predict(
    model: Any,
    x: Any,
    batch_size: int | None = None,
    verbose: Any = "auto",
    steps: int | None = None,
    callbacks: Any = None,
) -> Any:
    """Compute outputs; the arguments are those of ``Model.predict``."""
    custom = not batch.is_default(model, "predict_step")
    model._check_built("predict")
    if type(x) is np.ndarray and len(x) <= PREDICT_BATCH and not callbacks and not custom:
        if batch_size is None and steps is None and x.ndim > 1 and x.dtype.kind == "f" and len(x):
            return model(x)  # one batch: nothing to loop over
    source = data_module.adapt(
        x, batch_size=batch_size or PREDICT_BATCH, steps=steps, allow_empty=True
    )
    called = CallbackList(
        callbacks,
        model=model,
        params={"steps": source.steps, "verbose": _verbosity(verbose)},
        add_progbar=_verbosity(verbose) != 0,
    )
    outputs = []
    try:
        called.on_predict_begin()
        for step, (rows, _, _) in enumerate(source.epoch()):
            called.on_predict_batch_begin(step)
            outputs.append(model.predict_step(rows) if custom else model(rows))
            called.on_predict_batch_end(step, {})
        called.on_predict_end()
    finally:
        called.close()
    if not outputs:
        if source.x is None:
            raise ValueError("x gave no batch to predict; give an iterable that can be read again")
        return model(source.x)  # an empty array gives an empty result of the right shape
    return _concatenate(outputs)


def _concatenate(batches: list[Any]) -> Any:
    first = batches[0]
    if isinstance(first, dict):
        return {key: _concatenate([batch[key] for batch in batches]) for key in first}
    if isinstance(first, list | tuple):
        return [_concatenate([batch[i] for batch in batches]) for i in range(len(first))]
    return np.concatenate(batches) if len(batches) > 1 else first


def train_on_batch(
    model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool
) -> Any:
    """Train on one batch; the arguments are those of ``Model.train_on_batch``."""
    _check_compiled(model, "train_on_batch")
    x, y, w = _one_batch(model, x, y, sample_weight, class_weight)
    value = batch.train_step(model, x, y, w)
    if not math.isfinite(value):
        _warn_not_finite(model, value, 0, 0)
    return _as_asked(results(model), return_dict)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """Evaluate one batch; the arguments are those of ``Model.test_on_batch``."""
    _check_compiled(model, "test_on_batch")
    x, y, w = _one_batch(model, x, y, sample_weight, None)
    batch.test_step(model, x, y, w)
    return _as_asked(results(model), return_dict)


def _one_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Any:
    rows = len(np.asarray(x) if not isinstance(x, list | tuple | dict) else _any_leaf(x))
    source = data_module.adapt(
        x, y, sample_weight, batch_size=max(rows, 1), class_weight=class_weight, finite=True
    )
    _start(model, source)
    return next(iter(source.epoch()))


def _any_leaf(tree: Any) -> Any:
    while isinstance(tree, list | tuple | dict):
        tree = next(iter(tree.values())) if isinstance(tree, dict) else tree[0]
    return tree


def _as_asked(logs: dict[str, float], return_dict: bool) -> Any:
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _check_compiled(model: Any, method: str) -> None:
    if model.optimizer is None:
        raise RuntimeError(
            f"{method} needs a compiled model; call model.compile(optimizer=..., loss=...) first"
        )


def _verbosity(verbose: Any) -> int:
    if verbose == "auto":
        return 1
    if isinstance(verbose, bool):
        return int(verbose)
    if verbose not in (0, 1, 2):
        raise ValueError(
            f'verbose must be 0 (silent), 1 (bar), 2 (a line an epoch) or "auto", got {verbose!r}'
        )
    return int(verbose)
