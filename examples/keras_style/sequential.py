"""A sequential model: layers in a row, compile, fit, evaluate, predict.

    python examples/keras_style/sequential.py

Classifies real handwritten digits, 8x8 pixels. The other scripts in this folder go on from here.
Each is written as for Keras 3: change ``import minikeras as keras`` to ``import keras`` and it runs
there too, except where it asks for ``keras.GradientTape``, which each of Keras's backends has in
a form of its own. (Keras wants TensorFlow for text and for windows of a series.)
"""

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train.astype("float32") / 16
x_test = x_test.astype("float32") / 16

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8)),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.005),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=32, epochs=15, validation_split=0.1, verbose=2)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
probabilities = model.predict(x_test[:5], verbose=0)
print("The first five:", probabilities.argmax(axis=1), "in truth:", y_test[:5])
print(f"Test loss {loss:.3f}, test accuracy {accuracy:.1%}")
