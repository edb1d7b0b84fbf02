"""The tuples ``x``, ``(x, y)`` and ``(x, y, sample_weight)`` that travel through ``train_step``."""

from typing import Any

__all__ = ["pack_x_y_sample_weight", "unpack_x_y_sample_weight"]


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Split what ``train_step(data)`` receives into inputs, targets and weights.

    Parameters
    ----------
    data : x, (x,), (x, y) or (x, y, sample_weight)
        A list counts as a tuple; anything else is ``x`` alone.

    Returns
    -------
    x, y, sample_weight : tuple
        None for what is absent.

    Raises
    ------
    ValueError
        If the tuple has no or more than three members.

    Examples
    --------
    >>> from minikeras.data import unpack_x_y_sample_weight
    >>> unpack_x_y_sample_weight(("inputs", "targets"))
    ('inputs', 'targets', None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"a batch must be x, (x, y) or (x, y, sample_weight), got a {type(data).__name__} of "
            f"{len(data)}; for several inputs put them together: ([x1, x2], y)"
        )
    x, y, weight = [*data, None, None][:3]
    return x, y, weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Put inputs, targets and weights into the tuple that ``train_step(data)`` receives.

    Parameters
    ----------
    x : array, list or dict of arrays
    y : array, list or dict of arrays, or None
    sample_weight : array, list or dict of arrays, or None
        Dropped when there is no ``y``.

    Returns
    -------
    x, (x,), (x, y) or (x, y, sample_weight)
        Only as long as needed; ``x`` alone is wrapped if it is a list or tuple itself.

    Examples
    --------
    >>> from minikeras.data import pack_x_y_sample_weight
    >>> pack_x_y_sample_weight("inputs", "targets")
    ('inputs', 'targets')
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
