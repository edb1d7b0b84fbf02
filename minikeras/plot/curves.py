"""Training curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from minikeras._svg import curves
from minikeras._svg.picture import Picture
from minikeras.callbacks import History

__all__ = ["history"]


def history(
    history: History | Mapping[str, Sequence[float | None]], *names: str, ax: Any = None
) -> Any:
    """Draw what ``fit`` recorded: the loss and each metric, with their validation.

    Parameters
    ----------
    history : History or dict
        What ``fit`` returns, or its ``.history``: lists of numbers by name.
    *names : str
        What to draw, such as ``"loss"``; default: all.
    ax : matplotlib Axes, optional
        Draw there instead, all in one.

    Returns
    -------
    Picture
        Or ``ax``, where it is given.

    Raises
    ------
    TypeError
        If ``history`` is neither.
    ValueError
        If nothing was recorded, or not under this name.

    Examples
    --------
    >>> from minikeras import plot
    >>> plot.history({"loss": [2.0, 1.0], "val_loss": [2.5, 1.5]}).desc
    'loss goes from 2 to 1 in 2 steps (lowest 1, highest 2); val_loss goes from 2.5 to 1.5 in 2 \
steps (lowest 1.5, highest 2.5).'
    """
    if isinstance(history, Mapping):
        record = History()
        record.history = {name: list(values) for name, values in history.items()}
    elif isinstance(history, History):
        record = history
    else:
        raise TypeError(
            "history expected what fit returns, or a dict with lists of numbers, got "
            f"{history!r} ({type(history).__name__})"
        )
    panels = record._panels(names)
    if ax is not None:
        return record.plot(*names, ax=ax)
    return Picture(curves(record._aligned([name for panel in panels for name in panel])))
