"""Fashion-MNIST: 70,000 photographs of clothes in ten classes, read from disk."""

import os

from minikeras._typing import Array
from minikeras.datasets._images import Download, ImageSet

__all__ = ["CLASS_NAMES", "load_data", "load_part"]

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# The authors publish MD5 sums only (in their README) and Keras checks none. These SHA-256 sums of
# the same files are the ones in torchvision/prototype/datasets/_builtin/mnist.py.
_SITE = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
_SHA256 = {
    "train-images-idx3": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}

_FASHION_MNIST = ImageSet(
    name="fashion_mnist",
    archive="fashion_mnist.npz",
    downloads=tuple(
        Download(f"{name}-ubyte.gz", f"{_SITE}{name}-ubyte.gz", sha256)
        for name, sha256 in _SHA256.items()
    ),
)


def load_data(
    path: str | os.PathLike[str] = "fashion-mnist", *, download: bool = False
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load Fashion-MNIST from disk.

    Parameters
    ----------
    path : str or path, default "fashion-mnist"
        A folder with the four IDX files (``train-images-idx3-ubyte.gz`` and so on, unpacked or
        not), or an npz file with ``x_train``, ``y_train``, ``x_test`` and ``y_test``. A relative
        path is looked for in Keras's cache first (``~/.keras/datasets``, or ``datasets`` in
        ``$KERAS_HOME``), then in the current folder.
    download : bool, default False
        Fetch the files that are missing (31 MB in all) into the folder ``path``, or into the
        cache if ``path`` is relative. A file appears only when complete and with the right
        checksum.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuples of uint8 arrays
        Images of shape (60000, 28, 28) and (10000, 28, 28) with values from 0 (background) to
        255, and labels of shape (60000,) and (10000,) from 0 to 9, named by ``CLASS_NAMES``.

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
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
    machine learning algorithms", arXiv:1708.07747, 2017. Copyright Zalando SE, MIT licence.

    Examples
    --------
    >>> from minikeras.datasets import fashion_mnist
    >>> fashion_mnist.CLASS_NAMES[9]
    'Ankle boot'
    >>> fashion_mnist.load_data("/nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: no train part of fashion_mnist at /nowhere; do one of these:
    ...
    """
    return _FASHION_MNIST.load(path, download)


def load_part(part: str, path: str | os.PathLike[str] = "fashion-mnist") -> tuple[Array, Array]:
    """Load only the training or only the test images, as when only one of them is on disk.

    Parameters
    ----------
    part : {"train", "test"}
        Which part.
    path : str or path, default "fashion-mnist"
        Where it is, as in ``load_data``; a folder needs the two IDX files of that part.

    Returns
    -------
    x : uint8 array, shape (60000, 28, 28) or (10000, 28, 28)
        Images with values from 0 (background) to 255.
    y : uint8 array, shape (60000,) or (10000,)
        Labels from 0 to 9.

    Raises
    ------
    FileNotFoundError, ValueError
        As ``load_data``; ValueError also if ``part`` is neither of the two.

    Examples
    --------
    >>> from minikeras.datasets import fashion_mnist
    >>> fashion_mnist.load_part("tset", "/nowhere")
    Traceback (most recent call last):
    ValueError: unknown part 'tset'; did you mean 'test'?
    """
    return _FASHION_MNIST.load_part(part, path)
