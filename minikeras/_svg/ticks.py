"""Round numbers for an axis."""

import math

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


def ticks(low: float, high: float, count: int = 5, *, whole: bool = False) -> list[float]:
    """Return multiples of a round step that reach from below ``low`` to above ``high``.

    Parameters
    ----------
    low, high : float
        Smallest and largest value to show, finite. Equal ones get some room around them.
    count : int, default 5
        About how many steps to make.
    whole : bool, default False
        Whether to stay at integers, as for epochs.

    Examples
    --------
    >>> ticks(0.07, 2.3)
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    >>> ticks(1, 3, whole=True)
    [1.0, 2.0, 3.0]
    """
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high), 1e-290):
        room = 0.5 * max(abs(low), abs(high)) or 1.0
        low, high, span = low - room, high + room, 2 * room
    rough = span / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * digit for digit in _ROUND if unit * digit >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, step if step != 2.5 else 5.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def tick_labels(values: list[float]) -> list[str]:
    """Return the numbers as text with equally many decimals, or with powers of ten.

    Examples
    --------
    >>> tick_labels([0.0, 0.25, 0.5])
    ['0.00', '0.25', '0.50']
    >>> tick_labels([0.0, 5e-07])
    ['0', '5e-07']
    """
    largest = max(map(abs, values))
    if largest >= 1e6 or largest < 1e-3:
        return [f"{value:.6g}".replace("-", "−", value < 0) for value in values]
    decimals = max(len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values)
    return [f"{value:.{decimals}f}".replace("-", "−") for value in values]
