"""A training loop of one's own: tape, gradients, optimizer, metrics, in sixteen lines.

    python examples/keras_style/custom_loop.py

Nothing is compiled. The loop goes over the batches, records the forward pass on a tape, adds the
losses of the layers, applies the gradients, and keeps the metrics itself.
"""

import numpy as np

import minikeras as keras
from minikeras.datasets import digits

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train.reshape(-1, 64).astype("float32") / 16
x_test = x_test.reshape(-1, 64).astype("float32") / 16

inputs = keras.Input(shape=(64,))
x = keras.layers.Dense(
    48, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4), name="hidden"
)(inputs)
x = keras.layers.Dropout(0.1)(x)
model = keras.Model(inputs, keras.layers.Dense(10, name="logits")(x))

schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=12 * 45)
optimizer = keras.optimizers.Adam(schedule)
optimizer.build(model.trainable_variables)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_loss = keras.metrics.Mean()
train_accuracy = keras.metrics.SparseCategoricalAccuracy()
test_accuracy = keras.metrics.SparseCategoricalAccuracy()

for epoch in range(12):
    for rows in np.array_split(rng.permutation(len(x_train)), 45):
        with keras.GradientTape() as tape:
            logits = model(x_train[rows], training=True)
            loss = loss_fn(y_train[rows], logits) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply(gradients, model.trainable_weights)
        train_loss.update_state(loss)
        train_accuracy.update_state(y_train[rows], logits)
    test_accuracy.update_state(y_test, model(x_test, training=False))
    print(
        f"Epoch {epoch + 1:2}: loss {float(train_loss.result()):.3f}, "
        f"accuracy {float(train_accuracy.result()):.1%}, "
        f"test accuracy {float(test_accuracy.result()):.1%}"
    )
    for metric in (train_loss, train_accuracy):
        metric.reset_state()
    if epoch < 11:
        test_accuracy.reset_state()

print(f"{int(optimizer.iterations)} steps, test accuracy {float(test_accuracy.result()):.1%}")
