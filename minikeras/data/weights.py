"""Weights of samples: given one by one, or by the class that a sample belongs to."""

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.data.convert import Arrays, leaves, to_arrays

__all__ = ["check_class_weight", "class_to_sample_weight", "read_sample_weight"]


def read_sample_weight(name: str, value: Any, y: Arrays | None) -> Arrays | None:
    """Return sample weights in the structure of ``y``.

    Parameters
    ----------
    name : str
        What error messages call the weights.
    value : array_like, list or dict of array_like, or None
        Of shape (samples,), (samples, 1) or, for a weight at every step of a sequence, the leading
        axes of ``y``. One array stands for all outputs.
    y : array, list or dict of arrays, or None

    Returns
    -------
    array, list or dict of arrays, or None
        (samples, 1) becomes (samples,).

    Raises
    ------
    TypeError, ValueError
        If weights are negative, of another shape, or not one array for each output.

    Examples
    --------
    >>> import numpy as np
    >>> read_sample_weight("sample_weight", [[1], [2]], np.zeros((2, 3)))
    array([1., 2.], dtype=float32)
    """
    if value is None:
        return None
    weight = to_arrays(name, value)
    if isinstance(y, dict) and isinstance(weight, dict) and y.keys() == weight.keys():
        return {key: _check_one(f"{name}[{key!r}]", weight[key], y[key]) for key in y}
    if isinstance(y, list) and isinstance(weight, list) and len(y) == len(weight):
        return [
            _check_one(f"{name}[{number}]", *pair)
            for number, pair in enumerate(zip(weight, y, strict=True))
        ]
    if isinstance(weight, (list, dict)):
        raise ValueError(
            f"{name} must be one array of shape (samples,), or have one array for every output in "
            f"y, got {_describe(weight)} for {_describe(y)}; arrange it as y is arranged"
        )
    if isinstance(y, list):
        return [_check_one(name, weight, target) for target in y]
    if isinstance(y, dict):
        return {key: _check_one(name, weight, target) for key, target in y.items()}
    return _check_one(name, weight, y)


def _describe(value: Arrays | None) -> str:
    if isinstance(value, dict):
        return f"a dict of {sorted(value)}"
    return f"a list of {len(value)} arrays" if isinstance(value, list) else "a single array"


def _check_one(name: str, weight: Array, y: Array | None) -> Array:
    if weight.shape[1:] == (1,):
        weight = weight.reshape(-1)
    # Lengths are compared by count_samples, together with those of x.
    if weight.ndim > 1 and (y is None or weight.shape[1:] != y.shape[1 : weight.ndim]):
        target = f"y of shape {y.shape}" if y is not None else "no y"
        raise ValueError(
            f"{name} must have shape (samples,) or the leading axes of y, got {weight.shape} for "
            f"{target}; give one weight for each sample, for example {name}.mean(axis=1)"
        )
    negative = weight < 0
    if negative.any():
        row = int(np.argwhere(negative)[0, 0])
        raise ValueError(
            f"{name} must not be negative, got {weight[row].min()} in row {row}; a sample that "
            "should not count has the weight 0"
        )
    return weight


def check_class_weight(class_weight: Any) -> dict[int, float]:
    """Return ``class_weight`` with plain numbers as keys and values.

    Raises
    ------
    TypeError, ValueError
        If it is not a dict from class number to a finite weight of at least 0.

    Examples
    --------
    >>> check_class_weight({0: 1, 1: 2.5})
    {0: 1.0, 1: 2.5}
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            "class_weight must be a dict from class number to weight, such as {0: 1.0, 1: 2.0}, "
            f"got {class_weight!r} ({type(class_weight).__name__}); write "
            "dict(enumerate(class_weight)) if its positions are the classes"
        )
    checked = {}
    for key, value in class_weight.items():
        # np.unique(y) of float labels gives 0.0, 1.0, ...: those are class numbers too.
        number = isinstance(key, numbers.Real) and not isinstance(key, bool)
        if not number or not float(key).is_integer():
            raise TypeError(
                f"class_weight must have class numbers as keys, got {key!r} "
                f"({type(key).__name__}); use the numbers that stand for the classes in y"
            )
        checked[int(key)] = float(check_number(f"class_weight[{key}]", value, 0))
    return checked


def class_to_sample_weight(y: Arrays | None, class_weight: dict[int, float]) -> Array:
    """Return each sample's weight, looked up by its class.

    Parameters
    ----------
    y : array, shape (samples,), (samples, 1) or one-hot (samples, classes)
        Class numbers, or rows that sum to 1, of which the largest element names the class.
    class_weight : dict of int to float
        A weight for every class that occurs.

    Returns
    -------
    array, shape (samples,)
        Of the default float type.

    Raises
    ------
    ValueError
        If ``y`` does not hold classes, or one of them has no weight.

    Examples
    --------
    >>> import numpy as np
    >>> class_to_sample_weight(np.array([0, 1, 1]), {0: 1.0, 1: 5.0})
    array([1., 5., 5.], dtype=float32)
    """
    if y is None or isinstance(y, (list, dict)):
        got = "no y" if y is None else f"{len(leaves('y', y))} outputs"
        raise ValueError(
            f"class_weight needs a single y with classes, got {got}; use sample_weight instead"
        )
    classes, positions = np.unique(_classes(np.asarray(y)), return_inverse=True)
    missing = [int(label) for label in classes if label not in class_weight]
    if missing:
        raise ValueError(
            f"class_weight must name every class in y, it has {sorted(class_weight)} but "
            f"{'class' if len(missing) == 1 else 'classes'} {', '.join(map(str, missing))} "
            f"{'is' if len(missing) == 1 else 'are'} missing; a weight of 1.0 changes nothing"
        )
    table = np.array([class_weight[int(label)] for label in classes], dtype=config.floatx())
    return table[positions]


def _classes(y: Array) -> Array:
    """Return class numbers, shape (samples,), out of labels or one-hot rows."""
    if y.ndim == 2 and y.shape[1] > 1:
        if np.allclose(y.sum(axis=1), 1.0, atol=1e-3) and y.min() >= 0:
            return np.asarray(y.argmax(axis=1))
        got = f"an array of shape {y.shape} whose rows do not sum to 1"
    elif y.ndim > 2:
        got = f"an array of shape {y.shape}"
    else:
        labels = y.reshape(-1)
        if labels.dtype.kind in "iu" or np.array_equal(labels, np.round(labels)):
            return labels
        got = f"{labels[labels != np.round(labels)][0]}"
    raise ValueError(
        "class_weight needs class numbers in y, of shape (samples,), or one-hot rows, got "
        f"{got}; use sample_weight to weight samples of another kind"
    )
