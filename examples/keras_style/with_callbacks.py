"""Callbacks: stop in time, keep the best weights, plan the learning rate, and one of one's own.

    python examples/keras_style/with_callbacks.py

The model is larger than the data are: it soon learns them by heart. Training stops when the
validation loss no longer falls, and goes back to the best epoch, whose weights were also written
to a file. A callback written here counts the batches and prints how it goes.
"""

import tempfile
from pathlib import Path

import numpy as np

import minikeras as keras
from minikeras.datasets import moons

keras.utils.set_random_seed(6)


class Watch(keras.callbacks.Callback):
    """Counts batches, and prints every twentieth epoch."""

    def on_train_begin(self, logs=None):
        self.batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 20 == 0:
            rate = float(self.model.optimizer.learning_rate)
            print(f"epoch {epoch}: val_loss {logs['val_loss']:.3f} at learning rate {rate:.4f}")


def warm_up_then_fall(epoch, rate):
    """Start low for five epochs, then shrink by 2 % in each."""
    return 0.002 * (epoch + 1) if epoch < 5 else rate * 0.98


x, y = moons.load_data(300, noise=0.25, seed=6)
x_train, y_train, x_val, y_val = x[:150], y[:150], x[150:], y[150:]

model = keras.Sequential(
    [
        keras.Input(shape=(2,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "best.weights.h5"
    watch = Watch()
    history = model.fit(
        x_train,
        y_train,
        epochs=300,
        batch_size=16,
        validation_data=(x_val, y_val),
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=25, restore_best_weights=True
            ),
            keras.callbacks.ModelCheckpoint(
                file, monitor="val_loss", save_best_only=True, save_weights_only=True
            ),
            keras.callbacks.LearningRateScheduler(warm_up_then_fall),
            keras.callbacks.TerminateOnNaN(),
            watch,
        ],
    )
    restored = model.evaluate(x_val, y_val, verbose=0)
    model.load_weights(file)
    loaded = model.evaluate(x_val, y_val, verbose=0)

losses = history.history["val_loss"]
print(f"Stopped after {len(losses)} of 300 epochs, {watch.batches} batches")
worse = losses[-1] / min(losses)
print(f"Best epoch: {int(np.argmin(losses))}; the last one was {worse:.2f} times worse")
print("The file holds the restored weights:", np.allclose(restored, loaded))
print(f"Validation accuracy {loaded[1]:.1%}")
