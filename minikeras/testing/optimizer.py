"""The contracts of optimizers and learning rate schedules."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import optimizers
from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.optimizers import Optimizer
from minikeras.testing._promise import check_config, expect, expect_equal, expect_finite, promise

__all__ = ["check_optimizer", "check_schedule"]

Problem = tuple[list[float], Callable[[Array], float], Callable[[Array], Array]]

PARABOLA: Problem = ([3.0, -2.0], lambda w: float(0.5 * np.sum(w * w)), lambda w: w)


def _valley(w: Array) -> float:
    x, y = w.astype(np.float64)
    return float((1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2) / 500.0


def _valley_slope(w: Array) -> Array:
    x, y = w
    slope = [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
    return np.array(slope, w.dtype) / 500.0


# Rosenbrock (Computer Journal 3, 1960), scaled so that steps of usual sizes stay in the valley.
ROSENBROCK: Problem = ([-1.2, 1.0], _valley, _valley_slope)


def check_optimizer(
    optimizer: str | type[Optimizer] | Optimizer,
    *,
    steps: int = 60,
    still: bool = True,
) -> None:
    """Check that an optimizer keeps what every optimizer of minikeras promises.

    - It descends a parabola and Rosenbrock's valley, in float32 and float64, keeps the dtype, and
      counts its steps.
    - Without weight decay a gradient of zero leaves weights still; so does a learning rate of 0.
    - Its state, saved and loaded into an equal optimizer, goes on with equal bits; so does a copy.
    - It does not write into the gradients that ``apply`` is given.
    - Its configuration makes an equal optimizer.

    Parameters
    ----------
    optimizer : str, Optimizer or class
        It is not changed: copies are made from its configuration.
    steps : int, default 60
        How many steps it has to get lower than it started.
    still : bool, default True
        False for one that moves weights without a gradient, such as ``Ftrl``.

    Raises
    ------
    AssertionError
        Naming the optimizer, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> from minikeras.optimizers import SGD, Optimizer
    >>> from minikeras.testing import check_optimizer
    >>> check_optimizer(SGD(0.1, momentum=0.9))
    >>> class Ascent(Optimizer):
    ...     def update(self, w, g, learning_rate, step, scratch):
    ...         w += learning_rate * g
    >>> check_optimizer(Ascent(1.0))
    Traceback (most recent call last):
    AssertionError: Ascent(learning_rate=1.0) breaks the contract 'it descends a parabola': ...
    """
    made = optimizers.get(optimizer)
    check_config(made, "optimizer")
    with promise(made, "it does not write into the gradients that apply is given"):
        gradient = np.array([1.0, 2.0], np.float32)
        gradient.setflags(write=False)
        _fresh(made).apply([gradient], [Variable([1.0, 1.0])])
    for dtype in ("float32", "float64"):
        _check_descent(made, "a parabola", PARABOLA, dtype, steps)
        _check_descent(made, "Rosenbrock's valley", ROSENBROCK, dtype, steps)
    _check_stillness(made, still)
    _check_state(made)


def _fresh(made: Optimizer) -> Optimizer:
    return type(made).from_config(made.get_config())


def _check_descent(made: Optimizer, what: str, problem: Problem, dtype: str, steps: int) -> None:
    start, value, slope = problem
    w = Variable(np.array(start, dtype))
    optimizer = _fresh(made)
    with promise(made, f"it descends {what}"):
        before = value(w.value)
        for _ in range(steps):
            optimizer.apply([slope(w.value)], [w])
        expect_finite(w.value, "weights")
        after = value(w.value)
        expect(after < before, f"expected less than {before:g} after {steps} steps, got {after:g}")
    with promise(made, "the weights keep their dtype"):
        expect_equal(np.dtype(dtype), w.dtype, "dtype")
    with promise(made, "it counts its steps"):
        expect_equal(steps // (made.gradient_accumulation_steps or 1), optimizer.iterations)


def _check_stillness(made: Optimizer, still: bool) -> None:
    start = np.array([1.0, -2.0], np.float32)
    if still and not made.weight_decay:
        with promise(made, "a gradient of zero leaves weights still"):
            w, optimizer = Variable(start), _fresh(made)
            for _ in range(3):
                optimizer.apply([np.zeros(2, np.float32)], [w])
            expect_equal(start, w.value, "weights")
    with promise(made, "a learning rate of 0 leaves weights still"):
        w, optimizer = Variable(start), _fresh(made)
        optimizer.build([w])
        for one in getattr(optimizer, "optimizers", [optimizer]):
            one.learning_rate = 0.0
        for _ in range(3):
            optimizer.apply([np.array([0.5, -0.5], np.float32)], [w])
        expect_equal(start, w.value, "weights")


def _check_state(made: Optimizer) -> None:
    gradients = np.random.default_rng(0).standard_normal((6, 2, 3)).astype(np.float32)

    def go_on(optimizer: Optimizer, w: list[Variable], part: Array) -> list[Variable]:
        for first, second in part:
            optimizer.apply([first, second], w)
        return w

    def variables(values: Any) -> list[Variable]:
        return [Variable(value) for value in values]

    optimizer = _fresh(made)
    w = go_on(optimizer, variables(np.ones((2, 3), np.float32)), gradients[:3])
    state, values = optimizer.state(), [one.numpy() for one in w]
    copied = copy.deepcopy(optimizer)
    go_on(optimizer, w, gradients[3:])
    early, late = _fresh(made), _fresh(made)
    early.load_state(state)
    late_variables = variables(values)
    late.build(late_variables)
    late.load_state(state)
    for text, other, start in (
        ("loaded before build", early, variables(values)),
        ("loaded after build", late, late_variables),
        ("in a deep copy", copied, variables(values)),
    ):
        with promise(made, f"its state goes on with equal bits, {text}"):
            for one, two in zip(w, go_on(other, start, gradients[3:])):
                expect_equal(one.value, two.value, "weights")
            expect_equal(optimizer.iterations, other.iterations, "iterations")


def check_schedule(schedule: Callable[[int], float], steps: int = 1000) -> None:
    """Check that a learning rate schedule keeps what every one of minikeras promises.

    - For each step it gives a finite number of at least 0, the same each time.
    - Its configuration makes an equal schedule.

    Parameters
    ----------
    schedule : LearningRateSchedule or callable
        A function of the step, from 0.
    steps : int, default 1000
        How far it is followed.

    Raises
    ------
    AssertionError
        Naming the schedule, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import ExponentialDecay
    >>> from minikeras.testing import check_schedule
    >>> check_schedule(ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5))
    >>> check_schedule(lambda step: 0.1 - 0.001 * step)
    Traceback (most recent call last):
    AssertionError: <lambda> breaks the contract 'a finite number of at least 0 for each step': ...
    """
    check_config(schedule, "schedule")
    with promise(schedule, "a finite number of at least 0 for each step"):
        rates = [float(schedule(step)) for step in range(steps)]
        for step, rate in enumerate(rates):
            expect(0.0 <= rate < math.inf, f"expected one for step {step}, got {rate}")
    with promise(schedule, "the same step gives the same rate"):
        expect_equal(rates[::-1], [float(schedule(step)) for step in range(steps)][::-1], "rates")
