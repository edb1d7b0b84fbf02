"""Padded lists, windows over a series, data sets cut in two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.layers import Dense, Flatten
from minikeras.models import Sequential
from minikeras.utils import (
    PyDataset,
    normalize,
    pad_sequences,
    split_dataset,
    timeseries_dataset_from_array,
)


@given(
    st.lists(st.lists(st.integers(1, 9), max_size=6), max_size=4),
    st.none() | st.integers(0, 7),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
)
def test_short_rows_are_filled_and_long_ones_cut(rows, maxlen, padding, truncating):
    found = pad_sequences(rows, maxlen, padding=padding, truncating=truncating, value=-1)
    length = max(map(len, rows), default=0) if maxlen is None else maxlen
    assert found.shape == (len(rows), length) and found.dtype == "int32"
    for given_row, row in zip(rows, found.tolist()):
        cut = given_row[-length:] if truncating == "pre" else given_row[:length]
        cut = cut if length else []
        filler = [-1] * (length - len(cut))
        assert row == (filler + cut if padding == "pre" else cut + filler)


def test_rows_may_hold_vectors_or_strings():
    assert pad_sequences([np.ones((2, 3)), np.ones((1, 3))], dtype="float32").shape == (2, 2, 3)
    words = pad_sequences([["a"], ["b", "c"]], dtype=object, value="-")
    assert words.tolist() == [["-", "a"], ["b", "c"]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pad_sequences([1, 2]), "expected sequences, got 1 at position 0"),
        (lambda: pad_sequences(iter([[1]])), "expected a list of sequences"),
        (lambda: pad_sequences([[1]], value="x"), "cannot put 'x' into int32; pass dtype=object"),
        (lambda: pad_sequences([[[1]], [[1, 2]]]), "elements of shape .* at position 1"),
        (lambda: pad_sequences([[1]], padding="left"), "unknown padding 'left'"),
        (lambda: split_dataset(np.arange(4)), "left_size or right_size, got neither"),
        (lambda: split_dataset(np.arange(4), 5), "cannot make parts of 5 and -1"),
        (lambda: split_dataset(np.arange(4), 1.5), r"a share in \(0, 1\)"),
        (lambda: split_dataset((np.arange(4), np.arange(3)), 2), "of one length"),
        (lambda: timeseries_dataset_from_array(np.arange(4), None, 5), "does not fit into 4 steps"),
        (
            lambda: timeseries_dataset_from_array(np.arange(4), None, 2, 4),
            "sequence_stride must be",
        ),
        (
            lambda: timeseries_dataset_from_array(
                np.arange(4), None, 2, start_index=3, end_index=2
            ),
            "start_index < end_index <= 4",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_windows_are_where_they_should_be():
    data = np.arange(20.0)[:, np.newaxis]
    windows = timeseries_dataset_from_array(
        data, 10.0 * data, 3, sequence_stride=2, sampling_rate=2, batch_size=4, start_index=5
    )
    x, y = windows[0]
    np.testing.assert_array_equal(x[..., 0], [[5, 7, 9], [7, 9, 11], [9, 11, 13], [11, 13, 15]])
    np.testing.assert_array_equal(y[:, 0], [50, 70, 90, 110])
    assert len(windows) == 2 and len(windows[1][0]) == 2
    assert [len(batch[0]) for batch in windows] == [4, 2]


def test_shuffled_windows_are_the_same_ones_in_another_order_every_epoch():
    windows = timeseries_dataset_from_array(np.arange(30), None, 3, shuffle=True, seed=1)
    first = windows[0]
    windows.on_epoch_end()
    second = windows[0]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first[:, 0]), np.sort(second[:, 0]))
    again = timeseries_dataset_from_array(np.arange(30), None, 3, shuffle=True, seed=1)[0]
    np.testing.assert_array_equal(first, again)


def test_single_windows_without_a_batch_size():
    windows = timeseries_dataset_from_array(np.arange(5), np.arange(5), 2, batch_size=None)
    assert len(windows) == 4 and windows[1][0].tolist() == [1, 2] and windows[1][1] == 1


def test_a_model_is_trained_on_windows():
    series = np.sin(np.arange(100) * 0.3).astype(np.float32)[:, np.newaxis]
    windows = timeseries_dataset_from_array(series[:-5], series[5:], 5, batch_size=16)
    model = Sequential([Flatten(), Dense(1)])
    model.compile("adam", "mse")
    assert len(model.fit(windows, epochs=2, verbose=0).history["loss"]) == 2


class Numbers(PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return np.full(2, index)


def test_parts_keep_the_kind_of_what_is_cut():
    (x1, y1), (x2, y2) = split_dataset((np.arange(10), np.arange(10) * 2), right_size=0.3)
    assert x1.tolist() == list(range(7)) and y2.tolist() == [14, 16, 18] and len(x2) == len(y1) - 4
    left, right = split_dataset(Numbers(), left_size=2)
    assert [batch[0] for batch in left] == [0, 1] and [batch[0] for batch in right] == [2, 3, 4]
    assert split_dataset([1, 2, 3], 1, 1) == ([1], [2])
    left, right = split_dataset({"a": np.arange(8)}, 0.5, shuffle=True, seed=1)
    assert sorted([*left["a"], *right["a"]]) == list(range(8)) and left["a"].tolist() != [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("order", [1, 2])
def test_normalized_rows_have_length_one_and_rows_of_zeros_stay(order):
    x = np.array([[3.0, -4.0], [0.0, 0.0]], np.float32)
    rows = normalize(x, order=order)
    assert rows.dtype == "float32"
    np.testing.assert_allclose(np.linalg.norm(rows, order, axis=1), [1.0, 0.0], rtol=1e-6)
