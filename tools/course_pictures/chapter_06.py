"""Chapter 6: digits that the network reads, and digits that it gets wrong."""

import numpy as np

import minikeras
from minikeras import Sequential, plot
from minikeras.datasets import digits
from minikeras.layers import Dense, Input
from minikeras.optimizers import Adam


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    minikeras.set_random_seed(0)
    layers = [Dense(50, "sigmoid"), Dense(100, "sigmoid"), Dense(10, "softmax")]
    model = Sequential([Input((64,)), *layers])
    model.compile(optimizer=Adam(0.01), loss="sparse_categorical_crossentropy")
    model.fit(_prepare(x_train), y_train, batch_size=100, epochs=30, verbose=0)

    guesses = model.predict(_prepare(x_test), verbose=0).argmax(axis=1)
    right, wrong = np.flatnonzero(guesses == y_test), np.flatnonzero(guesses != y_test)
    chosen = np.append(right[:10], wrong[:10])
    ink = 1 - x_test[chosen] / 16  # dark on light, as on paper
    drawn = plot.images(ink, y_test[chosen], guesses[chosen], columns=5, title="digits")
    return {"06-digits": drawn.svg}


def _prepare(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 16
