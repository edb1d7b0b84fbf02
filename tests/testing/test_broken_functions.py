"""The other checkers find what is wrong with broken classes and functions: one defect each."""

import numpy as np
import pytest

from minikeras import config, ops
from minikeras.autodiff import primitive
from minikeras.callbacks import Callback
from minikeras.constraints import Constraint
from minikeras.initializers import Initializer
from minikeras.losses import Loss, MeanSquaredError
from minikeras.metrics import Metric
from minikeras.optimizers import SGD, Optimizer
from minikeras.optimizers.schedules import LearningRateSchedule
from minikeras.regularizers import Regularizer
from minikeras.testing import (
    check_activation,
    check_callback,
    check_constraint,
    check_initializer,
    check_loss,
    check_metric,
    check_optimizer,
    check_regularizer,
    check_schedule,
)


def breaks(message):
    return pytest.raises(AssertionError, match=f"(?s)breaks the contract .*{message}")


# Activations.


@primitive
def wrong_gradient(x):
    return np.tanh(x), (lambda dy: dy * (1.001 - np.tanh(x) ** 2),)


def writes(x):
    if type(x) is np.ndarray:
        x += 0.0
    return x * 1.0


calls = []


def restless(x):
    calls.append(1)
    return x + float(len(calls))


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (wrong_gradient, "gradient is that of central differences"),
        (writes, "does not write into its input"),
        (restless, "the same input gives the same result"),
        (lambda x: x * np.float64(1.0), "dtype in is dtype out.*float64"),
        (lambda x: x[:, :1], "shape in is shape out"),
        (lambda x: x - x.max(), "an empty batch passes"),
        (lambda x: x + np.sum(x), "row i depends on row i alone"),
        (lambda x: 1.0 / (1.0 + np.exp(-x)), "large inputs give finite numbers, no warning"),
        (lambda x: np.where(x > 0.0, x, 0.0), "NaN stays NaN"),
    ],
)
def test_a_broken_activation_is_found(activation, message):
    with breaks(message):
        check_activation(activation)


def test_a_nan_that_spreads_to_other_rows_is_found():
    with breaks("rows beside one with NaN"):
        check_activation(lambda x: x + 0.0 * np.sum(x), rows_independent=False)


# Losses.


class Squares(Loss):
    """Nothing wrong."""

    def call(self, y_true, y_pred):
        return np.mean((y_true - y_pred) ** 2, axis=-1)


class GivesNaN(Squares):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred) * np.nan


class GivesNaNWhereTargetsAreZero(Squares):
    def call(self, y_true, y_pred):
        return np.sum(y_true * np.log(y_true / y_pred), axis=-1)


class OneForAll(Squares):
    def call(self, y_true, y_pred):
        return np.mean((y_true - y_pred) ** 2)


class ComparesSamples(Squares):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred) + np.mean(y_pred)


class WrongSlope(Squares):
    def call(self, y_true, y_pred):
        return np.mean(wrong_gradient(y_true - y_pred), axis=-1)


class IgnoresWeights(Squares):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred)


class WritesIntoPredictions(Squares):
    def call(self, y_true, y_pred):
        if type(y_pred) is np.ndarray:
            y_pred += 0.0
        return super().call(y_true, y_pred)


class Spreads(Squares):
    """Broadcasts targets (n,) against predictions (n, 1)."""

    def match(self, y_true, y_pred):
        return y_true, y_pred


class Forgets(Squares):
    def __init__(self, delta=1.0, name=None, reduction="sum_over_batch_size", dtype=None):
        super().__init__(name, reduction, dtype)
        self.delta = delta + 1.0


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (GivesNaN, "one finite number per sample.*nan"),
        (GivesNaNWhereTargetsAreZero, "one finite number per sample.*nan"),
        (OneForAll, "one finite number per sample.*expected number of losses"),
        (ComparesSamples, "row i depends on row i alone"),
        (WrongSlope, "gradient is that of central differences"),
        (IgnoresWeights, "weighted mean of its samples"),
        (WritesIntoPredictions, "does not write into targets or predictions"),
        (Forgets, "configuration makes an equal object"),
    ],
)
def test_a_broken_loss_is_found(loss, message):
    with breaks(message):
        check_loss(loss)


def test_a_loss_without_a_defect_passes():
    check_loss(Squares)


def test_targets_that_spread_over_predictions_are_found():
    with breaks(r"targets \(n,\) beside predictions \(n, 1\)"):
        check_loss(Spreads, [[0.0], [1.0]], [[0.25], [0.5]])


