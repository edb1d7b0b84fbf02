"""Calls of layers that real Keras runs on TensorFlow alone, and what it gave.

``keras_cases.json`` was written with Keras 3.15.1 and TensorFlow 2.21.0 by

    KERAS_BACKEND=tensorflow python tests/layers/preprocessing/keras_cases.py
"""

import itertools
import json
from pathlib import Path

import numpy as np

RECORDED = Path(__file__).with_suffix(".json")

WORDS = np.array([["a", "c", "d", ""], ["d", "z", "b", "m"]])
INTEGERS = np.array([[12, 1138, 42, 0], [42, 7, 36, -9]])
TEXTS = np.array(["Foo bar!", "bar  baz, É", "baz bada\tboom's bar", "", "ünder world"])
NEW_TEXTS = np.array([["bar qux Foo"], ["BOOM, baz É  ü foo"]])
NAMES = np.array([["omar", "", "stringer"], ["marlo", "wire", "skywalker"]])
MODES = ["int", "one_hot", "multi_hot", "count", "tf_idf"]


def plain(array):
    """Return an array as JSON holds it: its dtype and its values."""
    array = np.asarray(array)
    if array.dtype.kind in "OSU":
        items = [v.decode() if isinstance(v, bytes) else str(v) for v in array.ravel().tolist()]
        return ["str", np.array(items).reshape(array.shape).tolist()]
    return [array.dtype.name, array.tolist()]


def vocabulary(layer):
    return [token if isinstance(token, str) else int(token) for token in layer.get_vocabulary()]


def string_lookup(layers, mode, mask, places, salt, pad):
    options = {
        "output_mode": mode,
        "mask_token": mask,
        "num_oov_indices": places,
        "salt": salt,
        "pad_to_max_tokens": pad,
        "max_tokens": 12 if pad else None,
    }
    weights = [0.25, 0.75, 0.6, 0.4] if mode == "tf_idf" else None
    words = WORDS if places else np.array([["a", "c"], ["d", "b"]])
    given = layers.StringLookup(vocabulary=["a", "b", "c", "d"], idf_weights=weights, **options)
    learned = layers.StringLookup(**options)
    learned.adapt(np.array([*WORDS, *WORDS, ["x"] * 4]))
    results = [vocabulary(given), plain(given(words)), plain(given(words[:, :1]))]
    return [*results, plain(given(words[0])), vocabulary(learned), plain(learned(words))]


def integer_lookup(layers, mode, mask, places, method):
    options = {"output_mode": mode, "mask_token": mask, "num_oov_indices": places}
    given = layers.IntegerLookup(vocabulary=[12, 36, 1138, 42], oov_method=method, **options)
    learned = layers.IntegerLookup(max_tokens=7, oov_method=method, **options)
    learned.adapt(np.array([5, 5, 5, 2, 2, 0, 0, 9, -1, 8, 8]))
    results = [vocabulary(given), plain(given(INTEGERS)), vocabulary(learned)]
    return [*results, plain(learned(np.array([[5, 2, 0, 100]])))]


def inverse(layers):
    words = layers.StringLookup(vocabulary=["a", "b"], invert=True, mask_token="")
    integers = layers.IntegerLookup(vocabulary=[12, 36, 1138, 42], invert=True)
    return [
        plain(words(np.array([[0, 1, 2], [3, 4, 1]]))),
        plain(integers(np.array([[1, 3, 4], [4, 0, 9]]))),
    ]


def texts(layers, standardize, split, ngrams, mode, length):
    layer = layers.TextVectorization(
        standardize=standardize,
        split=split,
        ngrams=ngrams,
        output_mode=mode,
        output_sequence_length=length,
    )
    layer.adapt(TEXTS)
    return [vocabulary(layer), plain(layer(NEW_TEXTS)), plain(layer(NEW_TEXTS[:, 0]))]


def few_texts(layers, mode):
    layer = layers.TextVectorization(max_tokens=5, output_mode=mode, pad_to_max_tokens=True)
    layer.adapt(TEXTS)
    return [vocabulary(layer), plain(layer(TEXTS))]


