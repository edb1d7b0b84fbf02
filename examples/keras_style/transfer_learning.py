"""Transfer learning: train on the digits 0 to 4, freeze the layers, go on with 5 to 9.

    python examples/keras_style/transfer_learning.py

The convolutions learn on half of the digits. With them frozen, a new last layer needs few pictures
of the other half to tell these apart. The frozen part runs in inference mode, so that its batch
normalization keeps the statistics it has. Then the convolutions are thawed and trained a little
further, at a low learning rate, and batch normalization stays as it is.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(14)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train[..., None].astype("float32") / 16
x_test = x_test[..., None].astype("float32") / 16
first, first_test = y_train < 5, y_test < 5

base = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        keras.layers.Conv2D(16, 3, padding="same"),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, padding="same"),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Flatten(),
    ],
    name="base",
)
source = keras.Sequential([base, keras.layers.Dense(5, activation="softmax")])
source.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
source.fit(x_train[first], y_train[first], batch_size=32, epochs=5, verbose=2)
known = source.evaluate(x_test[first_test], y_test[first_test], verbose=0)[1]
print(f"0 to 4: {known:.1%}")

# A new task, with twenty pictures of each digit.
few = np.concatenate([np.flatnonzero(y_train == digit)[:20] for digit in range(5, 10)])
x_few, y_few = x_train[few], y_train[few] - 5
x_new, y_new = x_test[~first_test], y_test[~first_test] - 5

base.trainable = False
inputs = keras.Input(shape=(8, 8, 1))
features = base(inputs, training=False)
features = keras.layers.Dropout(0.2)(features)
model = keras.Model(inputs, keras.layers.Dense(5, activation="softmax")(features))
model.summary(show_trainable=True)
model.compile(
    optimizer=keras.optimizers.Adam(0.005),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
kept = [weight.copy() for weight in base.get_weights()]
model.fit(x_few, y_few, batch_size=16, epochs=20, verbose=0)
frozen = model.evaluate(x_new, y_new, verbose=0)[1]
same = all(np.array_equal(a, b) for a, b in zip(kept, base.get_weights()))
print("The frozen layers are as they were:", same)

base.trainable = True
for layer in base.layers:
    layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
model.compile(
    optimizer=keras.optimizers.Adam(0.0003),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x_few, y_few, batch_size=16, epochs=20, verbose=0)
tuned = model.evaluate(x_new, y_new, verbose=0)[1]
statistics = [i for i, weight in enumerate(base.weights) if "moving" in weight.path]
same = all(np.array_equal(kept[i], base.get_weights()[i]) for i in statistics)
print("Batch normalization kept its statistics:", same)
print(f"5 to 9 from 100 pictures: {frozen:.1%} with frozen layers, {tuned:.1%} after fine-tuning")
