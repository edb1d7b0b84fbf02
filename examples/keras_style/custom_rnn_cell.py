"""A recurrent cell of one's own: run over time by ``keras.layers.RNN``.

    python examples/keras_style/custom_rnn_cell.py

The cell is the minimal gated unit: one gate decides, for every unit and step, how much of the old
state is replaced. Its task: in a sequence of numbers, two are marked; return their sum. Always
answering the mean would be wrong by 0.17 squared; only a memory does better.

G.-B. Zhou et al., "Minimal gated unit for recurrent neural networks", International Journal of
Automation and Computing 13 (2016), 226-234.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(9)


class MinimalGatedCell(keras.layers.Layer):
    """``h = (1 - f) * h + f * tanh(W x + U (f * h))`` with the gate ``f = sigmoid(...)``."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        def pair(name):
            kernel = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="glorot_uniform", name=name
            )
            recurrent = self.add_weight(
                shape=(self.units, self.units), initializer="orthogonal", name=f"recurrent_{name}"
            )
            return kernel, recurrent

        self.gate, self.recurrent_gate = pair("gate")
        self.kernel, self.recurrent_kernel = pair("kernel")
        self.gate_bias = self.add_weight(
            shape=(self.units,), initializer=keras.initializers.Constant(-1.0), name="gate_bias"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.built = True

    def call(self, inputs, states):
        old = states[0]
        gate = keras.ops.sigmoid(
            keras.ops.matmul(inputs, self.gate)
            + keras.ops.matmul(old, self.recurrent_gate)
            + self.gate_bias
        )
        proposal = keras.ops.tanh(
            keras.ops.matmul(inputs, self.kernel)
            + keras.ops.matmul(gate * old, self.recurrent_kernel)
            + self.bias
        )
        new = (1 - gate) * old + gate * proposal
        return new, [new]


rng = np.random.default_rng(9)
samples, steps = 3000, 16
numbers = rng.uniform(size=(samples, steps))
marks = np.zeros((samples, steps))
rows = np.arange(samples)
marks[rows, rng.integers(0, steps // 2, size=samples)] = 1.0
marks[rows, rng.integers(steps // 2, steps, size=samples)] = 1.0
x = np.stack([numbers, marks], axis=-1).astype("float32")
y = (numbers * marks).sum(axis=1).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(steps, 2)),
        keras.layers.RNN(MinimalGatedCell(24)),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0), loss="mse")
model.fit(x[:2700], y[:2700], batch_size=64, epochs=25, verbose=2)

error = model.evaluate(x[2700:], y[2700:], verbose=0)
print(f"Squared error {error:.4f}; of always answering the mean {y[2700:].var():.4f}")
