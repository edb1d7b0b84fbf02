"""The loops: ``fit``, ``evaluate`` and ``predict`` over batches, with callbacks."""

import math
import numbers
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minikeras import data as data_module
from minikeras._validation import check_fraction, check_non_negative_int, check_positive_int
from minikeras.callbacks import CallbackList, History
from minikeras.data.arrays import read_only
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
    _check_frequency(validation_freq)
    check_fraction("validation_split", validation_split or 0.0)
    keep = model._kept_kinds()
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = data_module.train_validation_split(
            x, y, sample_weight, validation_split, keep
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
        keep=keep,
    )
    validation = None
    if validation_data is not None:
        validation = data_module.adapt(
            *data_module.as_x_y_sample_weight(validation_data),
            batch_size=batch_size if validation_batch_size is None else validation_batch_size,
            steps=validation_steps,
            finite=True,
            names=("validation x", "validation y", "validation sample_weight"),
            keep=keep,
        )
    custom = not batch.is_default(model, "train_step")
    _start(model, source, "train_step")
    if validation is not None:
        try:
            _start(model, validation, "test_step")
        except (TypeError, ValueError) as error:
            error.add_note("in validation_data")
            raise
    batch.warn_of_steps(model)
    model._warned_not_finite = False
    called = CallbackList(
        callbacks,
        add_history=True,
        add_progbar=_verbosity(verbose) != 0,
        model=model,
        params={"epochs": epochs, "steps": source.steps, "verbose": _verbosity(verbose)},
    )
    called.set_validated(
        validation is not None and _always_due(initial_epoch, epochs, validation_freq)
    )
    model.stop_training = False
    model._held_metrics = None if custom else model._find_metrics()
    logs: dict[str, float] = {}
    try:
        called.on_train_begin()
        # A killed fit goes on in another epoch, and perhaps in its middle.
        first = called.first_epoch(initial_epoch, source, lambda x, y: _build(model, x, y))
        for epoch in range(first, epochs):
            if source.exhausted:  # a generator that was read to its end
                next(source.epoch(), None)  # warns
                break
            called.on_epoch_begin(epoch)
            model.reset_metrics()
            done = called.resume() if epoch == first else 0
            trained = _train_epoch(model, source, called, epoch, done)
            if trained is None:  # the data ran out in the epoch before
                break
            logs = trained
            if validation is not None and _due(epoch, validation_freq):
                validation.reset()
                for name, value in _evaluate(model, validation, called).items():
                    logs[f"val_{name}"] = value
            called.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.optimizer.flat.variables)
        called.on_train_end(logs)
    finally:
        model._held_metrics = None
        called.close()
    return model.history  # type: ignore[no-any-return]


def _start(model: Any, source: Any, step: str, hold: bool = False) -> None:
    """Check all of the data and build everything, before any weight changes.

    ``step`` names the method that gets the data. One of the user's own is the first to see them:
    what they are, and whether the model is called on them at all, is for it to say. ``hold`` says
    that the metrics found count from now on, see ``_letting_go``.
    """
    model._sample_shapes = None
    if not batch.is_default(model, step):
        if model._has_forward:  # else such as a GAN: the networks inside are trained
            batch.prepare_weights(model)
    elif source.x is not None:  # else an iterable: done with its first batch
        source.y = batch.fit_targets(model, source.x, source.y, hold)


def _build(model: Any, x: Any, y: Any) -> None:
    """Build everything for these data, before a backup gives it the values it had."""
    try:
        batch.fit_targets(model, x, y)
    except Exception:
        if batch.is_default(model, "train_step"):
            raise  # else the user's step may do something else with the data


@contextmanager
def _letting_go(model: Any) -> Iterator[bool]:
    """Let go of the metrics at the end of a call that may hold those it found at its beginning.

    Gives whether it may: steps of the user's own can make metrics until the end.
    """
    held = model._held_metrics is not None  # by a fit, one of whose callbacks asks for this
    steps = ("train_step", "test_step", "compute_loss", "compute_metrics")
    try:
        yield all(batch.is_default(model, step) for step in steps)
    finally:
        if not held:
            model._held_metrics = None


