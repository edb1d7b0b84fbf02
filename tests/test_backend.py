"""What Keras code asks its backend, and the older names in ``preprocessing``."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, backend, layers, preprocessing, utils


def test_the_backend_is_numpy_by_all_its_names():
    assert backend.backend() == minikeras.config.backend() == "numpy"


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ((), "float32"),
        (("bool", "uint8"), "uint8"),
        (("int64", "float16"), "float16"),
        (("float16", "float64", "int8"), "float64"),
        (("int8", "uint8"), "int16"),
        (("int64", "uint64"), "float32"),
        ((int, "uint8"), "uint8"),
        ((int, "bool"), "int32"),
        ((int, float), "float32"),
        ((float, "int64"), "float32"),
        ((float, "float16"), "float16"),
        ((np.dtype("int32"), np.float32), "float32"),
    ],
)
def test_the_common_type_of(dtypes, expected):
    assert backend.result_type(*dtypes) == expected


def test_numbers_are_counted_for_each_prefix():
    first = backend.get_uid("test_backend")
    assert [backend.get_uid("test_backend"), backend.get_uid("test_backend")] == [
        first + 1,
        first + 2,
    ]


def test_the_inputs_behind_a_placeholder_are_found_once_each():
    a, b, c = Input((2,), name="a"), Input((2,), name="b"), Input((2,), name="c")
    y = layers.Dense(2)(layers.concatenate([b, a])) + b
    assert utils.get_source_inputs(y) == [b, a]
    assert utils.get_source_inputs(c) == [c]


def test_preprocessing_has_the_functions_of_utils():
    assert preprocessing.sequence.pad_sequences is utils.pad_sequences
    assert preprocessing.image.load_img is utils.load_img
    assert preprocessing.timeseries_dataset_from_array is utils.timeseries_dataset_from_array


def test_layers_of_ones_own_are_deserialized_by_name():
    class Double(layers.Layer):
        def call(self, x):
            return 2.0 * x

    config = layers.serialize(Double(name="double"))
    with pytest.raises(ValueError, match="unknown class 'Double'"):
        layers.deserialize(config)
    again = layers.deserialize(config, custom_objects={"Double": Double})
    assert type(again) is Double
    assert again.name == "double"
