"""Activations without kinks: sigmoid, tanh, softplus and kin, exponential and Gaussian units."""

from typing import Any

from minikeras import ops
from minikeras._typing import ArrayLike
from minikeras.activations._input import floats
from minikeras.registry import register


@register("activation")
def sigmoid(x: ArrayLike) -> Any:
    """Logistic function, ``1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [0, 1]

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), equation 4.59.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.sigmoid([-1000.0, 0.0, 1.1]).round(4)
    array([0.    , 0.5   , 0.7503], dtype=float32)
    """
    return ops.sigmoid(floats(x))


@register("activation")
def tanh(x: ArrayLike) -> Any:
    """Hyperbolic tangent, ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [-1, 1]

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.4.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.tanh([-1000.0, 0.0, 0.5]).round(4)
    array([-1.    ,  0.    ,  0.4621], dtype=float32)
    """
    return ops.tanh(floats(x))


@register("activation")
def tanh_shrink(x: ArrayLike) -> Any:
    """``x - tanh(x)``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.tanh_shrink([-2.0, 0.0, 2.0]).round(4)
    array([-1.036,  0.   ,  1.036], dtype=float32)
    """
    return ops.tanh_shrink(floats(x))


@register("activation")
def softsign(x: ArrayLike) -> Any:
    """``x / (1 + abs(x))``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, in [-1, 1]

    References
    ----------
    Turian, Bergstra and Bengio, "Quadratic Features and Deep Architectures for Chunking" (2009).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.softsign([-1.0, 0.0, 3.0])
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return ops.softsign(floats(x))


@register("activation")
def softplus(x: ArrayLike) -> Any:
    """``log(1 + exp(x))``: a relu without a kink.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, at least 0

    References
    ----------
    Glorot, Bordes and Bengio, "Deep Sparse Rectifier Neural Networks" (AISTATS 2011), section 2.2.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.softplus([-1000.0, 0.0, 5.0]).round(4)
    array([0.    , 0.6931, 5.0067], dtype=float32)
    """
    return ops.softplus(floats(x))


@register("activation")
def squareplus(x: ArrayLike, b: float = 4) -> Any:
    """``(x + sqrt(x**2 + b)) / 2``: a softplus without exponentials.

    Parameters
    ----------
    x : array
    b : float, default 4
        Width of the bend, at least 0; 0 gives relu.

    Returns
    -------
    array of the shape and dtype of ``x``, at least 0

    Raises
    ------
    ValueError
        If ``b`` is negative.

    References
    ----------
    Barron, "Squareplus: A Softplus-Like Algebraic Rectifier" (2021), equation 1.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.squareplus([-1.5, 0.0, 1.5])
    array([0.5, 1. , 2. ], dtype=float32)
    """
    return ops.squareplus(floats(x), b)


@register("activation")
def log_sigmoid(x: ArrayLike) -> Any:
    """Logarithm of the sigmoid, ``-log(1 + exp(-x))``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, at most 0

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.log_sigmoid([-1000.0, 0.0, 5.0]).round(4)
    array([-1.000e+03, -6.931e-01, -6.700e-03], dtype=float32)
    """
    return ops.log_sigmoid(floats(x))


@register("activation", "swish")
def silu(x: ArrayLike) -> Any:
    """``x * sigmoid(x)``; also known as ``swish``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Ramachandran, Zoph and Le, "Searching for Activation Functions" (2017), section 3.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.silu([-2.0, 0.0, 2.0]).round(4)
    array([-0.2384,  0.    ,  1.7616], dtype=float32)
    """
    return ops.silu(floats(x))


@register("activation")
def mish(x: ArrayLike) -> Any:
    """``x * tanh(softplus(x))``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2019), equation 1.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.mish([-2.0, 0.0, 2.0]).round(4)
    array([-0.2525,  0.    ,  1.944 ], dtype=float32)
    """
    return ops.mish(floats(x))


@register("activation")
def gelu(x: ArrayLike, approximate: bool = False) -> Any:
    """``x`` times the probability that a standard normal number is below ``x``.

    Parameters
    ----------
    x : array
    approximate : bool, default False
        Use a tanh for that probability instead of the error function.

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), section 2.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.gelu([-2.0, 0.0, 2.0]).round(4)
    array([-0.0455,  0.    ,  1.9545], dtype=float32)
    """
    return ops.gelu(floats(x), approximate)


@register("activation")
def elu(x: ArrayLike, alpha: float = 1.0) -> Any:
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    Parameters
    ----------
    x : array
    alpha : float, default 1.0
        Negative of the value that is approached far below 0.

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units" (ICLR 2016), equation 15.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.elu([-1.0, 0.0, 2.0]).round(4)
    array([-0.6321,  0.    ,  2.    ], dtype=float32)
    """
    return ops.elu(floats(x), alpha)


@register("activation")
def selu(x: ArrayLike) -> Any:
    """``1.0507 * elu(x, 1.6733)``: keeps mean 0 and variance 1 from layer to layer.

    Use it with ``lecun_normal`` weights.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (NIPS 2017),
    equations 2 and 14.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.selu([-1.0, 0.0, 1.0]).round(4)
    array([-1.1113,  0.    ,  1.0507], dtype=float32)
    """
    return ops.selu(floats(x))


@register("activation")
def celu(x: ArrayLike, alpha: float = 1.0) -> Any:
    """``x`` where it is positive, ``alpha * (exp(x / alpha) - 1)`` elsewhere: no kink.

    Parameters
    ----------
    x : array
    alpha : float, default 1.0
        Above 0.

    Returns
    -------
    array of the shape and dtype of ``x``

    Raises
    ------
    ValueError
        If ``alpha`` is not above 0.

    References
    ----------
    Barron, "Continuously Differentiable Exponential Linear Units" (2017), equation 2.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.celu([-1.0, 0.0, 2.0], alpha=0.5).round(4)
    array([-0.4323,  0.    ,  2.    ], dtype=float32)
    """
    return ops.celu(floats(x), alpha)


@register("activation")
def exponential(x: ArrayLike) -> Any:
    """``exp(x)``; infinite where the dtype ends (above 88.7 in float32).

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the shape and dtype of ``x``, at least 0

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.exponential([-1.0, 0.0, 1.0]).round(4)
    array([0.3679, 1.    , 2.7183], dtype=float32)
    """
    return ops.exponential(floats(x))


@register("activation")
def glu(x: ArrayLike, axis: int = -1) -> Any:
    """First half of ``x`` along ``axis`` times the sigmoid of the second half.

    Parameters
    ----------
    x : array
    axis : int, default -1
        Of even length.

    Returns
    -------
    array of the dtype of ``x``, half as long along ``axis``

    Raises
    ------
    ValueError
        If the axis has an odd length.

    References
    ----------
    Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks"
    (ICML 2017), equation 1.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.glu([2.0, 4.0, 0.0, 1000.0])
    array([1., 4.], dtype=float32)
    """
    return ops.glu(floats(x), axis)
