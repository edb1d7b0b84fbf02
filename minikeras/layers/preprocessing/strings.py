"""Strings in arrays: what layers accept where others want numbers."""

from typing import Any

import numpy as np

from minikeras.autodiff import bare

__all__ = ["string_array", "strings"]


def string_array(value: Any) -> Any:
    """Return lists of strings or integers as an array; arrays stay as they are.

    Parameters
    ----------
    value : str, int, bytes, nested list, or array

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If the rows of a list differ in length.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.strings import string_array
    >>> string_array([["a", "b"], ["c", "long"]]).shape
    (2, 2)
    """
    value = bare(value)
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__array__"):
        return np.asarray(value)
    # Objects, for a fixed width of characters would make every text as long as the longest.
    array = np.array(_same_lengths(value), dtype=object)
    if array.size and isinstance(array.flat[0], bool | int | float | np.number):
        return np.array(value)
    return array


def _same_lengths(value: Any) -> Any:
    if isinstance(value, list | tuple) and value:
        kinds = {len(v) if isinstance(v, list | tuple) else -1 for v in value}
        if len(kinds) > 1:
            raise ValueError(
                f"expected rows of one length, got lengths {sorted(kinds)}; pad the short ones "
                "with ''"
            )
        for item in value:
            _same_lengths(item)
    return value


def strings(x: Any, layer: str, encoding: str = "utf-8") -> list[str]:
    """Return the elements of an array of strings, row by row.

    Parameters
    ----------
    x : array of str or bytes
    layer : str
        Who asks, for the message.
    encoding : str, default "utf-8"
        Of bytes.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If an element is no string.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.preprocessing.strings import strings
    >>> strings(np.array([[b"a", "b"]], dtype=object), "StringLookup")
    ['a', 'b']
    """
    items: list[Any] = x.ravel().tolist()
    if x.dtype.kind in "UT":
        return items
    if x.dtype.kind == "S":
        return [item.decode(encoding) for item in items]
    for i, item in enumerate(items):
        if not isinstance(item, str):
            if not isinstance(item, bytes):
                raise TypeError(
                    f"{layer} expected strings, got {item!r} ({type(item).__name__}); convert "
                    "numbers with str, and replace missing values by ''"
                )
            items[i] = item.decode(encoding)
    return items
