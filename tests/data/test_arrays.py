"""Batches cut out of whole arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import set_random_seed
from minikeras.data import ArraySource, adapt


def numbered(samples, features=2):
    """Rows that carry their own number, and labels that equal it."""
    rows = np.arange(samples)
    return np.repeat(rows[:, None], features, axis=1).astype("float32"), rows


def labels(source):
    return [y.tolist() for _, y, _ in source.epoch()]


SIZES = {"samples": st.integers(1, 40), "batch_size": st.integers(1, 50)}


@given(**SIZES, shuffle=st.sampled_from([False, True, "batch"]), seed=st.integers(0, 9))
def test_every_sample_appears_exactly_once_an_epoch(samples, batch_size, shuffle, seed):
    x, y = numbered(samples)
    source = adapt(x, y, y, batch_size=batch_size, shuffle=shuffle, seed=seed)
    for _ in range(2):
        batches = list(source.epoch())
        assert len(batches) == source.steps
        assert sorted(np.concatenate([y for _, y, _ in batches])) == list(range(samples))
        for xb, yb, wb in batches:
            assert len(xb) <= batch_size and xb.shape[1:] == (2,) and xb.dtype == "float32"
            assert (xb[:, 0] == yb).all() and (wb == yb).all()
            assert yb.dtype == y.dtype and wb.dtype == "float32"


@given(**SIZES)
def test_unshuffled_batches_come_in_order_and_full_but_for_the_last(samples, batch_size):
    x, y = numbered(samples)
    found = labels(adapt(x, y, batch_size=batch_size))
    assert np.concatenate(found).tolist() == list(range(samples))
    assert all(len(batch) == batch_size for batch in found[:-1])


@given(**SIZES, shuffle=st.sampled_from([True, "batch"]), seed=st.integers(0, 9))
def test_the_same_seed_gives_the_same_order(samples, batch_size, shuffle, seed):
    x, y = numbered(samples)
    first, second = (
        adapt(x, y, batch_size=batch_size, shuffle=shuffle, seed=seed) for _ in range(2)
    )
    assert [labels(first), labels(first)] == [labels(second), labels(second)]


def test_the_global_seed_gives_the_same_order():
    orders = []
    for _ in range(2):
        set_random_seed(3)
        orders.append(labels(adapt(*numbered(20), shuffle=True)))
    assert orders[0] == orders[1]


def test_every_epoch_has_its_own_order():
    source = adapt(*numbered(50), shuffle=True, seed=0)
    assert labels(source) != labels(source)


def test_shuffled_batches_stay_whole_with_batch():
    found = labels(adapt(*numbered(20), batch_size=4, shuffle="batch", seed=0))
    assert sorted(found) == [list(range(start, start + 4)) for start in range(0, 20, 4)]
    assert found != sorted(found)


def test_thirty_two_samples_make_a_batch_by_default():
    source = adapt(*numbered(100))
    assert isinstance(source, ArraySource)
    assert (source.batch_size, source.steps, source.samples) == (32, 4, 100)


def test_what_is_absent_is_none():
    x, _ = numbered(3)
    ((xb, y, w),) = adapt(x).epoch()
    assert y is None and w is None and xb.shape == (3, 2)


def test_several_inputs_and_outputs_keep_their_structure():
    x, y = numbered(5)
    source = adapt([x, x], {"a": y, "b": y}, batch_size=2, shuffle=True, seed=0)
    for (first, second), targets, _ in source.epoch():
        assert list(targets) == ["a", "b"]
        assert (first == second).all() and (first[:, 0] == targets["a"]).all()


class TestMemory:
    def test_unshuffled_batches_are_views_of_the_data(self):
        x, y = numbered(5)
        for xb, yb, _ in adapt(x, y, batch_size=2).epoch():
            assert np.shares_memory(xb, x) and np.shares_memory(yb, y)

    @pytest.mark.parametrize("shuffle", [False, "batch"])
    def test_views_cannot_change_the_data(self, shuffle):
        x, _ = numbered(5)
        xb, _, _ = next(adapt(x, shuffle=shuffle).epoch())
        with pytest.raises(ValueError, match="read-only"):
            xb += 1
        assert x.flags.writeable

    def test_shuffled_batches_are_copies_that_never_change(self):
        x, y = numbered(8)
        source = adapt(x, y, batch_size=2, shuffle=True, seed=0)
        kept = list(source.epoch())
        before = [xb.copy() for xb, _, _ in kept]
        list(source.epoch())
        kept[0][0][:] += 1  # may be written to ...
        assert (x[:, 0] == y).all()  # ... and the data stay what they were
        assert all((xb == copy).all() for (xb, _, _), copy in zip(kept[1:], before[1:]))


class TestSteps:
    def test_steps_alone_set_the_batch_size(self):
        source = adapt(*numbered(10), steps=3)
        assert (source.batch_size, source.steps) == (4, 3)
        assert list(map(len, labels(source))) == [4, 4, 2]

    def test_the_next_epoch_goes_on_where_the_last_one_stopped(self):
        source = adapt(*numbered(8), batch_size=2, steps=2)
        assert source.steps == 2
        assert labels(source) == [[0, 1], [2, 3]]
        assert labels(source) == [[4, 5], [6, 7]]
        assert labels(source) == [[0, 1], [2, 3]]

    def test_a_pass_that_ends_within_an_epoch_ends_it_with_a_warning(self):
        source = adapt(*numbered(6), batch_size=2, steps=2)
        labels(source)
        with pytest.warns(
            UserWarning, match="this epoch has 1 of 2 batches; lower steps_per_epoch"
        ):
            assert labels(source) == [[4, 5]]
        assert labels(source) == [[0, 1], [2, 3]]
        assert not source.exhausted

    def test_an_epoch_left_early_loses_nothing(self):
        source = adapt(*numbered(8), batch_size=2, steps=2)
        next(source.epoch())
        assert labels(source) == [[2, 3], [4, 5]]

    def test_reset_begins_again(self):
        source = adapt(*numbered(8), batch_size=2, steps=2)
        labels(source)
        source.reset()
        assert labels(source) == [[0, 1], [2, 3]]


class TestEmpty:
    def test_no_samples_are_refused(self):
        with pytest.raises(ValueError, match=r"x must have at least one sample, got x \(0, 3\)"):
            adapt(np.zeros((0, 3)), np.zeros(0))

    @pytest.mark.parametrize("shuffle", [False, True, "batch"])
    def test_predict_gets_one_empty_batch(self, shuffle):
        source = adapt(np.zeros((0, 3)), allow_empty=True, shuffle=shuffle)
        assert [x.shape for x, _, _ in source.epoch()] == [(0, 3)]
        assert source.steps == 1


class TestMemoryMap:
    @pytest.fixture
    def mapped(self, tmp_path):
        x, y = numbered(7)
        np.save(tmp_path / "x.npy", x.astype(">f8"))
        np.save(tmp_path / "y.npy", y.astype(">i2"))
        return [np.load(tmp_path / name, mmap_mode="r") for name in ("x.npy", "y.npy")]

    @pytest.mark.parametrize("shuffle", [False, True, "batch"])
    def test_batches_are_those_of_the_array(self, mapped, shuffle):
        source, plain = (
            adapt(x, y, batch_size=3, shuffle=shuffle, seed=1) for x, y in (mapped, numbered(7))
        )
        assert source.x is mapped[0]
        for (xb, yb, _), (x, y, _) in zip(source.epoch(), plain.epoch(), strict=True):
            assert type(xb) is np.ndarray and xb.dtype == "float32" and yb.dtype == "int16"
            np.testing.assert_array_equal(xb, x)
            np.testing.assert_array_equal(yb, y)

    def test_it_may_stand_beside_an_array(self, mapped):
        ((a, b), _, _) = next(adapt([mapped[0], numbered(7)[0]]).epoch())
        np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_nan_is_found_when_it_is_read_and_named_by_its_row_in_the_file(self, tmp_path, shuffle):
        x, _ = numbered(9)
        x[5] = np.nan
        np.save(tmp_path / "x.npy", x)
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        source = adapt(mapped, batch_size=2, shuffle=shuffle, seed=0, finite=True)
        with pytest.raises(ValueError, match="x must hold finite numbers, but row 5 has nan"):
            list(source.epoch())
        assert len(list(adapt(mapped, batch_size=2).epoch())) == 5
