"""Activations made of straight pieces and parabolas."""

from typing import Any

from minikeras import ops
from minikeras._typing import ArrayLike
from minikeras.activations._input import floats
from minikeras.registry import register


@register("activation", "identity")
def linear(x: ArrayLike) -> Any:
    """Give back ``x`` as it is; also known as ``identity``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.linear(2.5), activations.identity(2.5)
    (2.5, 2.5)
    """
    return x


@register("activation")
def step(x: ArrayLike) -> Any:
    """0 where ``x <= 0``, 1 where ``x > 0``: the perceptron's activation.

    Its gradient is 0 everywhere, so nothing learns through it; Keras has no such function.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of zeros and ones, of the shape and dtype of ``x``

    References
    ----------
    Rosenblatt, "The Perceptron" (Psychological Review 65, 1958).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.step([-1.0, 0.0, 2.0])
    array([0., 0., 1.], dtype=float32)
    """
    return ops.step(floats(x))


@register("activation")
def relu(
    x: ArrayLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Any:
    """Rectified linear unit, ``max(x, 0)``.

    Parameters
    ----------
    x : array
    negative_slope : float, default 0.0
        Below ``threshold`` the value is ``negative_slope * (x - threshold)``.
    max_value : float, optional
        Largest value; with it, values of ``x`` that are passed on are also at least 0.
    threshold : float, default 0.0
        Values of ``x`` above are passed on.

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (ICML 2010).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.relu([-10.0, 0.0, 5.0, 20.0])
    array([ 0.,  0.,  5., 20.], dtype=float32)
    >>> activations.relu([-10.0, 0.0, 5.0, 20.0], negative_slope=0.5, max_value=8.0)
    array([-5.,  0.,  5.,  8.], dtype=float32)
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(floats(x))
    return ops.relu(floats(x), negative_slope, max_value, threshold)


@register("activation")
def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Any:
    """``x`` where it is positive, ``negative_slope * x`` elsewhere.

    Parameters
    ----------
    x : array
    negative_slope : float, default 0.2

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.leaky_relu([-10.0, 5.0])
    array([-2.,  5.], dtype=float32)
    """
    return ops.leaky_relu(floats(x), negative_slope)


@register("activation")
def relu6(x: ArrayLike) -> Any:
    """``x`` clipped to [0, 6].

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10" (2010).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.relu6([-10.0, 5.0, 10.0])
    array([0., 5., 6.], dtype=float32)
    """
    return ops.relu6(floats(x))


@register("activation")
def hard_sigmoid(x: ArrayLike) -> Any:
    """``x / 6 + 1 / 2`` clipped to [0, 1]: a sigmoid of three straight pieces.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [0, 1]

    References
    ----------
    Howard et al., "Searching for MobileNetV3" (ICCV 2019), section 5.2.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.hard_sigmoid([-4.0, 0.0, 1.5])
    array([0.  , 0.5 , 0.75], dtype=float32)
    """
    return ops.hard_sigmoid(floats(x))


@register("activation", "hard_swish")
def hard_silu(x: ArrayLike) -> Any:
    """``x * hard_sigmoid(x)``; also known as ``hard_swish``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Howard et al., "Searching for MobileNetV3" (ICCV 2019), section 5.2.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.hard_silu([-1.5, 0.0, 1.5, 4.0])
    array([-0.375,  0.   ,  1.125,  4.   ], dtype=float32)
    """
    return ops.hard_silu(floats(x))


@register("activation")
def hard_tanh(x: ArrayLike) -> Any:
    """``x`` clipped to [-1, 1].

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [-1, 1]

    References
    ----------
    Collobert, *Large Scale Machine Learning* (2004), section 2.3.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.hard_tanh([-4.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return ops.hard_tanh(floats(x))


@register("activation")
def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> Any:
    """``x`` where ``abs(x) > threshold``, 0 elsewhere.

    Parameters
    ----------
    x : array
    threshold : float, default 0.5
        At least 0.

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Donoho and Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage" (1994), equation 6.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.hard_shrink([-2.0, 0.25, 0.75])
    array([-2.  ,  0.  ,  0.75], dtype=float32)
    """
    return ops.hard_shrink(floats(x), threshold)


@register("activation")
def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> Any:
    """``x`` moved towards 0 by ``threshold``; 0 where ``abs(x) <= threshold``.

    Parameters
    ----------
    x : array
    threshold : float, default 0.5
        At least 0.

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Donoho and Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage" (1994), section 2.4.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.soft_shrink([-2.0, 0.25, 0.75])
    array([-1.5 ,  0.  ,  0.25], dtype=float32)
    """
    return ops.soft_shrink(floats(x), threshold)


@register("activation")
def threshold(x: ArrayLike, threshold: float, default_value: float) -> Any:
    """``x`` where it is larger than ``threshold``, ``default_value`` elsewhere.

    Parameters
    ----------
    x : array
    threshold : float
    default_value : float

    Returns
    -------
    array of the shape and dtype of ``x``

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.threshold([-2.0, 0.5, 2.0], 1.0, -1.0)
    array([-1., -1.,  2.], dtype=float32)
    """
    return ops.threshold(floats(x), threshold, default_value)


@register("activation")
def sparse_plus(x: ArrayLike) -> Any:
    """0 up to -1, ``(x + 1)**2 / 4`` between -1 and 1, ``x`` from there on.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Blondel, Martins and Niculae, "Learning with Fenchel-Young Losses" (JMLR 2020).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.sparse_plus([-2.0, 0.0, 2.0])
    array([0.  , 0.25, 2.  ], dtype=float32)
    """
    return ops.sparse_plus(floats(x))


@register("activation")
def sparse_sigmoid(x: ArrayLike) -> Any:
    """``(x + 1) / 2`` clipped to [0, 1].

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [0, 1]

    References
    ----------
    Blondel, Martins and Niculae, "Learning Classifiers with Fenchel-Young Losses" (AISTATS 2019).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.sparse_sigmoid([-2.0, 0.0, 0.5])
    array([0.  , 0.5 , 0.75], dtype=float32)
    """
    return ops.sparse_sigmoid(floats(x))
