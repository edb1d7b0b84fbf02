"""A small transformer that reads text: TextVectorization, attention, position embeddings.

    python examples/keras_style/text_transformer.py

The texts are generated: reviews whose verdict hangs on two words that stand apart, such as "not"
and "good". A bag of words cannot tell "not good but short" from "good but not short"; attention
between the words can.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)

PRAISE = ["good", "great", "lovely", "clever"]
BLAME = ["bad", "awful", "dull", "clumsy"]
PLAIN = ["long", "short", "quiet", "loud"]
THINGS = ["film", "book", "play", "song"]


def review():
    """Return a text and whether it is a recommendation."""
    kind = rng.integers(2)
    verdict = rng.choice(PRAISE if kind else BLAME)
    negated = rng.integers(2)
    thing, other = rng.choice(THINGS, size=2)
    first = f"the {thing} was {'not ' if negated else ''}{verdict}"
    second = f"it was {'' if negated else 'not '}{rng.choice(PLAIN)}"
    end = f"like every {other}" if rng.integers(2) else ""
    middle = ", " if rng.integers(2) else " but "
    parts = (first, second) if rng.integers(2) else (second, first)
    return f"{parts[0]}{middle}{parts[1]} {end}".strip().capitalize() + ".", kind ^ negated


class TokenAndPositionEmbedding(keras.layers.Layer):
    """What a word is, plus where it stands."""

    def __init__(self, steps, vocabulary, width, **kwargs):
        super().__init__(**kwargs)
        self.tokens = keras.layers.Embedding(vocabulary, width, mask_zero=True)
        self.positions = keras.layers.Embedding(steps, width)

    def call(self, inputs):
        places = keras.ops.arange(keras.ops.shape(inputs)[-1])
        return self.tokens(inputs) + self.positions(places)

    def compute_mask(self, inputs, mask=None):
        return self.tokens.compute_mask(inputs)


class TransformerBlock(keras.layers.Layer):
    """Self-attention and two dense layers, each with a shortcut and normalization."""

    def __init__(self, width, heads, hidden, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = keras.layers.MultiHeadAttention(num_heads=heads, key_dim=width // heads)
        self.dense = keras.Sequential(
            [keras.layers.Dense(hidden, activation="relu"), keras.layers.Dense(width)]
        )
        self.norm_1 = keras.layers.LayerNormalization(epsilon=1e-6)
        self.norm_2 = keras.layers.LayerNormalization(epsilon=1e-6)
        self.dropout_1 = keras.layers.Dropout(rate)
        self.dropout_2 = keras.layers.Dropout(rate)

    def call(self, inputs, training=None):
        attended = self.dropout_1(self.attention(inputs, inputs), training=training)
        x = self.norm_1(inputs + attended)
        return self.norm_2(x + self.dropout_2(self.dense(x), training=training))


texts, labels = zip(*[review() for _ in range(3000)])
labels = np.array(labels, "float32")
vectorize = keras.layers.TextVectorization(output_mode="int", output_sequence_length=16)
vectorize.adapt(list(texts[:2500]))
x = np.array(vectorize(list(texts)))
print(texts[0], "->", x[0])

inputs = keras.Input(shape=(16,), dtype="int32")
embedded = TokenAndPositionEmbedding(16, vectorize.vocabulary_size(), 16)(inputs)
encoded = TransformerBlock(width=16, heads=2, hidden=32)(embedded)
pooled = keras.layers.GlobalAveragePooling1D()(encoded)
outputs = keras.layers.Dense(1, activation="sigmoid")(pooled)
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"]
)
model.fit(
    x[:2500],
    labels[:2500],
    batch_size=32,
    epochs=8,
    validation_data=(x[2500:], labels[2500:]),
    verbose=2,
)

for text in ["The song was not awful, it was long.", "It was not long, the song was awful."]:
    verdict = model.predict(np.array(vectorize([text])), verbose=0)[0, 0]
    print(f"  {text} -> {'yes' if verdict > 0.5 else 'no'}")
print(f"Accuracy on new texts {model.evaluate(x[2500:], labels[2500:], verbose=0)[1]:.1%}")
