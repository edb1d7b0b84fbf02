"""Where a convolution's window goes: lengths, zeros at the edges, steps."""

from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from minikeras._typing import Shape
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int

__all__ = ["Plan", "output_length", "places", "plan_of", "transposed_length", "transposed_plan_of"]

PADDINGS = ("valid", "same", "causal")

Place = tuple[Shape, tuple[slice, ...]]


class Plan(NamedTuple):
    """How a window slides over an input; all entries hold one number for each axis."""

    lengths: Shape  # of the input
    outputs: Shape
    size: Shape  # of the window
    strides: Shape
    dilation: Shape  # distance between neighbours in the window
    before: Shape  # zeros before the input
    padded: Shape  # length of the input with all zeros

    @property
    def inner(self) -> tuple[slice, ...]:
        """Where the input lies in the padded input."""
        return tuple(slice(a, a + n) for a, n in zip(self.before, self.lengths))


@lru_cache(maxsize=1024)
def places(plan: Plan, first: int, last: int) -> list[Place]:
    """Return, for each place in the window, where it meets the padded input.

    Only outputs from ``first`` to ``last`` of the first axis are looked at.
    """
    bounds = [(first, last), *((0, n) for n in plan.outputs[1:])]
    return [
        (
            place,
            tuple(
                slice(i * d + a * s, i * d + (b - 1) * s + 1, s)
                for i, d, s, (a, b) in zip(place, plan.dilation, plan.strides, bounds)
            ),
        )
        for place in product(*map(range, plan.size))
    ]


def reach(size: int, dilation: int) -> int:
    """Return how many inputs a window spans."""
    return (size - 1) * dilation + 1


def output_length(
    length: int | None, size: int, stride: int, padding: str, dilation: int
) -> int | None:
    """Return the number of windows along an axis; below 1 when none fits.

    Examples
    --------
    >>> output_length(28, 3, 1, "valid", 1), output_length(28, 3, 2, "same", 1)
    (26, 14)
    """
    if length is None:
        return None
    span = reach(size, dilation) if padding == "valid" else 1
    return (length - span) // stride + 1


def transposed_length(
    length: int | None, size: int, stride: int, padding: str, extra: int | None, dilation: int
) -> int | None:
    """Return the length that a transposed convolution gives; ``extra`` is its ``output_padding``.

    Examples
    --------
    >>> transposed_length(5, 3, 2, "valid", None, 1), transposed_length(5, 3, 2, "same", None, 1)
    (11, 10)
    """
    if length is None:
        return None
    span = reach(size, dilation)
    if padding == "valid":
        return (length - 1) * stride + (max(span, stride) if extra is None else span + extra)
    return length * stride if extra is None else (length - 1) * stride + span % 2 + extra


def per_axis(name: str, value: Any, count: int, *, zero: bool = False) -> Shape:
    """Return ``value`` as one integer for each axis."""
    check = check_non_negative_int if zero else check_positive_int
    if not isinstance(value, list | tuple):
        return (check(name, value),) * count
    if len(value) != count:
        raise ValueError(
            f"{name} expected one integer or {count}, one for each axis between batch and "
            f"channels, got {value}"
        )
    return tuple(check(f"each of {name}", n) for n in value)


def plan_of(lengths: Shape, size: Shape, strides: Any, padding: str, dilation_rate: Any) -> Plan:
    """Return how a window of ``size`` slides over an input; the same object for the same input."""
    return _plan(lengths, size, _hashable(strides), padding, _hashable(dilation_rate))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _plan(lengths: Shape, size: Shape, strides: Any, padding: str, dilation_rate: Any) -> Plan:
    rank = _check_rank(lengths, size)
    check_choice("padding", padding, PADDINGS)
    steps = per_axis("strides", strides, rank)
    dilation = per_axis("dilation_rate", dilation_rate, rank)
    outputs, before, padded = [], [], []
    for n, k, s, d in zip(lengths, size, steps, dilation):
        count = output_length(n, k, s, padding, d) or 0
        if count < 1:
            raise ValueError(
                f"convolution expected an input at least as long as its window of {reach(k, d)}, "
                f"got lengths {lengths} for a kernel of {size}; make the kernel smaller, or "
                "padding='same'"
            )
        missing = max((count - 1) * s + reach(k, d) - n, 0)
        left = {"valid": 0, "same": missing // 2, "causal": reach(k, d) - 1}[padding]
        outputs.append(count)
        before.append(left)
        padded.append(max(left + n, (count - 1) * s + reach(k, d)))
    return Plan(lengths, tuple(outputs), size, steps, dilation, tuple(before), tuple(padded))


def transposed_plan_of(
    outputs: Shape,
    size: Shape,
    strides: Any,
    padding: str,
    output_padding: Any,
    dilation_rate: Any,
) -> Plan:
    """Return the plan of the convolution whose transpose takes an input of length ``outputs``."""
    return _transposed_plan(
        outputs,
        size,
        _hashable(strides),
        padding,
        _hashable(output_padding),
        _hashable(dilation_rate),
    )


@lru_cache(maxsize=256)
def _transposed_plan(
    outputs: Shape,
    size: Shape,
    strides: Any,
    padding: str,
    output_padding: Any,
    dilation_rate: Any,
) -> Plan:
    rank = _check_rank(outputs, size)
    check_choice("padding", padding, PADDINGS[:2])
    steps = per_axis("strides", strides, rank)
    dilation = per_axis("dilation_rate", dilation_rate, rank)
    extras: tuple[int | None, ...] = (None,) * rank
    if output_padding is not None:
        extras = per_axis("output_padding", output_padding, rank, zero=True)
    lengths, before, padded = [], [], []
    for n, k, s, d, extra in zip(outputs, size, steps, dilation, extras):
        span = reach(k, d)
        length = transposed_length(n, k, s, padding, extra, d) or 0
        if length < 1:
            raise ValueError(
                f"conv_transpose expected lengths that give an output, got {outputs} for a kernel "
                f"of {size} with strides {steps}; raise output_padding"
            )
        left = 0
        if padding == "same":  # Keras puts the odd zero of the dilated input before it
            total = length - (n - 1) * s + span - 2
            left = span - 1 - min(-(-total // 2), span - 1)
        lengths.append(length)
        before.append(left)
        padded.append(max(left + length, (n - 1) * s + span))
    return Plan(tuple(lengths), outputs, size, steps, dilation, tuple(before), tuple(padded))


def _check_rank(lengths: Shape, size: Shape) -> int:
    if len(lengths) != len(size) or not size:
        raise ValueError(
            f"convolution expected an input of {len(size) + 2} axes (batch, ..., channels) for a "
            f"kernel of {len(size) + 2}, got {len(lengths) + 2}; add or remove axes"
        )
    return len(size)
