"""Layers that pool an input of any size into a fixed number of windows."""

from minikeras.layers.pooling.base import AdaptivePooling
from minikeras.ops.adaptive_pooling import adaptive_average_pool, adaptive_max_pool
from minikeras.registry import register

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
]


@register("layer")
class AdaptiveAveragePooling1D(AdaptivePooling):
    """Means of as many windows as wanted over steps.

    Parameters
    ----------
    output_size : int
        Number of windows. Window ``i`` of ``n`` reaches from ``floor(i * length / n)`` to
        ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not an integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveAveragePooling1D
    >>> AdaptiveAveragePooling1D(3)(np.arange(5.0).reshape(1, 5, 1)).ravel()
    array([0.5, 2. , 3.5], dtype=float32)
    """

    rank = 1
    pool = adaptive_average_pool


@register("layer")
class AdaptiveAveragePooling2D(AdaptivePooling):
    """Means of as many windows as wanted over height and width.

    Parameters
    ----------
    output_size : int or tuple of 2 int
        Number of windows along each axis. Window ``i`` of ``n`` reaches from
        ``floor(i * length / n)`` to ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not made of integers of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveAveragePooling2D
    >>> AdaptiveAveragePooling2D(2)(np.zeros((1, 5, 7, 3))).shape
    (1, 2, 2, 3)
    """

    rank = 2
    pool = adaptive_average_pool


@register("layer")
class AdaptiveAveragePooling3D(AdaptivePooling):
    """Means of as many windows as wanted over depth, height and width.

    Parameters
    ----------
    output_size : int or tuple of 3 int
        Number of windows along each axis. Window ``i`` of ``n`` reaches from
        ``floor(i * length / n)`` to ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not made of integers of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveAveragePooling3D
    >>> AdaptiveAveragePooling3D(2)(np.zeros((1, 4, 5, 7, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3
    pool = adaptive_average_pool


@register("layer")
class AdaptiveMaxPooling1D(AdaptivePooling):
    """Largest values of as many windows as wanted over steps.

    Parameters
    ----------
    output_size : int
        Number of windows. Window ``i`` of ``n`` reaches from ``floor(i * length / n)`` to
        ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not an integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveMaxPooling1D
    >>> AdaptiveMaxPooling1D(3)(np.arange(5.0).reshape(1, 5, 1)).ravel()
    array([1., 3., 4.], dtype=float32)
    """

    rank = 1
    pool = adaptive_max_pool


@register("layer")
class AdaptiveMaxPooling2D(AdaptivePooling):
    """Largest values of as many windows as wanted over height and width.

    Parameters
    ----------
    output_size : int or tuple of 2 int
        Number of windows along each axis. Window ``i`` of ``n`` reaches from
        ``floor(i * length / n)`` to ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not made of integers of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveMaxPooling2D
    >>> AdaptiveMaxPooling2D(2)(np.zeros((1, 5, 7, 3))).shape
    (1, 2, 2, 3)
    """

    rank = 2
    pool = adaptive_max_pool


@register("layer")
class AdaptiveMaxPooling3D(AdaptivePooling):
    """Largest values of as many windows as wanted over depth, height and width.

    Parameters
    ----------
    output_size : int or tuple of 3 int
        Number of windows along each axis. Window ``i`` of ``n`` reaches from
        ``floor(i * length / n)`` to ``ceil((i + 1) * length / n)``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``output_size`` is not made of integers of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdaptiveMaxPooling3D
    >>> AdaptiveMaxPooling3D(2)(np.zeros((1, 4, 5, 7, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3
    pool = adaptive_max_pool
