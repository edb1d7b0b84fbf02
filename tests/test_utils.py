"""Small helpers: one-hot rows, names, seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minikeras import config, utils
from minikeras.layers import Dense, Flatten


@given(hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.integers(0, 6)))
def test_one_hot_rows_name_their_class(labels):
    rows = utils.to_categorical(labels, 7)
    squeezed = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    assert rows.shape == (*squeezed.shape, 7) and rows.dtype == "float32"
    np.testing.assert_array_equal(rows.argmax(axis=-1), squeezed)
    np.testing.assert_array_equal(rows.sum(axis=-1), 1.0)


@pytest.mark.parametrize("labels", [[0, 2], [0.0, 2.0], np.array([[0], [2]]), np.uint8([0, 2])])
def test_the_number_of_classes_follows_from_the_labels(labels):
    np.testing.assert_array_equal(utils.to_categorical(labels), [[1, 0, 0], [0, 0, 1]])


def test_a_single_label_gives_a_single_row():
    np.testing.assert_array_equal(utils.to_categorical(1, 3), [0, 1, 0])


def test_no_labels_give_no_rows():
    assert utils.to_categorical([], 3).shape == (0, 3)
    assert utils.to_categorical(np.zeros(0, int)).shape == (0, 0)


def test_rows_are_of_the_default_float_type():
    config.set_floatx("float64")
    assert utils.to_categorical([0]).dtype == "float64"


@pytest.mark.parametrize(
    ("labels", "classes", "error", "message"),
    [
        ([0, 3], 3, ValueError, r"classes in \[0, 3\), got values from 0 to 3; renumber"),
        ([-1, 1], None, ValueError, r"classes in \[0, 2\), got values from -1 to 1"),
        ([0.5], None, ValueError, "whole numbers as classes, got 0.5"),
        ([np.nan], None, ValueError, "whole numbers as classes, got nan"),
        (["a"], None, TypeError, "whole numbers as classes, got dtype <U1"),
        ([0], 0, ValueError, "num_classes must be an integer of at least 1, got 0"),
    ],
)
def test_what_are_no_classes_is_refused(labels, classes, error, message):
    with pytest.raises(error, match=message):
        utils.to_categorical(labels, classes)


def test_clear_session_starts_names_anew():
    assert [Dense(1).name, Dense(1).name] == ["dense", "dense_1"]
    utils.clear_session()
    assert [Dense(1).name, Flatten().name] == ["dense", "flatten"]


def test_everything_keras_scripts_import_is_there():
    for name in utils.__all__:
        assert hasattr(utils, name)
