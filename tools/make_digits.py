"""Make ``minikeras/datasets/digits.npz`` from scikit-learn's copy of the UCI digits.

    pip install scikit-learn
    python tools/make_digits.py

The 1,797 images are the test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin,
C. Kaynak; UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0),
unchanged and in their own order; scikit-learn carries them as floats, we store them as bytes.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "minikeras" / "datasets" / "digits.npz"


def main() -> None:
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    if not np.array_equal(images, digits.images):
        raise SystemExit("the pixels are not whole numbers from 0 to 255: another data set?")
    np.savez_compressed(TARGET, images=images, labels=labels)
    print(f"{TARGET}: {images.shape} images, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
