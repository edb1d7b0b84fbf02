"""The door: what is taken, what is refused, and the validation part."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.data import (
    ArraySource,
    IterableSource,
    PyDataset,
    PyDatasetSource,
    adapt,
    as_x_y_sample_weight,
    train_validation_split,
)

X = np.arange(8, dtype="float32").reshape(4, 2)
Y = np.arange(4)


class Squares(PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[index : index + 1], Y[index : index + 1]


class TestKinds:
    @pytest.mark.parametrize("x", [X, X.tolist(), [X, X], (X, X), {"a": X}, range(4)])
    def test_arrays(self, x):
        assert isinstance(adapt(x, Y), ArraySource)

    @pytest.mark.parametrize(
        "x", [[(X, Y)], [(X, Y), (X, Y)], iter([X]), (b for b in [X]), {0: (X, Y)}.values()]
    )
    def test_iterables_of_batches(self, x):
        assert isinstance(adapt(x), IterableSource)

    def test_a_py_dataset(self):
        assert isinstance(adapt(Squares()), PyDatasetSource)

    def test_a_list_of_pairs_of_numbers_is_an_array(self):
        assert adapt([(0, 1), (2, 3)]).x.shape == (2, 2)

    def test_a_list_of_batches_beside_y_is_read_as_arrays(self):
        with pytest.raises(ValueError, match="x must have rows of one length"):
            adapt([(X, Y)], Y)

    @pytest.mark.parametrize(
        ("x", "message"),
        [
            (None, "got None"),
            ("train.csv", "got the text 'train.csv'"),
            (Squares, r"got <class .*Squares'>; if it gives the data, call it: Squares\(\)"),
            (print, r"call it: print\(\)"),
            (object(), r"got <object .* \(object\); write it as nested lists or with np.array"),
        ],
    )
    def test_what_is_neither_is_refused(self, x, message):
        with pytest.raises(TypeError, match=f"x must be .*{message}"):
            adapt(x, Y)

    def test_a_map_style_data_set_of_another_library_is_refused(self):
        class Rows:
            def __getitem__(self, index):
                return X[index]

        with pytest.raises(TypeError, match="derive its class from minikeras.utils.PyDataset"):
            adapt(Rows())

    @pytest.mark.parametrize("x", [3.0, 3, np.float32(3)])
    def test_a_single_number_is_refused(self, x):
        with pytest.raises(ValueError, match="x must have samples along its first axis"):
            adapt(x, Y)


class TestArguments:
    @pytest.mark.parametrize(
        ("value", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("32", TypeError)]
    )
    @pytest.mark.parametrize(
        ("argument", "name"), [("batch_size", "batch_size"), ("steps", "steps_per_epoch")]
    )
    def test_counts_are_positive_integers(self, argument, name, value, error):
        message = rf"{name}.* must be an integer of at least 1, got '?{value}"
        for x in (X, iter([X])):
            with pytest.raises(error, match=message):
                adapt(x, **{argument: value})

    def test_numpy_integers_are_integers(self):
        assert adapt(X, batch_size=np.int64(2)).steps == 2

    def test_another_way_to_shuffle_is_refused(self):
        with pytest.raises(ValueError, match="unknown shuffle 'batches'; did you mean 'batch'"):
            adapt(X, shuffle="batches")

    @pytest.mark.parametrize("x", [iter([X]), Squares(), {0: X}.values()])
    def test_batches_carry_their_own_targets_and_weights(self, x):
        with pytest.raises(
            ValueError, match=r"y must not be given when x \(\w+\) gives batches; let"
        ):
            adapt(x, Y)
        with pytest.raises(ValueError, match="sample_weight must not be given when"):
            adapt(x, None, Y)

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match=r"x has shape \(4, 2\), y has shape \(3,\)"):
            adapt(X, Y[:3])

    @pytest.mark.parametrize("bad", [np.array([1j] * 4), np.array(["a"] * 4), np.array([None] * 4)])
    def test_targets_are_real_numbers_too(self, bad):
        with pytest.raises(TypeError, match="y must hold real numbers"):
            adapt(X, bad)

    @pytest.mark.parametrize("name", ["x", "y", "sample_weight"])
    def test_nan_is_refused_only_on_request(self, name):
        data = {"x": X, "y": Y.astype("float32"), "sample_weight": np.ones(4)}
        data[name] = data[name].copy()
        data[name][2] = np.nan
        with pytest.raises(ValueError, match=f"{name} must hold finite numbers, but row 2 has nan"):
            adapt(**data, finite=True)
        assert len(list(adapt(**data).epoch())) == 1

    def test_names_in_errors_can_be_chosen(self):
        with pytest.raises(TypeError, match=r"^validation_data\[1\] must"):
            adapt(X, ["a"] * 4, names=tuple(f"validation_data[{i}]" for i in range(3)))


class Endless(PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return X, Y


def forever():
    while True:
        yield X, Y


class TestEndless:
    @pytest.mark.parametrize(
        "make",
        [
            forever,
            Endless,
            lambda: itertools.cycle([(X, Y)]),
            lambda: itertools.repeat((X, Y)),
            lambda: ((X, Y) for _ in itertools.count()),
        ],
    )
    def test_it_needs_a_number_of_steps(self, make):
        message = r"steps_per_epoch .* must say .* never ends; for example steps_per_epoch=100"
        with pytest.raises(ValueError, match=message):
            adapt(make())
        source = adapt(make(), steps=3)
        assert [len(list(source.epoch())) for _ in range(2)] == [3, 3]

    def test_a_py_dataset_without_a_length_is_refused(self):
        class Lengthless(PyDataset):
            def __getitem__(self, index):
                return X

        with pytest.raises(NotImplementedError, match=r"Lengthless has no length; define __len__"):
            adapt(Lengthless())


class TestValidationSplit:
    @given(st.integers(2, 60), st.floats(0.01, 0.99))
    def test_the_parts_are_the_data_in_order(self, samples, share):
        y = np.arange(samples)
        expected = int(np.floor(samples * (1.0 - share)))
        if not 0 < expected < samples:
            with pytest.raises(ValueError, match="must leave samples in both parts"):
                train_validation_split(y, y, None, share)
            return
        training, validation = train_validation_split(y, y, y, share)
        assert len(training[0]) == expected
        for part in range(3):
            assert np.concatenate([training[part], validation[part]]).tolist() == y.tolist()

    def test_structures_are_cut_leaf_by_leaf(self):
        training, validation = train_validation_split([X, X], {"a": Y}, None, 0.25)
        assert [array.shape for array in training[0]] == [(3, 2), (3, 2)]
        assert validation[1]["a"].tolist() == [3]
        assert training[2] is None

    def test_the_parts_are_views_that_adapt_takes_as_they_are(self):
        training, _ = train_validation_split(X, Y, None, 0.5)
        assert np.shares_memory(adapt(*training).x, X)

    def test_a_memory_map_stays_on_disk(self, tmp_path):
        np.save(tmp_path / "x.npy", X)
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        _, validation = train_validation_split(mapped, None, None, 0.25)
        assert isinstance(validation[0], np.memmap)

    def test_nothing_is_cut_off_for_zero(self):
        training, validation = train_validation_split(X, Y, None, 0.0)
        assert len(training[0]) == 4 and validation is None

    @pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan")])
    def test_a_share_outside_its_range_is_refused(self, share):
        with pytest.raises(ValueError, match=r"validation_split must be a number in \[0, 1\)"):
            train_validation_split(X, Y, None, share)

    def test_text_is_no_share(self):
        with pytest.raises(TypeError, match="validation_split must be a number .*got '0.2'"):
            train_validation_split(X, Y, None, "0.2")

    def test_an_empty_part_is_refused(self):
        message = r"0.5 of 1 samples leaves 0 for training and 1 for validation; give more data"
        with pytest.raises(ValueError, match=message):
            train_validation_split(X[:1], Y[:1], None, 0.5)

    @pytest.mark.parametrize("x", [iter([(X, Y)]), Squares(), [(X, Y)]])
    def test_batches_cannot_be_split(self, x):
        message = r"validation_split must be 0 when x \(\w+\) gives batches, got 0.2; pass other"
        with pytest.raises(ValueError, match=message):
            train_validation_split(x, None, None, 0.2)

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match="same number of samples"):
            train_validation_split(X, Y[:3], None, 0.5)


class TestValidationData:
    @pytest.mark.parametrize("kind", [tuple, list])
    def test_a_pair_or_triple_is_taken_apart(self, kind):
        assert as_x_y_sample_weight(kind(("x", "y"))) == ("x", "y", None)
        assert as_x_y_sample_weight(kind(("x", "y", "w"))) == ("x", "y", "w")

    @pytest.mark.parametrize("data", [Squares(), [(X, Y), (X, Y)], iter([])])
    def test_what_gives_batches_stays_whole(self, data):
        assert as_x_y_sample_weight(data) == (data, None, None)

    def test_other_lengths_are_refused(self):
        with pytest.raises(
            ValueError, match=r"validation_data must be \(x, y\).* a tuple of 4; put"
        ):
            as_x_y_sample_weight((X, X, Y, Y))