@np.errstate(over="ignore", invalid="ignore")  # what comes of it is seen in the loss
def _train_epoch(
    model: Any, source: Any, called: CallbackList, epoch: int, done: int
) -> dict[str, float] | None:
    custom = not batch.is_default(model, "train_step")
    logs: Any = None
    step = done - 1
    for step, (x, y, w) in enumerate(source.epoch(done), done):
        if source.x is None and not custom:
            y = batch.fit_targets(model, x, y)
        called.on_train_batch_begin(step)
        if custom:
            logs = _flatten(model.train_step(data_module.pack_x_y_sample_weight(x, y, w)))
            value = logs.get("loss", 0.0)
            if model._held_metrics is None:  # those that came with build are among them now
                model._held_metrics = model._find_metrics()
        else:
            value = batch.train_step(model, x, y, w)
        if not math.isfinite(value):
            _warn_not_finite(model, value, f" in epoch {epoch + 1}, batch {step + 1}", 7)
        called.on_train_batch_end(step, logs if custom else model._current_logs)
        if model.stop_training:
            break
    if step < 0:
        return None
    return model._current_logs() if logs is None else dict(logs)


def _warn_not_finite(model: Any, value: float, where: str = "", stacklevel: int = 4) -> None:
    if not model._warned_not_finite:
        model._warned_not_finite = True
        kept = "the weights are left as they were before that batch. "
        if not batch.is_default(model, "train_step"):
            kept = ""  # who writes train_step decides
        warnings.warn(
            f"the loss became {value}{where}; {kept}Lower the learning rate, clip gradients "
            "(clipnorm=1.0), or scale the data",
            RuntimeWarning,
            stacklevel=stacklevel,
        )


def _check_frequency(value: Any) -> None:
    if isinstance(value, list | tuple | set | frozenset | range):
        for epoch in value:
            check_positive_int("each epoch in validation_freq", epoch)
    else:
        check_positive_int("validation_freq (if not a list of epochs)", value)


def _due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, numbers.Integral):
        return (epoch + 1) % int(frequency) == 0
    return epoch + 1 in frequency


def _always_due(first: int, epochs: int, frequency: Any) -> bool:
    if isinstance(frequency, numbers.Integral) and frequency == 1:
        return True  # without counting through epochs that early stopping will end
    return all(_due(epoch, frequency) for epoch in range(first, epochs))


def results(model: Any) -> dict[str, float]:
    """Return loss and metrics since the epoch began, and what ``compute_metrics`` adds."""
    logs = _flatten({metric.name: metric.result() for metric in model.metrics})
    return {**logs, **_flatten(model._metric_logs)} if model._metric_logs else logs


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
    return float(value.item()) if value.size == 1 else value


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
        x,
        y,
        sample_weight,
        batch_size=batch_size,
        steps=steps,
        finite=True,
        keep=model._kept_kinds(),
    )
    with _letting_go(model) as hold:
        _start(model, source, "test_step", hold)
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


