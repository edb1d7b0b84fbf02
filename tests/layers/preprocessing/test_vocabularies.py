"""StringLookup, IntegerLookup, TextVectorization: what they refuse, keep and save."""

import json

import numpy as np
import pytest

from minikeras import registry
from minikeras.layers import Input
from minikeras.layers.preprocessing import IntegerLookup, StringLookup, TextVectorization

WORDS = [["a", "c"], ["d", "a"]]


@pytest.mark.parametrize(
    "x",
    [
        WORDS,
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        np.array(WORDS).astype("S"),
        np.array([[b"a", "c"], ["d", b"a"]], dtype=object),
        np.asfortranarray(WORDS),
    ],
)
def test_every_kind_of_string_is_taken(x):
    layer = StringLookup(vocabulary=["a", "c"])
    for _ in range(2):  # a shape that was seen before takes a shorter way
        np.testing.assert_array_equal(layer(x), [[1, 2], [0, 1]])


def test_a_single_string_gives_a_single_index():
    assert StringLookup(vocabulary=["a", "c"])("c").item() == 2


def test_bytes_are_read_in_the_encoding_given():
    layer = StringLookup(vocabulary=["ü"], encoding="latin-1")
    assert layer(np.array(["ü".encode("latin-1")])).item() == 1


@pytest.mark.parametrize("x", [[1, 2], np.array(["a", None], dtype=object), np.array([1.5])])
def test_what_is_no_string_is_named(x):
    with pytest.raises(TypeError, match="StringLookup 's' expected strings, got"):
        StringLookup(vocabulary=["a"], name="s")(x)


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"rows of one length, got lengths \[1, 2\]"):
        StringLookup(vocabulary=["a"])([["a", "b"], ["c"]])


@pytest.mark.parametrize("x", [np.array([1.5]), np.array(["a"])])
def test_what_is_no_integer_is_named(x):
    with pytest.raises(TypeError, match="IntegerLookup 'i' expected integers, got dtype"):
        IntegerLookup(vocabulary=[1], name="i")(x)


def test_unknown_tokens_are_errors_where_there_is_no_place_for_them():
    layer = StringLookup(vocabulary=["a"], num_oov_indices=0, name="s")
    np.testing.assert_array_equal(layer(["a"]), [0])
    with pytest.raises(ValueError, match=r"StringLookup 's' found \['x', 'y'\] outside"):
        layer(["x", "a", "y", "x"])


def test_a_layer_without_a_vocabulary_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"no vocabulary yet; call adapt\(data\)"):
        StringLookup()(["a"])
    with pytest.raises(RuntimeError, match="decides about the length of its output"):
        StringLookup(output_mode="count").compute_output_shape((None, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_tokens": 1}, "max_tokens of at least 2"),
        ({"num_oov_indices": -1}, "num_oov_indices must be an integer of at least 0"),
        ({"invert": True, "output_mode": "count"}, 'expected output_mode="int" with invert=True'),
        ({"output_mode": "coutn"}, "did you mean 'count'"),
        ({"sparse": True, "output_mode": "count"}, "expected sparse=False, got True"),
        ({"pad_to_max_tokens": True}, "expected max_tokens with pad_to_max_tokens=True"),
        ({"vocabulary": ["a", "a"]}, r"each token once, got \['a'\]"),
        ({"vocabulary": []}, "got an empty one"),
        ({"vocabulary": ["a", "b"], "max_tokens": 2}, "at most max_tokens=2 tokens"),
        ({"vocabulary": ["a", "m"], "mask_token": "m"}, "reserved token 'm' inside"),
        ({"vocabulary": ["a", "[UNK]"], "invert": True}, "reserved token"),
        ({"vocabulary": ["a"], "idf_weights": [1.0]}, 'idf_weights with output_mode="tf_idf"'),
        ({"vocabulary": ["a"], "output_mode": "tf_idf"}, 'idf_weights with output_mode="tf_idf"'),
        (
            {"vocabulary": ["a"], "idf_weights": [1.0, 2.0], "output_mode": "tf_idf"},
            "expected 1 idf_weights",
        ),
        ({"idf_weights": [1.0], "output_mode": "tf_idf"}, "expected a vocabulary with idf_weights"),
        ({"salt": "a"}, "salt to be an integer or two of them"),
    ],
)
def test_contradicting_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        StringLookup(**arguments)


def test_a_salt_of_integers_needs_a_hash():
    with pytest.raises(ValueError, match='salt with oov_method="farmhash" alone'):
        IntegerLookup(salt=3)


def test_special_tokens_may_stand_in_front_of_a_vocabulary():
    short = StringLookup(vocabulary=["a", "b"], mask_token="")
    long = StringLookup(vocabulary=["", "[UNK]", "a", "b"], mask_token="")
    assert long.get_vocabulary() == short.get_vocabulary() == ["", "[UNK]", "a", "b"]
    assert long.get_vocabulary(include_special_tokens=False) == ["a", "b"]
    assert long.vocabulary_size() == 4


@pytest.mark.parametrize("make", [StringLookup, TextVectorization])
def test_a_vocabulary_is_read_from_a_file(tmp_path, make):
    path = tmp_path / "words.txt"
    path.write_text("ä\nb c\n", "utf-8")
    for source in (path, str(path)):
        layer = make(vocabulary=source)
        assert layer.get_vocabulary(include_special_tokens=False) == ["ä", "b c"]
        assert layer.get_config()["vocabulary"][-2:] == ["ä", "b c"]


