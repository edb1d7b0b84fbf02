"""A convnet on pictures of digits: random shifts, turns and zooms are part of the model.

    python examples/keras_style/convnet.py

The augmentation layers change the pictures only while the model trains; in ``evaluate`` and
``predict`` they hand them on as they are.
"""

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(7)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train[..., None].astype("float32")
x_test = x_test[..., None].astype("float32")

augmentation = keras.Sequential(
    [
        keras.layers.RandomTranslation(0.08, 0.08, fill_mode="constant"),
        keras.layers.RandomRotation(0.02, fill_mode="constant"),
        keras.layers.RandomZoom(0.05, fill_mode="constant"),
    ],
    name="augmentation",
)

inputs = keras.Input(shape=(8, 8, 1))
x = augmentation(inputs)
x = keras.layers.Rescaling(1 / 16)(x)
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
x = keras.layers.BatchNormalization()(x)
x = keras.layers.Activation("relu")(x)
x = keras.layers.MaxPooling2D(2)(x)
x = keras.layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x)
x = keras.layers.Flatten()(x)
x = keras.layers.Dropout(0.2)(x)
outputs = keras.layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs, outputs, name="convnet")

model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(0.005),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top_2")],
)
model.fit(x_train, y_train, batch_size=32, epochs=15, verbose=2)

logs = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(f"Test accuracy {logs['accuracy']:.1%}, among the first two {logs['top_2']:.1%}")