def test_a_loss_of_another_value_than_expected_is_found():
    with breaks("expected loss 0.2 at element"):
        check_loss(MeanSquaredError(), [[0.0]], [[0.5]], expected=[0.2])


# Metrics.


class Share(Metric):
    """Nothing wrong: the weighted mean of the predictions."""

    state = ("total", "count")
    total = count = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        weights = np.ones(len(y_pred)) if sample_weight is None else sample_weight
        self.total += float(np.sum(weights * y_pred[:, 0]))
        self.count += float(np.sum(weights))

    def result(self):
        return self.total / self.count if self.count else 0.0


class NeverForgets(Share):
    def reset_state(self):
        pass


class MeanOfBatchMeans(Share):
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += float(np.max(y_pred))
        self.count += 1.0


class WithoutWeights(Share):
    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_true, y_pred)


class CountsItsResults(Share):
    def result(self):
        self.total += 1.0
        return super().result()


class MetricWritesIntoPredictions(Share):
    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred *= 1.0
        super().update_state(y_true, y_pred, sample_weight)


class Infinite(Share):
    def result(self):
        return np.inf


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (NeverForgets, "reset_state forgets all"),
        (MeanOfBatchMeans, "two batches give what one gives"),
        (WithoutWeights, "a sample of weight 0 counts as if it were not there"),
        (CountsItsResults, "asking for the result changes nothing"),
        (MetricWritesIntoPredictions, "does not write into what it is given"),
        (Infinite, "result is finite"),
    ],
)
def test_a_broken_metric_is_found(metric, message):
    with breaks(message):
        check_metric(metric)


def test_a_metric_without_a_defect_passes():
    check_metric(Share, expected=0.3)


def test_a_metric_of_another_value_than_expected_is_found():
    with breaks("expected result 0.4"):
        check_metric(Share, expected=0.4)


# Optimizers and schedules.


class Descent(Optimizer):
    """Nothing wrong."""

    def __init__(self, learning_rate=0.1, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def update(self, w, g, learning_rate, step, *rest):
        w -= learning_rate * g


class Ascent(Descent):
    def update(self, w, g, learning_rate, step, *rest):
        w += learning_rate * g


class Drifts(Descent):
    def update(self, w, g, learning_rate, step, *rest):
        w -= learning_rate * (g + 1e-3)


class IgnoresItsRate(Descent):
    def update(self, w, g, learning_rate, step, *rest):
        w -= 0.1 * g


class HidesItsMomentum(Descent):
    """What it remembers is not in a slot, so that it is not saved."""

    memory = 0.0

    def update(self, w, g, learning_rate, step, *rest):
        self.memory = 0.5 * self.memory + g
        w -= learning_rate * self.memory


class DoesNotCount(Descent):
    def step(self, present=None):
        super().step(present)
        self._count = 0


class WritesIntoGradients(Descent):
    def apply(self, grads, trainable_variables=None):
        super().apply(grads, trainable_variables)
        for gradient in grads:
            gradient *= 0.0


class ForgetsItsRate(Descent):
    def get_config(self):
        return {**super().get_config(), "learning_rate": 0.5}


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (Ascent, "it descends a parabola.*expected less than 6.5"),
        (Drifts, "a gradient of zero leaves weights still"),
        (IgnoresItsRate, "a learning rate of 0 leaves weights still"),
        (HidesItsMomentum, "its state goes on with equal bits"),
        (DoesNotCount, "it counts its steps"),
        (WritesIntoGradients, "does not write into the gradients"),
        (ForgetsItsRate, "configuration makes an equal object"),
        (SGD(1e6), "it descends a parabola"),
    ],
)
def test_a_broken_optimizer_is_found(optimizer, message):
    with np.errstate(all="ignore"), breaks(message):
        check_optimizer(optimizer)


def test_an_optimizer_without_a_defect_passes():
    check_optimizer(Descent)


class Falls(LearningRateSchedule):
    def __call__(self, step):
        return 0.5 - 0.001 * step


def test_a_schedule_that_falls_below_zero_is_found():
    with breaks("expected one for step 501, got -0.00"):
        check_schedule(Falls())


def test_a_schedule_that_remembers_is_found():
    rates = iter(range(10_000))
    with breaks("the same step gives the same rate"):
        check_schedule(lambda step: float(next(rates)))


# Initializers, regularizers, constraints.

