"""Images with predictions, filters and feature maps."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minikeras import config
from minikeras._svg.colors import heat, signed
from minikeras._svg.draw import COLORS, INK
from minikeras._svg.tiles import Tile
from minikeras._typing import ArrayLike
from minikeras._validation import check_positive_int
from minikeras.plot.chain import layer_outputs, named_layer
from minikeras.plot.classes import labels_of
from minikeras.plot.onto_axes import finish_tiles

__all__ = ["feature_maps", "filters", "images"]

_RIGHT, _WRONG = COLORS[2], COLORS[7]


def images(
    x: ArrayLike,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    limit: int = 40,
    title: str = "images",
    ax: Any = None,
) -> Any:
    """Draw images with what they are and what a model takes them for.

    Parameters
    ----------
    x : array, shape (samples, height, width) or (samples, height, width, channels)
        1, 3 or 4 channels, which come first if ``config.image_data_format()`` says so. Integers
        and numbers from 0 to 1 are shown as they are, all else stretched from its smallest to
        its largest number. One image alone may do without the first axis if it has no channels.
    labels : array, shape (samples,) or (samples, classes), optional
        Classes from 0, or one-hot.
    predictions : array, shape (samples,), (samples, 1) or (samples, classes), optional
        Classes, or what ``predict`` gives.
    class_names : sequence of str, optional
        Default: the numbers.
    columns : int, optional
        Images in a row; default 10, or fewer for few.
    limit : int, default 40
        At most so many are drawn, from the first; the picture says so.
    title : str, default "images"
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Right predictions have a green frame; wrong ones a red one, and "label ≠ prediction" below.
        Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If ``x`` does not hold images, or the numbers of samples differ.

    Examples
    --------
    >>> from minikeras import plot
    >>> from minikeras.datasets import digits
    >>> (x, y), _ = digits.load_data()
    >>> plot.images(x[:3], y[:3], [7, 9, 1]).desc
    '3 images of 8 x 8. By label and prediction: 7, 9, 7 taken for 1. 2 of 3 right.'
    """
    pixels = _as_pixels(x)
    check_positive_int("limit", limit)
    count = len(pixels)
    known = {}
    for name, given in (("labels", labels), ("predictions", predictions)):
        if given is not None:
            known[name] = labels_of(name, given)
            if len(known[name]) != count:
                raise ValueError(
                    f"{name} must hold one per image, got {len(known[name])} for {count} images"
                )
    tiles, said = [], []
    for i in range(min(count, limit)):
        texts = {name: _class(values[i], class_names) for name, values in known.items()}
        caption, color = " / ".join(texts.values()), INK
        if len(texts) == 2:
            right = known["labels"][i] == known["predictions"][i]
            color = _RIGHT if right else _WRONG
            caption = texts["labels"] if right else " ≠ ".join(texts.values())
            said.append(texts["labels"] if right else " taken for ".join(texts.values()))
        elif texts:
            said.append(caption)
        tiles.append(Tile(pixels[i], caption, color, f"image {i}: {caption}".rstrip(": ")))
    height, width = pixels.shape[1:3]
    desc = f"{count} image{'s'[: count != 1]} of {height} x {width}."
    if said:
        kinds = "label and prediction" if len(known) == 2 else next(iter(known))[:-1]
        desc += f" By {kinds}: {', '.join(said)}."
    if len(known) == 2:
        right = int(np.sum(known["labels"] == known["predictions"]))
        desc += f" {right} of {count} right."
    note = f"the first {len(tiles)} of {count:,}" if len(tiles) < count else ""
    across = min(columns or 10, len(tiles))
    return finish_tiles(tiles, title, desc, ax, columns=across, note=note)


def filters(
    layer: Any,
    *,
    shape: tuple[int, ...] | None = None,
    limit: int = 64,
    columns: int | None = None,
    ax: Any = None,
) -> Any:
    """Draw what a layer looks for: the filters of a convolution, or the weights of dense units.

    Parameters
    ----------
    layer : Layer
        Built, with a ``kernel``. Of a 2-D convolution, each filter is drawn for each channel of
        its input; of a 1-D one as an image of steps by channels.
    shape : tuple of int, optional
        Of a ``Dense`` layer: how its inputs form an image, such as (28, 28). Default: a square
        if their number is one.
    limit : int, default 64
        At most so many images are drawn; the picture says so.
    columns : int, optional
        Images in a row.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Positive weights in blue, negative in orange, the same strength in all images. Or ``ax``,
        where it is given.

    Raises
    ------
    ValueError
        If the layer has no kernel, or it has no shape that can be drawn.

    Examples
    --------
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Conv2D
    >>> model = Sequential([Input((8, 8, 1)), Conv2D(4, 3, name="edges")])
    >>> plot.filters(model.layers[0]).desc.partition(";")[0]
    '4 filters of 3 x 3 of edges'
    """
    check_positive_int("limit", limit)
    kernel = getattr(layer, "kernel", None)
    name = getattr(layer, "name", repr(layer))
    if kernel is None:
        raise ValueError(
            f"filters expected a built layer with a kernel, such as Conv2D or Dense, got {name!r} "
            f"({type(layer).__name__})"
        )
    stack, tips = _kernels(np.asarray(kernel.value, dtype=float), shape, name)
    count = len(stack)
    peak = float(np.abs(np.nan_to_num(stack)).max(initial=0.0))
    drawn = signed(stack[:limit], peak)
    tiles = [Tile(image, tip=tip) for image, tip in zip(drawn, tips, strict=False)]
    size = " x ".join(map(str, stack.shape[1:]))
    desc = (
        f"{count} filter{'s'[: count != 1]} of {size} of {name}; weights from {stack.min():.3g} to "
        f"{stack.max():.3g}, blue positive, orange negative."
    )
    note = f"{len(tiles)} of {count:,} filters" if len(tiles) < count else ""
    note = "; ".join(filter(None, [note, f"blue up to {peak:.3g}, orange down to −{peak:.3g}"]))
    across = columns or min(len(tiles), max(8, math.ceil(math.sqrt(len(tiles)))))
    return finish_tiles(tiles, f"filters of {name}", desc, ax, columns=across, note=note)


def feature_maps(
    model: Any,
    x: ArrayLike,
    layer: Any,
    *,
    limit: int = 32,
    columns: int | None = None,
    ax: Any = None,
) -> Any:
    """Draw what a layer gives for one sample, a picture per channel.

    Parameters
    ----------
    model : Model
    x : array
        One sample, with or without a batch axis.
    layer : str, int or Layer
        Name or number of the layer, or itself; it may lie in a model inside.
    limit : int, default 32
        At most so many channels are drawn; the picture says so.
    columns : int, optional
        Images in a row; default 8.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        From the smallest number (dark) to the largest (bright) of all channels. Or ``ax``, where
        it is given.

    Raises
    ------
    ValueError
        If there is no such layer, it did not run, or its output has no height and width.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Conv2D
    >>> model = Sequential([Input((8, 8, 1)), Conv2D(4, 3, activation="relu", name="edges")])
    >>> plot.feature_maps(model, np.ones((8, 8, 1)), "edges").title
    'edges: 4 channels of 6 x 6'
    """
    check_positive_int("limit", limit)
    wanted = named_layer(model, layer)
    sample = np.asarray(x)
    shape = model._input_shape
    if isinstance(shape, tuple) and sample.ndim == len(shape) - 1:
        sample = sample[np.newaxis]
    found = [y for one, y in layer_outputs(model, sample[:1]) if one is wanted]
    if not found:
        raise ValueError(f"layer {wanted.name!r} did not run in model {model.name!r}")
    output = np.asarray(found[-1], dtype=float)[0]
    if getattr(wanted, "data_format", None) == "channels_first" and output.ndim > 1:
        output = np.moveaxis(output, 0, -1)
    if output.ndim == 2:  # steps and channels: one image
        output = output.T[..., np.newaxis]
    if output.ndim != 3:
        raise ValueError(
            f"feature_maps expected a layer whose output has height, width and channels, got "
            f"{wanted.name!r} with shape {output.shape}"
        )
    low, high = float(np.nanmin(output)), float(np.nanmax(output))
    shares = (output - low) / ((high - low) or 1.0)
    count = output.shape[-1]
    dead = int(np.sum((output == output[:1, :1]).all(axis=(0, 1))))
    tiles = [
        Tile(heat(shares[..., k])[..., :3], str(k), tip=f"channel {k}")
        for k in range(min(count, limit))
    ]
    size = f"{output.shape[0]} x {output.shape[1]}"
    title = f"{wanted.name}: {count} channel{'s'[: count != 1]} of {size}"
    desc = f"Values from {low:.3g} (dark) to {high:.3g} (bright)"
    desc += f"; {dead} of the channels are the same all over." if dead else "."
    note = f"{low:.3g} (dark) to {high:.3g} (bright)"
    if len(tiles) < count:
        note = f"the first {len(tiles)} of {count}, {note}"
    across = min(columns or 8, len(tiles))
    return finish_tiles(tiles, title, desc, ax, columns=across, note=note)


def _class(number: int, names: Sequence[str] | None) -> str:
    return str(number) if names is None or number >= len(names) else str(names[number])


def _as_pixels(x: ArrayLike) -> npt.NDArray[np.uint8]:
    """Return images as (samples, height, width, channels) from 0 to 255."""
    found = np.asarray(x)
    if found.ndim == 2:
        found = found[np.newaxis]
    if found.ndim == 3:
        found = found[..., np.newaxis]
    elif found.ndim == 4 and config.image_data_format() == "channels_first":
        found = np.moveaxis(found, 1, -1)
    if found.ndim != 4 or found.shape[-1] not in (1, 3, 4) or not found.size:
        raise ValueError(
            "images expected shape (samples, height, width) or (samples, height, width, channels) "
            f"with 1, 3 or 4 channels, got {np.shape(x)}"
        )
    if found.dtype == np.uint8:
        return np.asarray(found, np.uint8)
    values = np.nan_to_num(found.astype(float), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    if found.dtype.kind in "iub" and low >= 0 and high <= 255 and high > 1:
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    scaled: npt.NDArray[np.uint8] = np.rint(255 * (values - low) / ((high - low) or 1.0)).astype(
        np.uint8
    )
    return scaled


def _kernels(
    kernel: npt.NDArray[np.float64], shape: tuple[int, ...] | None, name: str
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Return the images, shape (images, height, width), and what each is."""
    if kernel.ndim == 4:
        inputs, outputs = kernel.shape[2:]
        stack = kernel.transpose(3, 2, 0, 1).reshape(-1, *kernel.shape[:2])
        tips = [f"filter {k}, channel {c}" for k in range(outputs) for c in range(inputs)]
    elif kernel.ndim == 3:
        stack = kernel.transpose(2, 1, 0)
        tips = [f"filter {k}" for k in range(len(stack))]
    elif kernel.ndim == 2:
        side = math.isqrt(kernel.shape[0])
        shape = (side, side) if shape is None else tuple(shape)
        if len(shape) == 3 and shape[-1] == 1:
            shape = shape[:-1]
        if len(shape) != 2 or math.prod(shape) != kernel.shape[0]:
            raise ValueError(
                f"the {kernel.shape[0]} inputs of {name!r} do not form an image of shape {shape}; "
                "give shape=(height, width)"
            )
        stack = kernel.T.reshape(-1, *shape)
        tips = [f"unit {k}" for k in range(len(stack))]
    else:
        raise ValueError(f"filters cannot draw the kernel of {name!r}, of shape {kernel.shape}")
    return stack, tips
