"""Subclassing: a model made of blocks made of layers, one of which adds a loss of its own.

    python examples/keras_style/nested_blocks.py

Two blocks, each with a shortcut around it, sort the points of two spirals. A layer between them
charges for activity, so that the features stay sparse; a metric of the layer's own tells how many
are zero.
"""

import minikeras as keras
from minikeras.datasets import spiral

keras.utils.set_random_seed(3)


class Residual(keras.layers.Layer):
    """``x + Dense(relu(Dense(x)))``, normalized."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.wide = keras.layers.Dense(4 * units, activation="relu")
        self.narrow = keras.layers.Dense(units)
        self.norm = keras.layers.LayerNormalization()

    def build(self, input_shape):
        self.wide.build(input_shape)
        self.narrow.build((*input_shape[:-1], 4 * self.units))
        self.norm.build(input_shape)
        self.built = True

    def call(self, inputs):
        return self.norm(inputs + self.narrow(self.wide(inputs)))


class Sparse(keras.layers.Layer):
    """Gives the positive part of its input, and charges ``rate`` for each unit of it."""

    def __init__(self, rate=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.zeros = keras.metrics.Mean(name="share_of_zeros")

    def call(self, inputs):
        outputs = keras.ops.relu(inputs)
        self.add_loss(self.rate * keras.ops.mean(keras.ops.sum(outputs, axis=-1)))
        self.zeros.update_state(keras.ops.cast(keras.ops.equal(outputs, 0.0), "float32"))
        return outputs


class Classifier(keras.Model):
    """Two residual blocks with a sparse layer between them."""

    def __init__(self, units, classes, **kwargs):
        super().__init__(**kwargs)
        self.stem = keras.layers.Dense(units)
        self.blocks = [Residual(units, name="block_1"), Residual(units, name="block_2")]
        self.sparse = Sparse()
        self.head = keras.layers.Dense(classes)

    def call(self, inputs):
        x = self.blocks[0](self.stem(inputs))
        x = self.blocks[1](self.sparse(x))
        return self.head(x)


x, y = spiral.load_data()
model = Classifier(units=16, classes=int(y.max()) + 1)
model.compile(
    optimizer=keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.01, 60 * 10)),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(x, y, batch_size=32, epochs=60, verbose=0).history
model.summary()

print("Layers inside:", [layer.name for layer in model.layers])
print(f"Loss of the first and last epoch: {history['loss'][0]:.3f}, {history['loss'][-1]:.3f}")
print(f"Of the features {history['share_of_zeros'][-1]:.0%} are zero")
print(f"Accuracy {model.evaluate(x, y, verbose=0, return_dict=True)['accuracy']:.1%}")