shared = np.zeros(120, np.float32)


class WrongShape(Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros((*shape, 1), dtype)


class NotFinite(Initializer):
    def __call__(self, shape, dtype=None):
        return np.full(shape, np.inf, dtype or "float32")


class HandsOutOneArray(Initializer):
    def __call__(self, shape, dtype=None):
        values = shared if np.dtype(dtype or config.floatx()) == np.float32 else shared.view("f8")
        return values[: int(np.prod(shape))].reshape(shape)


class OfItsOwnRandomness(Initializer):
    rng = np.random.default_rng(0)

    def __call__(self, shape, dtype=None):
        return self.rng.standard_normal(shape).astype(dtype or config.floatx())


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        (WrongShape, "shape and dtype are those asked for"),
        (lambda shape, dtype=None: np.zeros(shape), "shape and dtype are those asked for"),
        (NotFinite, "numbers are finite|asked for"),
        (HandsOutOneArray, "new array each time"),
        (OfItsOwnRandomness, "one seed repeats it"),
    ],
)
def test_a_broken_initializer_is_found(initializer, message):
    with breaks(message):
        check_initializer(initializer, shapes=[(3,), (4, 3)])


class Negative(Regularizer):
    def __call__(self, x):
        return -np.sum(x**2)


class PerElement(Regularizer):
    def __call__(self, x):
        return x**2


class RegularizerInFloat64(Regularizer):
    def __call__(self, x):
        return np.float64(0.1) * np.sum(x**2)


class WrongRegularizerSlope(Regularizer):
    def __call__(self, x):
        return np.sum(wrong_gradient(x) ** 2)


class RegularizerWrites(Regularizer):
    def __call__(self, x):
        if type(x) is np.ndarray:
            x *= 1.0
        return np.sum(x**2)


@pytest.mark.parametrize(
    ("regularizer", "message"),
    [
        (Negative, "one finite number of at least 0.*got -"),
        (PerElement, "one finite number of at least 0.*expected shape"),
        (RegularizerInFloat64, "dtype in is dtype out"),
        (WrongRegularizerSlope, "gradient is that of central differences"),
        (RegularizerWrites, "does not write into the weights"),
    ],
)
def test_a_broken_regularizer_is_found(regularizer, message):
    with breaks(message):
        check_regularizer(regularizer)


class Halves(Constraint):
    def __call__(self, w):
        return 0.5 * w


class DividesByZero(Constraint):
    def __call__(self, w):
        with np.errstate(all="ignore"):
            return w / np.sqrt(np.sum(w**2))


class Flattens(Constraint):
    def __call__(self, w):
        return w.ravel()


class ConstraintWrites(Constraint):
    def __call__(self, w):
        w *= 1.0
        return w


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (Halves, "what it allows stays as it is"),
        (DividesByZero, "numbers are finite"),
        (Flattens, "shape and dtype stay"),
        (ConstraintWrites, "does not write into the weights"),
    ],
)
def test_a_broken_constraint_is_found(constraint, message):
    with breaks(message):
        check_constraint(constraint)


def test_a_constraint_that_goes_part_of_the_way_passes_when_it_says_so():
    check_constraint(Halves, projects=False)


# Callbacks.


class RunsOnce(Callback):
    used = False

    def on_train_begin(self, logs=None):
        if self.used:
            raise RuntimeError("used up")
        self.used = True


class WritesArrays(Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["array"] = np.zeros(3)


class FailsInPredict(Callback):
    def on_predict_end(self, logs=None):
        raise ValueError("no")


class FailsInEvaluate(Callback):
    def on_test_begin(self, logs=None):
        if not self.model.optimizer.iterations:
            raise ValueError("before fit")
        raise ValueError("no")


class OpenAfterCtrlC(Callback):
    open = False

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0 and self.open:
            raise RuntimeError("open already")
        self.open = True

    def on_train_end(self, logs=None):
        self.open = False


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (RunsOnce, "the logs hold numbers by name.*used up|used up"),
        (WritesArrays, "the logs hold numbers by name.*array"),
        (FailsInPredict, "predict runs with it"),
        (FailsInEvaluate, "fit runs with it"),
        (OpenAfterCtrlC, "after Ctrl-C it can be used again.*open already"),
    ],
)
def test_a_broken_callback_is_found(callback, message):
    with breaks(message):
        check_callback(callback)


def test_an_op_is_an_activation():
    check_activation(ops.silu)
