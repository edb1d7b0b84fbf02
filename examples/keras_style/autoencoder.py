"""An autoencoder: it takes the noise out of pictures.

    python examples/keras_style/autoencoder.py

Encoder and decoder are models of their own, and layers of a third one that is trained on noisy
digits to give the clean ones. The encoder alone then gives eight numbers for a picture.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)


def noisy(pictures):
    """Add normal noise, and keep the pixels between paper and ink."""
    return np.clip(pictures + 0.25 * rng.standard_normal(pictures.shape), 0, 1).astype("float32")


def show(*pictures):
    """Print pictures side by side."""
    for rows in zip(*[picture[..., 0] for picture in pictures]):
        print("   ".join("".join(2 * " .:-=+*#%@"[int(9 * v)] for v in row) for row in rows))


(x_train, _), (x_test, _) = digits.load_data()
x_train = x_train[..., None].astype("float32") / 16
x_test = x_test[..., None].astype("float32") / 16

picture = keras.Input(shape=(8, 8, 1), name="picture")
x = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(picture)
x = keras.layers.Flatten()(x)
encoder = keras.Model(picture, keras.layers.Dense(8, name="code")(x), name="encoder")

code = keras.Input(shape=(8,), name="code")
x = keras.layers.Dense(4 * 4 * 16, activation="relu")(code)
x = keras.layers.Reshape((4, 4, 16))(x)
x = keras.layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
x = keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
decoder = keras.Model(code, x, name="decoder")

noise = keras.Input(shape=(8, 8, 1), name="noisy")
autoencoder = keras.Model(noise, decoder(encoder(noise)), name="autoencoder")
autoencoder.summary(expand_nested=True)
autoencoder.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
autoencoder.fit(noisy(x_train), x_train, batch_size=32, epochs=15, verbose=2)

given = noisy(x_test)
cleaned = autoencoder.predict(given, verbose=0)
show(x_test[3], given[3], cleaned[3])
print("A picture as eight numbers:", encoder.predict(x_test[3:4], verbose=0)[0].round(1))
before, after = np.mean((given - x_test) ** 2), np.mean((cleaned - x_test) ** 2)
print(f"Squared error of the noisy pictures {before:.4f}, of the cleaned ones {after:.4f}")
