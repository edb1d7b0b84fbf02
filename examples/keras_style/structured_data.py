"""A table with numbers and words in it: the preprocessing is made of layers.

    python examples/keras_style/structured_data.py

The table is generated: who comes back to a shop. Normalization brings numbers to one scale,
StringLookup and IntegerLookup number the words and codes they were shown, CategoryEncoding makes
columns of zeros and ones of them, Discretization cuts ages into groups. Words that were never
seen are no error.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(16)
rng = np.random.default_rng(16)

COUNT = 3000
table = {
    "age": rng.uniform(18, 80, COUNT).astype("float32"),
    "spent": rng.lognormal(3.0, 1.0, COUNT).astype("float32"),
    "channel": rng.choice(["web", "app", "shop", "phone"], COUNT),
    "region": rng.choice([101, 205, 310], COUNT),
}
odds = (
    2.0 * np.isin(table["channel"], ["app", "shop"])
    + 0.8 * np.log(table["spent"] / 20)
    - 1.5 * (np.abs(table["age"] - 45) > 15)
    + 1.5 * (table["region"] == 205)
    - 1.0
)
y = (rng.uniform(size=COUNT) < 1 / (1 + np.exp(-2 * odds))).astype("float32")
train, test = slice(0, 2500), slice(2500, COUNT)

channels = keras.layers.StringLookup()
channels.adapt(table["channel"][train])
regions = keras.layers.IntegerLookup()
regions.adapt(table["region"][train])
ages = keras.layers.Discretization(num_bins=6)
ages.adapt(table["age"][train])
scale = keras.layers.Normalization(axis=None)
scale.adapt(np.log(table["spent"][train]))


def columns(part):
    """Return the table as numbers: words, codes and ages by their places, the rest as it is."""
    return {
        "age": np.array(ages(table["age"][part])),
        "spent": np.log(table["spent"][part]),
        "channel": np.array(channels(table["channel"][part])),
        "region": np.array(regions(table["region"][part])),
    }


inputs = {
    "age": keras.Input(shape=(), dtype="int32", name="age"),
    "spent": keras.Input(shape=(1,), name="spent"),
    "channel": keras.Input(shape=(), dtype="int32", name="channel"),
    "region": keras.Input(shape=(), dtype="int32", name="region"),
}


def one_hot(tokens, name):
    """Return a layer that makes a column of each token."""
    return keras.layers.CategoryEncoding(tokens, output_mode="one_hot")(inputs[name])


features = keras.layers.concatenate(
    [
        one_hot(6, "age"),
        scale(inputs["spent"]),
        one_hot(channels.vocabulary_size(), "channel"),
        one_hot(regions.vocabulary_size(), "region"),
    ]
)
x = keras.layers.Dense(16, activation="relu")(features)
x = keras.layers.Dropout(0.1)(x)
model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss="binary_crossentropy",
    metrics=["accuracy", keras.metrics.AUC(name="auc")],
)
model.fit(columns(train), y[train], batch_size=64, epochs=15, verbose=2)

print("Known words:", channels.get_vocabulary())
print("A word that is not among them has the number", int(np.array(channels(["fax"]))[0]))
logs = model.evaluate(columns(test), y[test], verbose=0, return_dict=True)
best = np.mean((odds[test] > 0) == y[test])
print(
    f"Accuracy {logs['accuracy']:.1%} of at most {best:.1%}, area under the curve {logs['auc']:.3f}"
)
