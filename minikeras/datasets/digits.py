"""Real handwritten digits, 8x8 pixels, inside the package: no download, trains in a second."""

from importlib import resources

import numpy as np

from minikeras._typing import Array

__all__ = ["CLASS_NAMES", "load_data"]

CLASS_NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load the 1,797 handwritten digits that come with minikeras.

    They are the test part of the UCI "Optical Recognition of Handwritten Digits": 32x32 scans of
    13 writers, reduced to 8x8 by counting the dark pixels of each 4x4 block.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuples of uint8 arrays
        Images of shape (1438, 8, 8) and (359, 8, 8) with values from 0 (paper) to 16 (ink), and
        labels of shape (1438,) and (359,) from 0 to 9.

    Notes
    -----
    The split is fixed: of every five images of the same digit, in the order of the file, the
    third is held out, so both parts have all digits in equal shares. The training images are then
    shuffled, always alike, so that ``validation_split`` cuts off a part like the rest.

    The file goes writer by writer, and both parts share the writers: on writers it has never
    seen, a network does worse.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0.

    Examples
    --------
    >>> from minikeras.datasets import digits
    >>> (x_train, y_train), (x_test, y_test) = digits.load_data()
    >>> x_train.shape, x_test.shape, int(x_train.max())
    ((1438, 8, 8), (359, 8, 8), 16)
    >>> for row in x_train[0]:  # a seven with a bar
    ...     print("".join(" .:-=+*#%@"[value * 9 // 16] for value in row).rstrip())
      +@@@:
      #+=@=
        -@.
     .=*%@*
     =@@%*.
      .@-
      =@
      #+
    >>> int(y_train[0])
    7
    """
    file = resources.files("minikeras.datasets").joinpath("digits.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        held_out[np.flatnonzero(labels == digit)[2::5]] = True
    train = np.flatnonzero(~held_out)
    # Of NumPy's random streams, only that of RandomState is the same in all versions.
    train = np.random.RandomState(0).permutation(train)
    return (images[train], labels[train]), (images[held_out], labels[held_out])
