"""The door: choose a source for whatever the user handed in, and cut off a validation part."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minikeras._lazy import lazily
from minikeras._validation import check_choice, check_fraction, check_positive_int
from minikeras.data.arrays import ArraySource
from minikeras.data.checks import check_finite, count_samples
from minikeras.data.convert import Arrays, is_array, leaves, map_leaves, to_arrays
from minikeras.data.endless import is_endless
from minikeras.data.packing import unpack_x_y_sample_weight
from minikeras.data.py_dataset import PyDataset
from minikeras.data.source import Batch, Source
from minikeras.data.weights import check_class_weight, class_to_sample_weight, read_sample_weight
from minikeras.random import SeedGenerator, generator

__all__ = ["adapt", "as_x_y_sample_weight", "train_validation_split"]

NAMES = ("x", "y", "sample_weight")

# Whoever has arrays needs no threads to read batches ahead, nor what these load.
_get, _ = lazily("minikeras.data", {"iterables": ("IterableSource", "PyDatasetSource")})


def adapt(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    class_weight: Mapping[int, float] | None = None,
    seed: int | SeedGenerator | np.random.Generator | None = None,
    allow_empty: bool = False,
    finite: bool = False,
    names: tuple[str, str, str] = NAMES,
    keep: str = "",
) -> Source:
    """Return a source of batches for data of any accepted kind.

    Parameters
    ----------
    x : array_like, list or dict of array_like, PyDataset, or iterable of batches
        Inputs of shape (samples, ...): arrays, nested lists of numbers, a DataFrame, tensors. A
        list that begins with an array has one array per input. A generator, loader, ``PyDataset``
        or list of tuples gives batches ``x``, ``(x, y)`` or ``(x, y, sample_weight)``.
    y : array_like, or list or dict of array_like, or None
        Targets, of as many samples as ``x``. Integers stay integers; all else becomes the
        default float type. Not with batches, which carry their own.
    sample_weight : array_like, list or dict of array_like, or None
        Weights of at least 0, shape (samples,); one array for all outputs, or one for each.
    batch_size : int or None
        Samples in a batch of arrays, 32 if None; with ``steps``, what makes that many batches.
        Without effect on batches that come ready-made.
    steps : int or None
        Batches in an epoch; None reads all data. ``steps_per_epoch`` in ``fit``.
    shuffle : bool or "batch"
        True shuffles the samples of arrays, and the order of a ``PyDataset``'s batches, anew in
        every epoch; ``"batch"`` shuffles batches only. Other batches come as they come.
    class_weight : dict of int to float, or None
        Weight of each class that occurs in ``y``. Not together with ``sample_weight``.
    seed : int, SeedGenerator, numpy.random.Generator or None
        Where the orders come from; None is the global stream.
    allow_empty : bool
        Accept data without samples, as ``predict`` does: one batch of length 0.
    finite : bool
        Refuse NaN and infinity, as ``fit`` and ``evaluate`` do: at once in arrays, when they are
        read in batches and memory-mapped files.
    names : tuple of str
        What error messages call the three arrays.
    keep : str, default ""
        Kinds of dtype that stay as they are in ``x``, such as ``"iu"`` for integers; all else
        becomes the default float type.

    Returns
    -------
    Source
        An ``ArraySource``, ``IterableSource`` or ``PyDatasetSource``.

    Raises
    ------
    TypeError, ValueError
        If the data cannot be trained on; the message names the argument, what was expected, what
        came and what to do. Batches are checked when they are read.

    Notes
    -----
    Batches that certainly never end (``itertools.cycle``, a generator around ``while True``, a
    ``PyDataset`` without a number of batches) need ``steps``. Other endless iterables cannot be
    told from long ones: after 100,000 batches in an epoch a warning asks.

    Examples
    --------
    >>> from minikeras.data import adapt
    >>> source = adapt([[0, 0], [0, 1], [1, 0]], [0, 1, 1], batch_size=2)
    >>> for x, y, weight in source.epoch():
    ...     print(x.tolist(), y.tolist(), weight)
    [[0.0, 0.0], [0.0, 1.0]] [0, 1] None
    [[1.0, 0.0]] [1] None
    """
    if batch_size is not None:
        batch_size = check_positive_int("batch_size", batch_size)
    if steps is not None:
        steps = check_positive_int("steps_per_epoch (steps in evaluate and predict)", steps)
    if not isinstance(shuffle, (bool, np.bool_)):
        check_choice("shuffle", shuffle, [True, False, "batch"])
    weights = None if class_weight is None else check_class_weight(class_weight)
    if _gives_batches(names[0], x, y):
        for name, value in zip(names[1:], (y, sample_weight), strict=True):
            if value is not None:
                raise ValueError(
                    f"{name} must not be given when {names[0]} ({type(x).__name__}) gives batches; "
                    "let each batch carry it, as in (x, y), or write "
                    f"np.array(list({names[0]})) if it holds samples"
                )
        return _iterable_source(
            x,
            limit=steps,
            shuffle=bool(shuffle),
            random=generator(seed),
            class_weight=weights,
            finite=finite,
            allow_empty=allow_empty,
            keep=keep,
        )
    data = _read(x, y, sample_weight, names, keep)
    samples = count_samples(dict(zip(names, data, strict=True)))
    if samples == 0 and not allow_empty:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in leaves(names[0], data[0]))
        raise ValueError(
            f"{names[0]} must have at least one sample, got {shapes}; check the file or the filter "
            "it comes from"
        )
    inputs, targets, sample_weights = data
    if weights is not None:
        if sample_weights is not None:
            raise ValueError(
                f"{names[2]} must not be given together with class_weight; multiply the class "
                "weights into it and leave class_weight out"
            )
        sample_weights = class_to_sample_weight(targets, weights)
    if finite:
        for part, value in zip(names, data, strict=True):
            for name, array in leaves(part, value):
                if not isinstance(array, np.memmap):
                    check_finite(name, array)
    return ArraySource(
        inputs,
        targets,
        sample_weights,
        samples=samples,
        batch_size=batch_size,
        limit=steps,
        shuffle=shuffle if isinstance(shuffle, str) else bool(shuffle),
        random=generator(seed),
        finite=finite,
        names=names,
        keep=keep,
    )


def train_validation_split(
    x: Any, y: Any, sample_weight: Any, validation_split: float, keep: str = ""
) -> tuple[Batch, Batch | None]:
    """Cut the last samples off for validation, before any shuffling.

    Parameters
    ----------
    x, y, sample_weight : array_like, list or dict of array_like, or None
        As for ``adapt``; not batches.
    validation_split : float
        Share of the samples, in [0, 1), that goes into the second part.
    keep : str, default ""
        As for ``adapt``.

    Returns
    -------
    training, validation : tuples (x, y, sample_weight)
        Views of the converted arrays. The training part has ``floor(samples * (1 - split))``
        samples, as in Keras. ``validation`` is None if ``validation_split`` is 0.

    Raises
    ------
    TypeError, ValueError
        If the share is outside [0, 1), a part would be empty, or ``x`` gives batches.

    Examples
    --------
    >>> from minikeras.data import train_validation_split
    >>> training, validation = train_validation_split([1, 2, 3, 4], None, None, 0.25)
    >>> training[0], validation[0]
    (array([1., 2., 3.], dtype=float32), array([4.], dtype=float32))
    """
    share = check_fraction("validation_split", validation_split)
    if _gives_batches("x", x, y):
        raise ValueError(
            f"validation_split must be 0 when x ({type(x).__name__}) gives batches, got {share}; "
            "pass other batches as validation_data"
        )
    data = _read(x, y, sample_weight, NAMES, keep)
    if share == 0:
        return data, None
    samples = count_samples(dict(zip(NAMES, data, strict=True)))
    middle = math.floor(samples * (1.0 - share))
    if not 0 < middle < samples:
        raise ValueError(
            f"validation_split must leave samples in both parts, but {share} of {samples} samples "
            f"leaves {middle} for training and {samples - middle} for validation; give more data, "
            "another share, or validation_data"
        )
    return _rows(data, slice(0, middle)), _rows(data, slice(middle, samples))


def as_x_y_sample_weight(validation_data: Any) -> tuple[Any, Any, Any]:
    """Take ``validation_data`` apart into the first three arguments of ``adapt``.

    Parameters
    ----------
    validation_data : (x, y), (x, y, sample_weight), PyDataset or iterable of batches

    Returns
    -------
    x, y, sample_weight : tuple
        ``(validation_data, None, None)`` if it gives batches.

    Raises
    ------
    ValueError
        If it is a tuple of another length.

    Examples
    --------
    >>> from minikeras.data import as_x_y_sample_weight
    >>> as_x_y_sample_weight(([1.0, 2.0], [0, 1]))
    ([1.0, 2.0], [0, 1], None)
    """
    if isinstance(validation_data, list) and _gives_batches("x", validation_data, None):
        return validation_data, None, None
    if isinstance(validation_data, (tuple, list)) and len(validation_data) not in (2, 3):
        raise ValueError(
            "validation_data must be (x, y), (x, y, sample_weight) or give batches, got a "
            f"{type(validation_data).__name__} of {len(validation_data)}; put several inputs "
            "together: ([x1, x2], y)"
        )
    return unpack_x_y_sample_weight(validation_data)


def _rows(data: Batch, rows: slice) -> Batch:
    x, y, weight = (
        None if value is None else map_leaves(lambda _, array: array[rows], "", value)
        for value in data
    )
    return x, y, weight


def _read(
    x: Any, y: Any, sample_weight: Any, names: tuple[str, str, str], keep: str
) -> tuple[Arrays, Arrays | None, Arrays | None]:
    inputs = to_arrays(names[0], x, keep=keep)
    targets = None if y is None else to_arrays(names[1], y, keep="iu")
    return inputs, targets, read_sample_weight(names[2], sample_weight, targets)


def _gives_batches(name: str, x: Any, y: Any) -> bool:
    """Tell an iterable of batches from arrays; raise an error for what is neither."""
    wanted = "arrays, a list or dict of arrays, or an iterable of batches"
    if isinstance(x, type) or (callable(x) and not hasattr(x, "__iter__")):
        call = f"{getattr(x, '__name__', 'it')}()"
        raise TypeError(
            f"{name} must be {wanted}, got {x!r}; if it gives the data, call it: {call}"
        )
    if isinstance(x, PyDataset):
        return True
    if isinstance(x, (list, tuple)):
        # A list of tuples of arrays is a list of batches (x, y); not if there is a y besides.
        return y is None and bool(x) and all(_is_batch(item) for item in x)
    no_batches = (int, float, complex, str, bytes, range, Mapping)
    if x is None or is_array(x) or isinstance(x, no_batches) or hasattr(x, "toarray"):
        return False
    if not hasattr(x, "__iter__"):
        remedy = "write it as nested lists or with np.array"
        if hasattr(x, "__getitem__"):
            remedy = "derive its class from minikeras.utils.PyDataset, or yield its batches"
        raise TypeError(f"{name} must be {wanted}, got {x!r} ({type(x).__name__}); {remedy}")
    return True


def _is_batch(item: Any) -> bool:
    return isinstance(item, tuple) and 1 <= len(item) <= 3 and all(map(_is_part, item))


def _is_part(item: Any) -> bool:
    """Return whether an item is a member of a batch: an array or several, or nothing."""
    if isinstance(item, (list, dict)):
        item = next(iter(item.values() if isinstance(item, dict) else item), 0)
    return item is None or (is_array(item) and getattr(item, "ndim", 1) != 0)


def _iterable_source(
    x: Iterable[Any],
    *,
    limit: int | None,
    shuffle: bool,
    random: np.random.Generator,
    class_weight: dict[int, float] | None,
    finite: bool,
    allow_empty: bool,
    keep: str,
) -> Source:
    endless = x.num_batches is None if isinstance(x, PyDataset) else is_endless(x)
    if endless and limit is None:
        raise ValueError(
            f"steps_per_epoch (steps in evaluate and predict) must say how many batches make an "
            f"epoch, because the {type(x).__name__} given as x never ends; for example "
            "steps_per_epoch=100"
        )
    settings: dict[str, Any] = {
        "limit": limit,
        "class_weight": class_weight,
        "finite": finite,
        "allow_empty": allow_empty,
        "keep": keep,
    }
    if isinstance(x, PyDataset):
        source: Source = _get("PyDatasetSource")(x, shuffle=shuffle, random=random, **settings)
    else:
        source = _get("IterableSource")(x, **settings)
    return source