def columns_of_words(layers):
    layer = layers.TextVectorization(split=None, vocabulary=["a", "b"])
    return plain(layer(np.array([["a", "B!"], ["c", ""]])))


def one_text(layers):
    return plain(layers.TextVectorization(vocabulary=["a", "b"])("a b c"))


def hashing(layers, mask, salt, mode):
    layer = layers.Hashing(num_bins=5, mask_value=mask, salt=salt, output_mode=mode)
    return [plain(layer(NAMES)), plain(layer(NAMES[:, :1])), plain(layer(NAMES[0]))]


def hashing_of_numbers(layers):
    integers = layers.Hashing(num_bins=7, mask_value=3)(np.array([[1, 2, 3], [-4, 5, 600]]))
    floats = layers.Hashing(num_bins=7)(np.array([[1.0, 2.5, -3.2]]))
    return [plain(integers), plain(floats)]


def hashing_of_lengths(layers):
    lengths = [*range(0, 66, 3), 100, 127, 128, 129, 192, 300]
    strings = np.array(["".join(chr(33 + i * 7 % 90) for i in range(n)) for n in lengths])
    layer, salted = layers.Hashing(2**31 - 1), layers.Hashing(2**31 - 1, salt=[2**40 + 7, 3])
    return [plain(layer(strings)), plain(salted(strings))]


def crossing(layers, mode):
    columns = np.array([["A"], ["B"], ["C"]]), np.array([[1], [2], [-3]]), np.array([["x"]] * 3)
    layer = layers.HashedCrossing(9, output_mode=mode)
    return [plain(layer(columns)), plain(layer([column[:, 0] for column in columns]))]


def bins(layers, count):
    data = np.random.default_rng(0).standard_normal((700, 3)).astype("float32")
    boundaries = []
    for source, epsilon in [
        (data, 0.01),
        ([data[:100], data[100:350], data[350:]], 0.01),
        (iter([data[:100], data[100:]]), 0.1),
    ]:
        layer = layers.Discretization(num_bins=count, epsilon=epsilon)
        layer.adapt(source)
        boundaries.append([round(float(b), 6) for b in layer.bin_boundaries])
    return boundaries


def cases():
    """Return functions of a library's ``layers`` by title."""
    table = {}

    def add(function, *arguments):
        title = " ".join([function.__name__, *map(str, arguments)])
        table[title] = lambda layers: function(layers, *arguments)

    for mode, mask, places in itertools.product(MODES, [None, ""], [0, 1, 3]):
        add(string_lookup, mode, mask, places, 7 if places > 1 else None, mode != "int")
    for mode in MODES:
        add(string_lookup, mode, "", 2, None, False)
    for mode, mask, places in itertools.product(MODES[:-1], [None, 0], [1, 3]):
        add(integer_lookup, mode, mask, places, "farmhash" if mask is None else "floormod")
    add(inverse)
    steps = ["lower_and_strip_punctuation", "lower", "strip_punctuation", None]
    for standardize, split in itertools.product(steps, ["whitespace", "character"]):
        add(texts, standardize, split, None, "int", 4)
    for mode, ngrams in itertools.product(["int", "multi_hot", "tf_idf"], [2, (1, 3), (3, 2)]):
        add(texts, steps[0], "whitespace", ngrams, mode, None)
    for mode in ["int", "count", "tf_idf"]:
        add(few_texts, mode)
    add(columns_of_words)
    add(one_text)
    for mask, salt in itertools.product([None, "", "omar"], [None, 133, [133, 137]]):
        add(hashing, mask, salt, "int")
    for mode in ["one_hot", "multi_hot", "count"]:
        add(hashing, "", None, mode)
    add(hashing_of_numbers)
    add(hashing_of_lengths)
    for mode in ["int", "one_hot"]:
        add(crossing, mode)
    for count in [2, 5, 10]:
        add(bins, count)
    return table


def record():
    import keras

    found = {title: function(keras.layers) for title, function in cases().items()}
    lines = [f"{json.dumps(title)}: {json.dumps(value)}" for title, value in found.items()]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    record()
