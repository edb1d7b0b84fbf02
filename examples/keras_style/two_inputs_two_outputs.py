"""The functional API: a graph of layers with two inputs and two outputs.

    python examples/keras_style/two_inputs_two_outputs.py

The inputs are two pictures of digits, seen by the same (shared) layers. One output says whether
they show the same digit, the other how large their sum is. Losses, their weights and metrics go by
the names of the outputs.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)


def pairs(images, labels, count):
    """Draw pairs of images, half of them of the same digit."""
    first = rng.integers(len(labels), size=count)
    second = rng.integers(len(labels), size=count)
    for i in range(0, count, 2):
        second[i] = rng.choice(np.flatnonzero(labels == labels[first[i]]))
    x = {"left": images[first], "right": images[second]}
    y = {
        "same": (labels[first] == labels[second]).astype("float32"),
        "sum": labels[first].astype("float32") + labels[second],
    }
    return x, y


(x_train, y_train), (x_test, y_test) = digits.load_data()
train_x, train_y = pairs(x_train.astype("float32") / 16, y_train, 6000)
test_x, test_y = pairs(x_test.astype("float32") / 16, y_test, 1000)

left = keras.Input(shape=(8, 8), name="left")
right = keras.Input(shape=(8, 8), name="right")
flatten = keras.layers.Flatten()
encode = keras.layers.Dense(64, activation="relu", name="encode")
again = keras.layers.Dense(32, activation="relu", name="again")
a = again(encode(flatten(left)))
b = again(encode(flatten(right)))

distance = keras.layers.Subtract()([a, b])
product = keras.layers.Multiply()([a, b])
joined = keras.layers.Concatenate()([distance * distance, product])
joined = keras.layers.Dense(32, activation="relu")(joined)
same = keras.layers.Dense(1, activation="sigmoid", name="same")(joined)
total = keras.layers.Dense(1, name="sum")(keras.layers.Add()([a, b]))

model = keras.Model(inputs={"left": left, "right": right}, outputs={"same": same, "sum": total})
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(0.003),
    loss={"same": "binary_crossentropy", "sum": "mean_squared_error"},
    loss_weights={"same": 1.0, "sum": 0.1},
    metrics={"same": ["accuracy"], "sum": ["mae"]},
)
model.fit(train_x, train_y, batch_size=64, epochs=12, verbose=2)

logs = model.evaluate(test_x, test_y, verbose=0, return_dict=True)
print(
    f"Same digit or not: {logs['same_accuracy']:.1%} right; "
    f"the sum is {logs['sum_mae']:.2f} off on average"
)
