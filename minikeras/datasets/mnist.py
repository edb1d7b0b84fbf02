"""MNIST: 70,000 handwritten digits, 28x28 pixels, read from disk."""

import os

from minikeras._typing import Array
from minikeras.datasets._images import Download, ImageSet

__all__ = ["CLASS_NAMES", "load_data", "load_part"]

CLASS_NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

_MNIST = ImageSet(
    name="mnist",
    archive="mnist.npz",
    downloads=(
        Download(  # address and checksum as in Keras 3, keras/src/datasets/mnist.py
            "mnist.npz",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
    ),
)


def load_data(
    path: str | os.PathLike[str] = "mnist.npz", *, download: bool = False
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load MNIST from disk.

    Parameters
    ----------
    path : str or path, default "mnist.npz"
        An npz file as Keras stores it, or a folder with the four IDX files
        (``train-images-idx3-ubyte.gz`` and so on, unpacked or not). A relative path is looked for
        in Keras's cache first (``~/.keras/datasets``, or ``datasets`` in ``$KERAS_HOME``), then
        in the current folder.
    download : bool, default False
        Fetch ``mnist.npz`` (11 MB) to ``path``, or into the cache if ``path`` is relative, when
        nothing is there. The file appears only when complete and with the checksum Keras knows.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuples of uint8 arrays
        Images of shape (60000, 28, 28) and (10000, 28, 28) with values from 0 (paper) to 255
        (ink), and labels of shape (60000,) and (10000,) from 0 to 9.

    Raises
    ------
    FileNotFoundError
        If the files are not there; says which file to put where.
    ValueError
        If a file is damaged, cut short, or of another format; names the file.
    OSError
        If a download fails.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998. Licensed CC BY-SA 3.0.

    Examples
    --------
    >>> from minikeras.datasets import mnist
    >>> mnist.load_data("/nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: no train part of mnist at /nowhere; do one of these:
    ...
    """
    return _MNIST.load(path, download)


def load_part(part: str, path: str | os.PathLike[str] = "mnist.npz") -> tuple[Array, Array]:
    """Load only the training or only the test images, as when only one of them is on disk.

    Parameters
    ----------
    part : {"train", "test"}
        Which part.
    path : str or path, default "mnist.npz"
        Where it is, as in ``load_data``; a folder needs the two IDX files of that part.

    Returns
    -------
    x : uint8 array, shape (60000, 28, 28) or (10000, 28, 28)
        Images with values from 0 (paper) to 255 (ink).
    y : uint8 array, shape (60000,) or (10000,)
        Labels from 0 to 9.

    Raises
    ------
    FileNotFoundError, ValueError
        As ``load_data``; ValueError also if ``part`` is neither of the two.

    Examples
    --------
    >>> from minikeras.datasets import mnist
    >>> mnist.load_part("tset", "/nowhere")
    Traceback (most recent call last):
    ValueError: unknown part 'tset'; did you mean 'test'?
    """
    return _MNIST.load_part(part, path)
