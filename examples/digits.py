"""Handwritten digits: train a small network, see how good it is and what it takes for what.

    python examples/digits.py [picture.svg]

Trains on 1,438 real 8x8 images that come with minikeras (UCI "Optical Recognition of Handwritten
Digits", Alpaydin & Kaynak, CC BY 4.0) and tests on 359 others, in a few seconds. Writes the
training curves to ``digits.svg``, or wherever the argument says.

While it trains, dropout blanks a tenth of the pixels and a fifth of the hidden units at random,
so that the network cannot rely on any of them. It does not when the network is tested: that is
why the validation looks better than the training.
"""

import sys
from pathlib import Path

import numpy as np

import minikeras
from minikeras import Sequential
from minikeras.datasets import digits
from minikeras.layers import Dense, Dropout, Flatten, Input
from minikeras.optimizers import Adam
from minikeras.utils import text_confusion_matrix


def main(picture: Path) -> float:
    """Train, report and draw; return the accuracy on the test images."""
    minikeras.set_random_seed(1)
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    x_train, x_test = x_train / 16, x_test / 16  # pixels from 0 (paper) to 1 (ink)

    model = Sequential(
        [
            Input((8, 8)),
            Flatten(),
            Dropout(0.1),
            Dense(128, activation="relu"),
            Dropout(0.2),
            Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(
        # The network that fit leaves behind has the average of the weights over the last steps.
        optimizer=Adam(0.003, use_ema=True, ema_momentum=0.99),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.summary()
    history = model.fit(x_train, y_train, batch_size=32, epochs=30, validation_split=0.1)

    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    predicted = model.predict(x_test, verbose=0).argmax(axis=1)
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (y_test, predicted), 1)
    wrong = int((predicted != y_test).sum())

    print(f"\nTest accuracy: {accuracy:.1%} ({wrong} of {len(y_test)} images wrong)\n")
    print(text_confusion_matrix(confusion, digits.CLASS_NAMES))
    if wrong:
        show_a_mistake(x_test, y_test, predicted)

    history.save_svg(picture)
    print(f"\nTraining curves: {picture}")
    return accuracy


def show_a_mistake(x_test: np.ndarray, y_test: np.ndarray, predicted: np.ndarray) -> None:
    """Print the first image that the network got wrong."""
    first = int(np.flatnonzero(predicted != y_test)[0])
    print(f"\nFor example, this {y_test[first]} was taken for a {predicted[first]}:\n")
    for row in x_test[first]:
        print("    " + "".join(2 * " .:-=+*#%@"[int(9 * value)] for value in row).rstrip())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "digits.svg"))
