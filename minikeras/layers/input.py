"""Where a model begins: the declaration of what goes in."""

from typing import Any

from minikeras import config
from minikeras._typing import PartialShape
from minikeras._validation import check_positive_int, check_shape, suggest_arguments
from minikeras.graph import KerasTensor, Node
from minikeras.layers.base import Layer
from minikeras.registry import register

__all__ = ["Input", "InputLayer"]


@suggest_arguments
def Input(
    shape: PartialShape | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: PartialShape | None = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """Declare the shape of what goes into a model.

    Parameters
    ----------
    shape : tuple of int or None
        Shape of one sample, without the batch axis.
    batch_size : int, optional
        Length of the batch axis where it is fixed.
    dtype : str, optional
        Default ``config.floatx()``.
    sparse, ragged : bool, optional
        Accepted for Keras code, but not True: arrays are dense and rectangular here.
    batch_shape : tuple, optional
        Shape with the batch axis, instead of ``shape`` and ``batch_size``.
    name : str, optional
        Names the input in dictionaries of data.
    tensor : None
        Accepted for Keras code: any placeholder may be an input of a ``Model`` as it is.
    optional : bool, default False
        Whether None may be given in its place.

    Returns
    -------
    KerasTensor

    Raises
    ------
    ValueError
        If neither or both of ``shape`` and ``batch_shape`` are given, a length is below 1, or
        something is asked for that there is not.

    Examples
    --------
    >>> from minikeras import Input, Model, Sequential
    >>> from minikeras.layers import Dense
    >>> Sequential([Input((4,)), Dense(3)]).output_shape
    (None, 3)
    >>> x = Input((4,))
    >>> Model(x, x + Dense(4)(x)).output_shape
    (None, 4)
    """
    for argument, given in (("sparse", sparse), ("ragged", ragged)):
        if given:
            raise ValueError(
                f"Input expected {argument} to be None or False, got {given!r}; arrays are dense "
                "and rectangular here: fill with zeros (utils.pad_sequences pads sequences)"
            )
    if tensor is not None:
        raise ValueError(
            f"Input expected no tensor, got {tensor!r}; give it to Model(inputs, outputs) as it is"
        )
    layer = InputLayer(shape, batch_size, dtype, name, batch_shape=batch_shape, optional=optional)
    return layer.output  # type: ignore[no-any-return]


@register("layer")
class InputLayer(Layer):
    """The layer behind ``minikeras.Input``: declares a shape and passes arrays on as they are.

    Parameters
    ----------
    shape : tuple of int or None
        Shape of one sample.
    batch_size : int, optional
    dtype : str, optional
    name : str, optional
    batch_shape : tuple, optional
        Shape with the batch axis, instead of ``shape`` and ``batch_size``.
    optional : bool, default False
        Whether None may be given in its place.

    Raises
    ------
    ValueError
        As ``minikeras.Input``.

    Examples
    --------
    >>> from minikeras import Sequential
    >>> from minikeras.layers import Dense, InputLayer
    >>> Sequential([InputLayer((4,)), Dense(3)]).output_shape
    (None, 3)
    """

    def __init__(
        self,
        shape: PartialShape | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        name: str | None = None,
        *,
        batch_shape: PartialShape | None = None,
        optional: bool = False,
    ):
        super().__init__(name=name)
        self.batch_shape = self._input_shape = _checked_shape(shape, batch_size, batch_shape)
        self.optional = optional
        tensor = KerasTensor(self.batch_shape, dtype or config.floatx(), self.name)
        self.dtype = tensor.dtype
        self._nodes = (Node(self, (), {}, tensor),)
        self.built = True

    def forward(self, x: Any) -> Any:
        return x


def _checked_shape(
    shape: Any, batch_size: int | None, batch_shape: PartialShape | None
) -> PartialShape:
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            "Input expected either shape= (one sample) or batch_shape= (with the batch axis), "
            f"got shape={shape!r} and batch_shape={batch_shape!r}"
        )
    if batch_shape is not None:
        return check_shape("Input", "batch_shape", batch_shape)
    if batch_size is not None:
        check_positive_int("batch_size", batch_size)
    return (batch_size, *check_shape("Input", "shape", shape))
