"""A variational autoencoder: it learns to draw digits that nobody wrote.

    python examples/keras_style/vae.py

The encoder gives mean and variance of a normal distribution over two numbers, a layer draws from
it, the decoder turns the two numbers into a picture. The model computes its loss itself, in a
training step of its own: cross-entropy of the pixels plus the Kullback-Leibler divergence from the
standard normal distribution.

D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(12)
LATENT = 2


class Sampling(keras.layers.Layer):
    """Draws from the normal distribution that its two inputs describe."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(12)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * log_variance) * noise


class VAE(keras.Model):
    """Encoder, decoder, and the evidence lower bound as their loss."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.pixel_tracker = keras.metrics.Mean(name="pixels")
        self.divergence_tracker = keras.metrics.Mean(name="divergence")

    @property
    def metrics(self):
        return [self.loss_tracker, self.pixel_tracker, self.divergence_tracker]

    def call(self, inputs):
        return self.decoder(self.encoder(inputs)[2])

    def losses_of(self, x):
        mean, log_variance, z = self.encoder(x)
        per_pixel = keras.losses.binary_crossentropy(x[..., None], self.decoder(z)[..., None])
        pixels = keras.ops.mean(keras.ops.sum(per_pixel, axis=-1))
        divergence = -0.5 * (
            1 + log_variance - keras.ops.square(mean) - keras.ops.exp(log_variance)
        )
        return pixels, keras.ops.mean(keras.ops.sum(divergence, axis=-1))

    def track(self, pixels, divergence):
        self.loss_tracker.update_state(pixels + divergence)
        self.pixel_tracker.update_state(pixels)
        self.divergence_tracker.update_state(divergence)
        return {metric.name: metric.result() for metric in self.metrics}

    def train_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        with keras.GradientTape() as tape:
            pixels, divergence = self.losses_of(x)
            loss = pixels + divergence
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return self.track(pixels, divergence)

    def test_step(self, data):
        return self.track(*self.losses_of(data[0] if isinstance(data, tuple) else data))


(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train.reshape(-1, 64).astype("float32") / 16
x_test = x_test.reshape(-1, 64).astype("float32") / 16

picture = keras.Input(shape=(64,))
x = keras.layers.Dense(64, activation="relu")(picture)
mean = keras.layers.Dense(LATENT, name="mean")(x)
log_variance = keras.layers.Dense(LATENT, name="log_variance")(x)
encoder = keras.Model(picture, [mean, log_variance, Sampling()([mean, log_variance])])

latent = keras.Input(shape=(LATENT,))
x = keras.layers.Dense(64, activation="relu")(latent)
decoder = keras.Model(latent, keras.layers.Dense(64, activation="sigmoid")(x))

vae = VAE(encoder, decoder)
vae.compile(optimizer=keras.optimizers.Adam(0.005))
history = vae.fit(x_train, batch_size=64, epochs=60, verbose=0).history

places = np.array([[a, b] for b in (1.0, -1.0) for a in (-1.5, -0.5, 0.5, 1.5)], "float32")
drawn = decoder.predict(places, verbose=0).reshape(2, 4, 8, 8)
for row in drawn:
    for y in range(8):
        print("   ".join("".join(2 * " .:-=+*#%@"[int(9 * v)] for v in one[y]) for one in row))

codes = encoder.predict(x_train, verbose=0)[0]
found = encoder.predict(x_test, verbose=0)[0]
nearest = ((found[:, None] - codes) ** 2).sum(axis=-1).argmin(axis=1)
print(f"Loss of the first and last epoch: {history['loss'][0]:.1f}, {history['loss'][-1]:.1f}")
print(f"Test loss {vae.evaluate(x_test, verbose=0, return_dict=True)['loss']:.1f}")
print(f"Two numbers say which digit it is in {np.mean(y_train[nearest] == y_test):.0%} of cases")
