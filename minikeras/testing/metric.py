"""The contract of a metric."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import metrics
from minikeras._typing import ArrayLike
from minikeras.metrics import Metric
from minikeras.registry import Configurable
from minikeras.testing._promise import (
    check_config,
    expect,
    expect_close,
    expect_equal,
    expect_finite,
    promise,
    read_only,
)

__all__ = ["check_metric"]


def check_metric(
    metric: str | type[Metric] | Metric | Callable[..., Any],
    *arrays: ArrayLike,
    expected: ArrayLike | None = None,
    weighted: bool = True,
) -> None:
    """Check that a metric keeps what every metric of minikeras promises.

    - It has a name, and gives finite numbers; ``expected``, if that is given.
    - Two batches give what one of all samples gives; ``reset_state`` forgets all.
    - A sample of weight 0 counts as if it were not there.
    - Calling it updates it and gives the result so far.
    - It does not write into what it is given; its configuration makes an equal metric.

    Parameters
    ----------
    metric : str, Metric, class or callable
        As in ``compile``.
    *arrays : array_like, shape (n, ...)
        What ``update_state`` takes, as a rule targets and predictions. Default: four one-hot rows
        of three classes, and scores in (0, 1).
    expected : array_like, optional
        The result for all samples, from a calculation by hand.
    weighted : bool, default True
        False for one that takes no ``sample_weight``.

    Raises
    ------
    AssertionError
        Naming the metric, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.metrics import Metric
    >>> from minikeras.testing import check_metric
    >>> check_metric("mse", [[0.0], [1.0]], [[0.5], [1.0]], expected=0.125)
    >>> class Last(Metric):
    ...     state = ("value",)
    ...     value = 0.0
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.value = float(y_pred[0, 0])
    ...     def result(self):
    ...         return self.value
    >>> check_metric(Last)
    Traceback (most recent call last):
    AssertionError: Last() breaks the contract 'two batches give what one gives': ...
    """
    made: Any = metrics.get(metric)
    given = arrays or (np.eye(3)[[0, 2, 1, 0]], _SCORES)
    data = read_only([np.asarray(array) for array in given])
    check_config(made, "metric")
    with promise(made, "it has a name"):
        expect(isinstance(made.name, str) and made.name, f"expected a name, got {made.name!r}")
    made = _again(made)
    fresh = np.asarray(made.result())
    with promise(made, "it does not write into what it is given"):
        made.update_state(*data)
    whole = np.asarray(made.result())
    with promise(made, "its result is finite"):
        expect_finite(whole, "result")
    if expected is not None:
        with promise(made, "its result is the expected one"):
            expect_close(expected, whole, "result")
    with promise(made, "asking for the result changes nothing"):
        expect_equal(whole, np.asarray(made.result()), "result")
    with promise(made, "reset_state forgets all"):
        made.reset_state()
        if fresh.shape == whole.shape:
            expect_close(fresh, made.result(), "result")
        made.update_state(*data)
        expect_equal(whole, np.asarray(made.result()), "result")
    cut = len(data[0]) // 2
    first, second = ([array[part] for array in data] for part in (slice(cut), slice(cut, None)))
    with promise(made, "two batches give what one gives"):
        made.reset_state()
        made.update_state(*first)
        expect_close(whole, made(*second), "result")
    if weighted:
        with promise(made, "a sample of weight 0 counts as if it were not there"):
            weights = np.ones(len(data[0]))
            made.reset_state()
            made.update_state(*data, sample_weight=weights)
            expect_close(whole, made.result(), "result with all weights 1")
            made.reset_state()
            made.update_state(*first)
            part = np.asarray(made.result())
            weights[cut:] = 0.0
            made.reset_state()
            made.update_state(*data, sample_weight=weights)
            expect_close(part, made.result(), "result")


_SCORES = [[0.6, 0.3, 0.2], [0.2, 0.15, 0.7], [0.35, 0.45, 0.25], [0.05, 0.8, 0.1]]


def _again(made: Any) -> Any:
    """Return a metric of the same kind that has seen nothing."""
    return type(made).from_config(made.get_config()) if isinstance(made, Configurable) else made
