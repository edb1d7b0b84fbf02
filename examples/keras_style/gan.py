"""A generative adversarial network: two models, two optimizers, one training step.

    python examples/keras_style/gan.py

The generator makes pictures from noise, the discriminator tells them from real digits, each learns
from the other. A classifier, trained apart, says in the end how much the pictures look like
digits, and which.

I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(13)
NOISE = 16


class GAN(keras.Model):
    """Generator and discriminator, which ``fit`` trains in turn."""

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.seed_generator = keras.random.SeedGenerator(13)
        self.d_tracker = keras.metrics.Mean(name="d_loss")
        self.g_tracker = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_tracker, self.g_tracker]

    def train_step(self, real):
        real = real[0] if isinstance(real, tuple) else real
        batch = keras.ops.shape(real)[0]
        noise = keras.random.normal((batch, NOISE), seed=self.seed_generator)
        made = self.generator(noise, training=True)
        labels = keras.ops.concatenate(
            [0.9 * keras.ops.ones((batch, 1)), keras.ops.zeros((batch, 1))]
        )

        with keras.GradientTape() as tape:
            verdict = self.discriminator(keras.ops.concatenate([real, made]), training=True)
            d_loss = self.loss_fn(labels, verdict)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        noise = keras.random.normal((batch, NOISE), seed=self.seed_generator)
        with keras.GradientTape() as tape:
            verdict = self.discriminator(self.generator(noise, training=True), training=True)
            g_loss = self.loss_fn(keras.ops.ones((batch, 1)), verdict)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)

        self.d_tracker.update_state(d_loss)
        self.g_tracker.update_state(g_loss)
        return {"d_loss": self.d_tracker.result(), "g_loss": self.g_tracker.result()}


(x_train, y_train), _ = digits.load_data()
x_train = x_train.reshape(-1, 64).astype("float32") / 16

judge = keras.Sequential(
    [
        keras.Input(shape=(64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
judge.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
judge.fit(x_train, y_train, batch_size=32, epochs=15, verbose=0)

generator = keras.Sequential(
    [
        keras.Input(shape=(NOISE,)),
        keras.layers.Dense(64),
        keras.layers.BatchNormalization(),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dense(128),
        keras.layers.BatchNormalization(),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dense(64, activation="sigmoid"),
    ],
    name="generator",
)
discriminator = keras.Sequential(
    [
        keras.Input(shape=(64,)),
        keras.layers.Dense(128),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(64),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1),
    ],
    name="discriminator",
)


def quality(pictures):
    """Return how sure the classifier is, and the share of the digits that it finds."""
    p = judge.predict(pictures, verbose=0)
    return p.max(axis=1).mean(), np.bincount(p.argmax(axis=1), minlength=10) / len(p)


noise = np.random.default_rng(13).standard_normal((500, NOISE)).astype("float32")
before, _ = quality(generator.predict(noise, verbose=0))

gan = GAN(generator, discriminator)
gan.compile(
    d_optimizer=keras.optimizers.Adam(0.0005, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(0.001, beta_1=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
)
gan.fit(x_train, batch_size=64, epochs=120, verbose=0)

pictures = generator.predict(noise, verbose=0)
after, shares = quality(pictures)
for rows in zip(*pictures[:5].reshape(5, 8, 8)):
    print("   ".join("".join(2 * " .:-=+*#%@"[int(9 * v)] for v in row) for row in rows))
print("Shares of the digits 0 to 9:", shares.round(2))
print(f"The classifier is {after:.0%} sure of the pictures, {before:.0%} before the training")