@np.errstate(over="ignore", invalid="ignore")
def _evaluate(model: Any, source: Any, called: CallbackList) -> dict[str, float]:
    called.on_test_begin()
    model.reset_metrics()
    custom = not batch.is_default(model, "test_step")
    logs: dict[str, float] = {}
    step = -1
    for step, (x, y, w) in enumerate(source.epoch()):
        if source.x is None and not custom:
            y = batch.fit_targets(model, x, y)
        called.on_test_batch_begin(step)
        if custom:
            logs = _flatten(model.test_step(data_module.pack_x_y_sample_weight(x, y, w)))
        else:
            batch.evaluate_step(model, x, y, w)
        called.on_test_batch_end(step, logs if custom else model._current_logs)
    if step >= 0 and not custom:  # without a batch there are no results
        logs = model._current_logs()
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
    shown = _verbosity(verbose)
    plain = batch_size is None and steps is None and not callbacks and not custom
    if plain and _is_one_batch(x):  # nothing to loop over
        rows = [read_only(one) for one in x] if type(x) is list else read_only(x)
        return _concatenate([model(rows, training=False)])
    source = data_module.adapt(
        x,
        batch_size=PREDICT_BATCH if batch_size is None else batch_size,
        steps=steps,
        allow_empty=True,
        keep=model._kept_kinds(),
    )
    called = CallbackList(
        callbacks,
        model=model,
        params={"steps": source.steps, "verbose": shown},
        add_progbar=shown != 0,
    )
    outputs = []
    try:
        called.on_predict_begin()
        for step, (rows, _, _) in enumerate(source.epoch()):
            called.on_predict_batch_begin(step)
            if custom:
                outputs.append(model.predict_step(data_module.pack_x_y_sample_weight(rows)))
            else:
                outputs.append(model(rows, training=False))
            called.on_predict_batch_end(step, {"outputs": outputs[-1]})
        called.on_predict_end()
    finally:
        called.close()
    if not outputs:
        if source.x is None:
            raise ValueError("x gave no batch to predict; give an iterable that can be read again")
        return model(source.x)  # an empty array gives an empty result of the right shape
    return _concatenate(outputs)


def _is_one_batch(x: Any) -> bool:
    """Whether ``x``, as it is, is a batch that ``predict`` would make: arrays of one length."""
    if type(x) is list:
        arrays = all(type(one) is np.ndarray and _is_one_batch(one) for one in x)
        return arrays and len(set(map(len, x))) == 1
    if type(x) is not np.ndarray or x.ndim < 2 or x.dtype.kind != "f":
        return False
    return 0 < len(x) <= PREDICT_BATCH and bool(x.flags.c_contiguous)


def _concatenate(batches: list[Any]) -> Any:
    first = batches[0]
    if isinstance(first, dict):
        return {key: _concatenate([batch[key] for batch in batches]) for key in first}
    if isinstance(first, list | tuple):
        return [_concatenate([batch[i] for batch in batches]) for i in range(len(first))]
    if len(batches) > 1:
        return np.concatenate(batches)
    return first if first.base is None else first.copy()  # never a view of the user's x


def train_on_batch(
    model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool
) -> Any:
    """Train on one batch; the arguments are those of ``Model.train_on_batch``."""
    _check_compiled(model, "train_on_batch")
    with _letting_go(model) as hold, np.errstate(over="ignore", invalid="ignore"):
        x, y, w = _one_batch(model, x, y, sample_weight, class_weight, "train_step", hold)
        model.reset_metrics()
        if batch.is_default(model, "train_step"):
            value = batch.train_step(model, x, y, w)
            logs = results(model)
        else:
            logs = _flatten(model.train_step(data_module.pack_x_y_sample_weight(x, y, w)))
            value = logs.get("loss", 0.0)
    if not math.isfinite(value):
        _warn_not_finite(model, value)
    return _as_asked(logs, return_dict)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """Evaluate one batch; the arguments are those of ``Model.test_on_batch``."""
    _check_compiled(model, "test_on_batch")
    with _letting_go(model) as hold, np.errstate(over="ignore", invalid="ignore"):
        x, y, w = _one_batch(model, x, y, sample_weight, None, "test_step", hold)
        model.reset_metrics()
        logs = _flatten(model.test_step(data_module.pack_x_y_sample_weight(x, y, w)))
    return _as_asked(logs, return_dict)


def _one_batch(
    model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, step: str, hold: bool
) -> Any:
    source = data_module.adapt(
        x,
        y,
        sample_weight,
        steps=1,
        class_weight=class_weight,
        finite=True,
        keep=model._kept_kinds(),
    )
    _start(model, source, step, hold)
    return next(iter(source.epoch()))


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
