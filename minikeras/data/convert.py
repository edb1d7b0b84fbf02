"""Arrays out of whatever holds numbers, with an error that helps when it does not."""

import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from minikeras import config
from minikeras._typing import Array

__all__ = ["Arrays", "is_array", "leaves", "map_leaves", "to_array", "to_arrays"]

Arrays: TypeAlias = Array | list[Array] | dict[str, Array]
"""One array, or a list or dict of arrays for several inputs or outputs."""


def is_array(value: Any) -> bool:
    """Return whether ``value`` is an array or can give one: a frame, a series, a tensor."""
    return any(hasattr(value, name) for name in ("__array__", "to_numpy", "__array_interface__"))


def to_array(name: str, value: Any, *, keep: str = "") -> Array:
    """Return ``value`` as a C-contiguous array of the default float type.

    An array that already is one is returned itself; anything else is copied once.

    Parameters
    ----------
    name : str
        What error messages call the value.
    value : array_like, shape (samples, ...)
        Real numbers in an array, nested lists, a DataFrame, a Series, a tensor. Byte order,
        strides, width and read-only memory do not matter.
    keep : str, default ""
        Kinds of dtype that stay as they are: ``"iu"`` integers, as class labels want it, ``"U"``
        text.

    Returns
    -------
    array, shape (samples, ...)
        A memory-mapped array is checked and returned as it is: its batches are converted when they
        are read.

    Raises
    ------
    TypeError
        If the elements are not real numbers.
    ValueError
        If there is no sample axis, or rows differ in length.

    Examples
    --------
    >>> from minikeras.data import to_array
    >>> to_array("x", [[1, 2], [3, 4]])
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    array = value if isinstance(value, np.ndarray) else _read(name, value)
    if array.dtype.kind not in "fiub" and array.dtype.kind not in keep:
        raise TypeError(f"{name} must hold real numbers, {_not_numbers(name, array)}")
    if array.ndim == 0:
        raise ValueError(
            f"{name} must have samples along its first axis, got the single number {array}; write "
            f"np.array([{array}]) if it is one sample"
        )
    if isinstance(array, np.memmap):
        return array
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError(
            f"{name} has masked elements, which would be read as ordinary numbers; write "
            f"{name}.filled(0) to give them a value, and weight those samples by sample_weight"
        )
    return _native(array, keep)


def _native(array: Array, keep: str) -> Array:
    if array.dtype.kind in keep:
        dtype = array.dtype.newbyteorder("=")
    else:
        dtype = np.dtype(config.floatx())
    ready = array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned
    if ready and type(array) is np.ndarray:
        return array
    with np.errstate(over="ignore"):  # beyond float32 becomes inf, which check_finite reports
        return np.require(array, dtype, ["C", "A", "E"])


def to_arrays(name: str, value: Any, *, keep: str = "") -> Arrays:
    """Return ``value`` as one array, or as a list or dict of arrays.

    Parameters
    ----------
    name : str
        What error messages call the value; members are called ``x[0]`` or ``x['image']``.
    value : array_like, or list, tuple or dict of array_like
        A list or tuple that begins with an array has one array per input or output; with numbers
        or lists of numbers it is one array.
    keep : str, default ""
        Kinds of dtype that stay as they are.

    Returns
    -------
    array, list of arrays or dict of arrays

    Raises
    ------
    TypeError, ValueError
        As ``to_array``, or if a list or dict is empty or has keys that are not names.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import to_arrays
    >>> to_arrays("x", {"age": [20, 30], "size": np.array([1.6, 1.8])})
    {'age': array([20., 30.], dtype=float32), 'size': array([1.6, 1.8], dtype=float32)}
    """
    if isinstance(value, Mapping):
        if not value or not all(isinstance(key, str) for key in value):
            raise ValueError(
                f"{name} must have one array under each input's or output's name, got a dict with "
                f"the keys {list(value)}; the names are those given to Input(name=...) or to layers"
            )
        return {key: to_array(f"{name}[{key!r}]", item, keep=keep) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and value and _has_samples(value[0]):
        return [to_array(f"{name}[{number}]", item, keep=keep) for number, item in enumerate(value)]
    return to_array(name, value, keep=keep)


def _has_samples(item: Any) -> bool:
    """Tell an array from a NumPy number in a list of numbers."""
    return is_array(item) and getattr(item, "ndim", 1) != 0


def leaves(name: str, value: Arrays | None) -> list[tuple[str, Array]]:
    """Return the arrays in ``value``, each with the name that error messages give it.

    Examples
    --------
    >>> import numpy as np
    >>> leaves("x", [np.zeros(1), np.ones(1)])
    [('x[0]', array([0.])), ('x[1]', array([1.]))]
    """
    if value is None:
        return []
    if isinstance(value, dict):
        return [(f"{name}[{key!r}]", array) for key, array in value.items()]
    if isinstance(value, list):
        return [(f"{name}[{number}]", array) for number, array in enumerate(value)]
    return [(name, value)]


def map_leaves(function: Callable[[str, Array], Array], name: str, value: Arrays) -> Arrays:
    """Apply ``function(name, array)`` to every array in ``value`` and keep the structure."""
    results = [function(*leaf) for leaf in leaves(name, value)]
    if isinstance(value, dict):
        return dict(zip(value, results, strict=True))
    return results if isinstance(value, list) else results[0]


def _read(name: str, value: Any) -> Array:
    if value is None:
        raise TypeError(f"{name} must be an array of numbers, got None; check what loads it")
    if isinstance(value, (str, bytes)):
        raise TypeError(
            f"{name} must be an array of numbers, got the text {value!r}; if it names a file, load "
            "it first, for example with np.load or np.loadtxt"
        )
    if hasattr(value, "toarray"):
        raise TypeError(
            f"{name} must be a dense array, got the sparse {type(value).__name__}; write "
            f"{name}.toarray(), or yield it in batches from a generator if it is large"
        )
    if all(hasattr(value, attribute) for attribute in ("dtypes", "to_numpy", "index")):
        return _read_frame(name, value)
    try:
        if hasattr(value, "__array__") or not hasattr(value, "to_numpy"):
            return np.asarray(value)
        return np.asarray(value.to_numpy())
    except Exception as error:
        if isinstance(error, ValueError) and isinstance(value, (list, tuple)):
            raise ValueError(f"{name} {_ragged(value)}") from error
        raise TypeError(
            f"{name} must be an array of numbers, but this {type(value).__name__} does not turn "
            f"into one: {error}"
        ) from error


def _read_frame(name: str, frame: Any) -> Array:
    """Read a pandas object column by column: only there each column still has its own type."""
    if hasattr(frame, "columns"):
        columns = list(zip(frame.columns, frame.dtypes, strict=True))
    else:  # a Series
        columns = [(getattr(frame, "name", None) or name, frame.dtypes)]
    bad = [f"{column!r} ({dtype})" for column, dtype in columns if dtype.kind not in "fiub"]
    if bad:
        raise TypeError(
            f"{name} must hold real numbers, got other types in column {', '.join(bad)}; leave "
            "columns out, or make numbers of them: pandas.to_numeric for numbers kept as text, "
            "pandas.get_dummies or pandas.factorize for categories"
        )
    if any(not isinstance(dtype, np.dtype) for _, dtype in columns):
        return np.asarray(frame.to_numpy(dtype="float64", na_value=np.nan))  # missing: NaN
    array: Array = frame.to_numpy()
    return array if array.dtype.kind != "O" else np.asarray(frame.to_numpy(dtype="float64"))


def _ragged(rows: Any) -> str:
    lengths = [len(row) if hasattr(row, "__len__") else None for row in rows]
    odd = next((number for number, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is None:
        got = "lists whose inner lists differ in length"
    else:
        first, other = (
            "is a single number" if lengths[number] is None else f"has {lengths[number]} values"
            for number in (0, odd)
        )
        got = f"row 0 that {first}, row {odd} that {other}"
    return f"must have rows of one length, got {got}; cut or pad them, for example with zeros"


def _not_numbers(name: str, array: Array) -> str:
    """Return the end of an error message: what the array holds instead, and what to do."""
    kind = array.dtype.kind
    got = f"got {array.dtype}"
    if kind == "c":
        return f"{got}; pass both parts: np.stack([np.real({name}), np.imag({name})], axis=-1)"
    if kind in "UST":
        example = array.reshape(-1)[0] if array.size else ""
        return (
            f"got text such as {str(example)!r}; if these are numbers, write "
            f"np.array({name}, dtype=float), if words, np.unique({name}, return_inverse=True)[1]"
        )
    if kind in "mM":
        return f"{got}; turn times into numbers, for example ({name} - {name}.min()).astype(float)"
    if kind != "O":
        if array.dtype.names:
            fields = f"np.stack([{name}[field] for field in {name}.dtype.names], axis=-1)"
            return f"got records; stack their fields: {fields}"
        return f"{got}; convert it: {name}.astype('float32')"
    if array.ndim == 0:
        return f"got {array.item()!r}; write it as nested lists or with np.array"
    for index, item in np.ndenumerate(array):
        if isinstance(item, (list, tuple, np.ndarray)):
            return f"got objects; {name} {_ragged(array.reshape(-1))}"
        if not isinstance(item, numbers.Real):
            place = ", ".join(map(str, index))
            return (
                f"got objects: {name}[{place}] is {item!r} ({type(item).__name__}); replace what "
                f"is not a number, then write np.array({name}, dtype='float32')"
            )
    return f"got numbers kept as objects; write np.array({name}, dtype='float32')"
