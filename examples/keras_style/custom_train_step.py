"""A training step of one's own: in a model that is otherwise compiled and fitted as usual.

    python examples/keras_style/custom_train_step.py

The model fits a line with a loss that it computes itself, and clips the gradients before they
are applied. ``metrics`` lists what ``fit`` is to reset before each epoch.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(4)


class ClippedRegression(keras.Model):
    """Linear regression by mean squared error, with gradients cut off at ``limit``."""

    def __init__(self, limit, **kwargs):
        super().__init__(**kwargs)
        self.limit = limit
        self.dense = keras.layers.Dense(1)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = keras.ops.mean(keras.ops.square(y - y_pred))
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients = [keras.ops.clip(one, -self.limit, self.limit) for one in gradients]
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    def test_step(self, data):
        x, y = data
        self.mae_metric.update_state(y, self(x, training=False))
        return {"mae": self.mae_metric.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


rng = np.random.default_rng(4)
x = rng.standard_normal((1000, 3)).astype("float32")
y = x @ np.array([[2.0], [-1.0], [0.5]], "float32") + 3.0
y += 0.1 * rng.standard_normal(y.shape).astype("float32")

model = ClippedRegression(limit=1.0)
model.compile(optimizer=keras.optimizers.SGD(0.1))
model.fit(x[:800], y[:800], batch_size=32, epochs=5, validation_data=(x[800:], y[800:]), verbose=2)

kernel, bias = model.dense.get_weights()
print("Found the line", kernel[:, 0].round(2), "+", bias.round(2), "; true: [2, -1, 0.5] + 3")
logs = model.evaluate(x[800:], y[800:], verbose=0, return_dict=True)
print(f"Mean absolute error {logs['mae']:.3f}")
