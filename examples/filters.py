"""What a convolution looks for: its filters, and where in a picture they find something.

    python examples/filters.py

Trains a small convolutional network on real handwritten digits, then opens it: the sixteen filters
of the first layer, the feature map of each for one digit, and the digits that the network still
gets wrong. Writes ``filters.svg``, ``filters-maps.svg`` and ``filters-mistakes.svg`` in a few
seconds.
"""

import minikeras
from minikeras import Sequential, plot
from minikeras.datasets import digits
from minikeras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from minikeras.optimizers import Adam


def main() -> float:
    """Train and draw; return the accuracy on the test images."""
    minikeras.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    x_train, x_test = x_train[..., None] / 16, x_test[..., None] / 16  # one channel, grey
    model = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(16, 3, activation="relu", name="strokes"),
            MaxPooling2D(2),
            Flatten(),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=32, epochs=15, verbose=0)
    accuracy = float(model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"])

    predicted = model.predict(x_test, verbose=0).argmax(axis=1)
    wrong = predicted != y_test
    pictures = {
        "filters": plot.filters(model.get_layer("strokes")),
        "filters-maps": plot.feature_maps(model, x_test[0], "strokes"),
        "filters-mistakes": plot.images(x_test[wrong], y_test[wrong], predicted[wrong]),
    }
    for name, picture in pictures.items():
        picture.save(f"{name}.svg")
        print(f"{name}.svg: {picture.desc}")
    print(f"Test accuracy {accuracy:.1%}, {wrong.sum()} of {len(y_test)} wrong")
    return accuracy


if __name__ == "__main__":
    main()
