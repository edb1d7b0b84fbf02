"""Recurrent layers and masks: read a sum such as 27+5, as long or short as it is, and add.

    python examples/keras_style/adding_numbers.py

Two models. The first reads characters: Embedding(mask_zero=True) masks the padding of short
sums, and the recurrent layer does not see it. The second reads sequences of numbers of different
lengths, padded with a value that Masking recognises.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)

# Characters: the sum of two numbers below 30.
ALPHABET = {character: i + 1 for i, character in enumerate("0123456789+")}  # 0 is padding
a, b = rng.integers(30, size=(2, 4000))
texts = [f"{one}+{other}" for one, other in zip(a, b)]
x = keras.utils.pad_sequences([[ALPHABET[c] for c in text] for text in texts], padding="post")
y = (a + b).astype("float32") / 58

reader = keras.Sequential(
    [
        keras.Input(shape=(None,), dtype="int32"),
        keras.layers.Embedding(len(ALPHABET) + 1, 12, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.GRU(24)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(1),
    ]
)
reader.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
reader.fit(x[:3500], y[:3500], batch_size=64, epochs=12, verbose=2)
guess = 58 * reader.predict(x[3500:], verbose=0)[:, 0]
error = np.abs(guess - a[3500:] - b[3500:]).mean()
for text, value in list(zip(texts[3500:], guess))[:4]:
    print(f"  {text:>5} = {value:.1f}")

# Numbers: how large is the sum of those in the sequence?
lengths = rng.integers(2, 11, size=2000)
numbers = [rng.uniform(0, 1, size=(length, 1)) for length in lengths]
x = keras.utils.pad_sequences(numbers, padding="post", dtype="float32", value=-1.0)
y = np.array([one.sum() for one in numbers], "float32")

inputs = keras.Input(shape=(None, 1))
masked = keras.layers.Masking(mask_value=-1.0)(inputs)
states = keras.layers.LSTM(16)(masked)
adder = keras.Model(inputs, keras.layers.Dense(1)(states))
adder.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
adder.fit(x[:1800], y[:1800], batch_size=32, epochs=12, verbose=2)
mae = adder.evaluate(x[1800:], y[1800:], verbose=0)[1]
longer = np.pad(x[1800:], [(0, 0), (0, 7), (0, 0)], constant_values=-1.0)
same = np.allclose(adder.predict(longer, verbose=0), adder.predict(x[1800:], verbose=0), atol=1e-5)
print("More padding changes nothing:", same)
print(f"Sums of two numbers are {error:.2f} off on average, sums of up to ten {mae:.3f}")