def test_integers_are_read_from_a_file(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("12\n-7\n", "utf-8")
    assert IntegerLookup(vocabulary=path).get_vocabulary() == [-1, 12, -7]


@pytest.mark.parametrize("make", [StringLookup, IntegerLookup, TextVectorization])
def test_a_configuration_never_opens_a_file(tmp_path, make):
    path = tmp_path / "secret.txt"
    path.write_text("1\n2\n", "utf-8")
    config = {**make().get_config(), "vocabulary": str(path)}
    whole = {"class_name": make.__name__, "config": config}
    model = {"class_name": "Sequential", "config": {"layers": [whole], "name": "m"}}
    for load in (
        lambda: make.from_config(config),
        lambda: registry.deserialize(whole),
        lambda: registry.deserialize(model),
    ):
        with pytest.raises(ValueError, match="files are not opened for a configuration"):
            load()


def test_the_most_frequent_tokens_come_first_and_the_rest_is_cut():
    layer = StringLookup(max_tokens=4)
    layer.adapt([["b", "a", "b", "c", "c", "d"]])
    assert layer.get_vocabulary() == ["[UNK]", "c", "b", "d"]


def test_batches_and_the_whole_teach_the_same_vocabulary():
    data = np.array([["a", "b"], ["b", "c"], ["c", "c"]])
    whole, parts, few = StringLookup(), StringLookup(), StringLookup()
    whole.adapt(data)
    parts.adapt(iter([(data[:2], np.zeros(2)), (data[2:], np.zeros(1))]))
    few.adapt(iter([data[:1], data[1:]]), steps=1)
    assert parts.get_vocabulary() == whole.get_vocabulary() == ["[UNK]", "c", "b", "a"]
    assert few.get_vocabulary() == ["[UNK]", "b", "a"]


def test_adapt_starts_anew():
    layer = StringLookup()
    layer.adapt(["a", "b"])
    layer.adapt(["c"])
    assert layer.get_vocabulary() == ["[UNK]", "c"]


def test_adapt_refuses_a_given_vocabulary_and_empty_data():
    for make in (StringLookup, TextVectorization):
        with pytest.raises(ValueError, match="was given its vocabulary"):
            make(vocabulary=["a"]).adapt(["a"])
        with pytest.raises(ValueError, match="found no token"):
            make().adapt(np.array([], dtype=str))


@pytest.mark.parametrize(
    "layer",
    [
        StringLookup(mask_token="", num_oov_indices=2),
        StringLookup(output_mode="tf_idf", pad_to_max_tokens=True, max_tokens=20),
        StringLookup(output_mode="tf_idf", oov_token=None),
        TextVectorization(ngrams=(1, 2), output_sequence_length=5),
        TextVectorization(output_mode="tf_idf"),
    ],
)
def test_a_copy_of_an_adapted_layer_has_its_vocabulary(layer):
    layer.adapt(np.array(["a", "b", "a", "c"]))
    copy = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    x = np.array([["a"], ["x"], ["c"]])
    assert copy.get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_allclose(copy(x), layer(x), rtol=1e-6)


def test_what_else_stands_in_files_of_keras_is_read():
    config = {**StringLookup(vocabulary=["a"]).get_config(), "vocabulary_size": 2}
    assert StringLookup.from_config({**config, "has_input_vocabulary": True}).vocabulary == ["a"]


def test_a_long_vocabulary_is_left_out_of_the_repr():
    short, long = ["a", "b"], [f"word{i}" for i in range(100)]
    assert "vocabulary=['a', 'b']" in repr(StringLookup(vocabulary=short))
    assert "word" not in repr(StringLookup(vocabulary=long))
    assert "word" not in repr(TextVectorization(vocabulary=long))


def test_letters_of_the_alphabet_alone_are_made_small():
    layer = TextVectorization(vocabulary=["abÉ"])
    np.testing.assert_array_equal(layer(["A.B'É", "abé"]), [[2], [1]])


def test_callables_standardise_and_split():
    layer = TextVectorization(
        standardize=lambda texts: np.char.replace(texts, "-", ","),
        split=lambda texts: [text.split(",") for text in texts],
        vocabulary=["a", "b"],
    )
    np.testing.assert_array_equal(layer(["a-b,a", "x"]), [[2, 3, 2], [1, 0, 0]])


def test_no_text_and_empty_texts_pass():
    layer = TextVectorization(vocabulary=["a"])
    assert layer(np.array([], dtype=str)).shape == (0, 0)
    assert layer(["", " "]).shape == (2, 0)
    fixed = TextVectorization(vocabulary=["a"], output_sequence_length=2)
    np.testing.assert_array_equal(fixed(["", "a a a"]), [[0, 0], [2, 2]])


def test_texts_have_one_column():
    with pytest.raises(ValueError, match=r"\(batch,\) or \(batch, 1\), got \(1, 2\)"):
        TextVectorization(vocabulary=["a"])([["a", "b"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ragged": True}, "rows have one length"),
        ({"standardize": "upper"}, "unknown standardize 'upper'"),
        ({"split": "comma"}, "unknown split 'comma'"),
        ({"ngrams": 0}, "ngrams must be an integer of at least 1"),
        ({"output_sequence_length": 3, "output_mode": "count"}, 'with output_mode="int" alone'),
    ],
)
def test_contradicting_arguments_of_text_vectorization_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        TextVectorization(**arguments)


def test_a_functional_model_knows_shape_and_dtype():
    texts = Input((1,), dtype="string")
    indices = TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)(texts)
    assert (indices.shape, indices.dtype) == ((None, 3), "int64")
    counts = TextVectorization(vocabulary=["a", "b"], output_mode="count")(texts)
    assert counts.shape == (None, 3)
    integers = Input((2,), dtype="int64")
    assert StringLookup(vocabulary=["a"], invert=True)(integers).dtype == "string"
