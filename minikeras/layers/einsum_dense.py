"""EinsumDense: a dense layer for any axes, written as an ``einsum``."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, Unpack

import numpy as np

from minikeras import activations, constraints, initializers, regularizers
from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_positive_int
from minikeras.initializers import VarianceScaling
from minikeras.layers.base import Layer, LayerOptions
from minikeras.ops.dense import FUSED
from minikeras.ops.einsum import project
from minikeras.registry import register

__all__ = ["EinsumDense"]


class Shapes(NamedTuple):
    """What an equation says about weights and output, for one shape of the input."""

    kernel: PartialShape
    bias: PartialShape | None
    output: PartialShape
    input_axes: tuple[int, ...]  # of the kernel
    output_axes: tuple[int, ...]


@register("layer")
class EinsumDense(Layer):
    """Dense layer between any axes, ``activation(einsum(equation, x, kernel) + bias)``.

    Parameters
    ----------
    equation : str
        Such as ``"abc,cd->abd"``: axes of the input, the kernel and the output. The input and the
        output may have an ellipsis on the left or on the right, ``"...x,xy->...y"``.
    output_shape : int or tuple of int or None
        Lengths of the output's axes, without the batch and what an ellipsis stands for; None for
        one that follows the input: it stays unknown in the predicted shape, as in Keras.
    activation : str, callable or None
    bias_axes : str, optional
        Letters of the output's axes that have a bias of their own; default: no bias.
    kernel_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"`` and ``"zeros"``.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    kernel_constraint, bias_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If the equation does not say the kernel's shape, or does not fit ``output_shape``,
        ``bias_axes`` or the input.

    Notes
    -----
    Weights ``kernel``, with the axes that the equation gives it, and ``bias``, with the output's
    axes from the first one with a bias on.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import EinsumDense
    >>> layer = EinsumDense("abc,cde->abde", (None, 2, 8), bias_axes="de")
    >>> layer(np.zeros((4, 10, 16))).shape
    (4, 10, 2, 8)
    >>> layer.kernel.shape, layer.bias.shape
    ((16, 2, 8), (2, 8))
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | PartialShape,
        activation: str | Callable[[Any], Any] | None = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        *,
        activity_regularizer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.equation = equation
        self._terms = _parse(self, equation)
        given = output_shape if isinstance(output_shape, tuple | list) else (output_shape,)
        self.output_shape = tuple(
            None if n is None else check_positive_int("each length in output_shape", n)
            for n in given
        )
        self._resolved = activation, activations.get(activation)
        for initializer in (kernel_initializer, bias_initializer):
            initializers.get(initializer)
        for regularizer in (kernel_regularizer, bias_regularizer):
            regularizers.get(regularizer)
        for constraint in (kernel_constraint, bias_constraint):
            constraints.get(constraint)
        self.activation = activation
        self.bias_axes = bias_axes
        for letter in bias_axes or "":
            if letter not in self._terms[2]:
                raise ValueError(
                    f"EinsumDense {self.name!r} expected bias_axes among the output's axes "
                    f"{self._terms[2]!r}, got {bias_axes!r}"
                )
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self._product_axes = _product_axes(*self._terms)
        self._bias_in_product = (
            bias_axes is None or bias_axes == self._terms[1][self._product_axes or 0 :]
        )

    def build(self, input_shape: PartialShape) -> None:
        shapes = self._shapes(input_shape)
        make = initializers.get(self.kernel_initializer)
        if isinstance(make, VarianceScaling) and None in (make.input_axes, make.output_axes):
            axes = {"input_axes": shapes.input_axes, "output_axes": shapes.output_axes}
            stream = make.seed
            make = type(make).from_config({**make.get_config(), **axes, "seed": stream})
        self.kernel = self.add_weight(
            self._known(shapes.kernel),
            make,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if shapes.bias is not None:
            self.bias = self.add_weight(
                self._known(shapes.bias),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def _known(self, shape: PartialShape) -> Shape:
        if None in shape:
            raise ValueError(
                f"EinsumDense {self.name!r} expected every length of its weights to be known, got "
                f"{shape} from equation {self.equation!r}; give output_shape that length, or "
                "declare that axis of the input"
            )
        return shape  # type: ignore[return-value]

    def _shapes(self, input_shape: PartialShape) -> Shapes:
        """Return the shapes of weights and output; the input's must fit the equation."""
        x, kernel, y, dots = self._terms
        hidden = len(input_shape) - len(x)
        if hidden < 0 or (hidden and not dots):
            wanted = f"at least {len(x)}" if dots else f"{len(x)}"
            raise ValueError(
                f"EinsumDense {self.name!r} expected an input of {wanted} axes for equation "
                f"{self.equation!r}, got shape {tuple(input_shape)}"
            )
        left = hidden if dots == "left" else 0
        lengths = dict(zip(x, input_shape[left:]))
        first = 0 if left else 1  # the batch is the input's first axis
        if len(self.output_shape) != len(y) - first:
            raise ValueError(
                f"EinsumDense {self.name!r} expected output_shape to have {len(y) - first} "
                f"lengths for equation {self.equation!r} (without the batch), got "
                f"{self.output_shape}"
            )
        for letter, n in zip(y[first:], self.output_shape):
            if letter in lengths and n is not None and n != lengths[letter]:
                raise ValueError(
                    f"EinsumDense {self.name!r} expected axis {letter!r} to have one length in the "
                    f"input and the output, got {lengths[letter]} and {n} for equation "
                    f"{self.equation!r}"
                )
            if lengths.get(letter) is None:
                lengths[letter] = n
        if first:
            lengths[y[0]] = input_shape[0]
        around = tuple(input_shape[:left]), tuple(input_shape[len(input_shape) - hidden + left :])
        bias = None
        if self.bias_axes:
            start = min(y.index(letter) for letter in self.bias_axes)
            bias = tuple(lengths[c] if c in self.bias_axes else 1 for c in y[start:])
            bias += (1,) * (hidden - left)
        return Shapes(
            tuple(lengths[letter] for letter in kernel),
            bias,
            (*around[0], *input_shape[:first], *self.output_shape, *around[1]),
            tuple(i for i, letter in enumerate(kernel) if letter not in y),
            tuple(i for i, letter in enumerate(kernel) if letter in y),
        )

    def check_input(self, x: Any) -> None:
        expected = self._shapes((None, *x.shape[1:])).kernel
        if expected != self.kernel.shape:
            raise ValueError(
                f"EinsumDense {self.name!r} was built for a kernel of shape {self.kernel.shape}, "
                f"an input of shape {x.shape} needs {expected}; give it what it was built for, or "
                "make a new layer"
            )

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        activation = self.activation
        if self._product_axes is None:
            z = np.einsum(self.equation, x, self.kernel, optimize=True)
            if self.bias is not None:
                z = z + self.bias
        elif not self._bias_in_product:
            z = project(x, self.kernel, axes=self._product_axes) + self.bias
        else:
            fused = activation if type(activation) is str and activation in FUSED else None
            z = project(x, self.kernel, self.bias, fused, axes=self._product_axes)
            if fused is not None:
                return z  # type: ignore[no-any-return]
        if activation is None:
            return z  # type: ignore[no-any-return]
        if activation is not self._resolved[0]:
            self._resolved = activation, activations.get(activation)
        return self._resolved[1](z)  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: PartialShape) -> Any:
        return self._shapes(input_shape).output


def _parse(layer: Layer, equation: Any) -> tuple[str, str, str, str]:
    """Return the letters of input, kernel and output, and the side of the ellipsis."""
    if not isinstance(equation, str):
        raise TypeError(
            f"equation must be a text such as 'abc,cd->abd', got {equation!r} "
            f"({type(equation).__name__})"
        )
    found = re.fullmatch(
        r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?",
        equation.replace(" ", ""),
    )
    sides = [bool(found and found[i]) for i in (1, 3, 5, 7)]
    if found is None or sides[:2] != sides[2:] or all(sides):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected an equation such as 'ab,bc->ac', "
            f"'...ab,bc->...ac' or 'ab...,bc->ac...', got {equation!r}"
        )
    x, kernel, y = found[2], found[4], found[6]
    for term in (x, kernel, y):
        if len(set(term)) < len(term):
            raise ValueError(
                f"{type(layer).__name__} {layer.name!r} expected each letter once in {term!r} of "
                f"equation {equation!r}"
            )
    for term, others, names in ((kernel, x + y, "input or the output"), (y, x + kernel, "others")):
        for letter in term:
            if letter not in others:
                raise ValueError(
                    f"{type(layer).__name__} {layer.name!r} expected axis {letter!r} in the "
                    f"{names} too, or its length is not known, got equation {equation!r}"
                )
    return x, kernel, y, "left" if sides[0] else "right" if sides[1] else ""


def _product_axes(x: str, kernel: str, y: str, dots: str) -> int | None:
    """Return how many axes a plain matrix product sums over; None if it is none."""
    for axes in range(1, len(kernel)):
        free = x[: len(x) - axes]
        if dots != "right" and x[len(x) - axes :] == kernel[:axes] and y == free + kernel[axes:]:
            return axes
    return None
