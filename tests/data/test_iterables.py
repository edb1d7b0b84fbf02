"""Batches from generators, loaders, lists of batches and data sets."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from minikeras.data import PyDataset, adapt, iterables


def batch(number, size=2):
    return np.full((size, 3), float(number)), np.full(size, number)


def numbers(source):
    return [int(x[0, 0]) for x, _, _ in source.epoch()]


def generate(count):
    for number in range(count):
        yield batch(number)


class Again:
    """Can be read again, and does not say how long it is."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return generate(self.count)


class TestEpochs:
    def test_a_generator_is_one_epoch(self):
        source = adapt(generate(3))
        assert source.steps is None and source.samples is None and source.x is None
        assert numbers(source) == [0, 1, 2]
        assert source.exhausted
        with pytest.warns(UserWarning, match="data ran out: this epoch has 0 .* read only once"):
            assert numbers(source) == []

    def test_steps_go_on_through_a_generator(self):
        source = adapt(generate(5), steps=2)
        assert source.steps == 2
        assert [numbers(source), numbers(source)] == [[0, 1], [2, 3]]
        assert not source.exhausted
        with pytest.warns(UserWarning, match="this epoch has 1 of 2 batches"):
            assert numbers(source) == [4]
        assert source.exhausted
        assert numbers(source) == []  # and the warning is not repeated

    def test_no_batch_is_read_before_it_is_needed(self):
        read = []

        def watched():
            for number in range(3):
                read.append(number)
                yield batch(number)

        epoch = adapt(watched(), steps=2).epoch()
        assert read == []
        next(epoch)
        assert read == [0]

    def test_an_iterable_starts_anew_with_every_epoch(self):
        source = adapt(Again(3))
        assert source.steps is None
        assert [numbers(source), numbers(source)] == [[0, 1, 2]] * 2
        assert source.steps == 3 and not source.exhausted

    def test_steps_go_on_through_an_iterable_and_begin_again_at_its_end(self):
        source = adapt(Again(4), steps=2)
        assert [numbers(source) for _ in range(3)] == [[0, 1], [2, 3], [0, 1]]
        source.reset()
        assert numbers(source) == [0, 1]

    def test_a_length_is_the_number_of_steps(self):
        assert adapt([batch(0), batch(1)]).steps == 2

    def test_a_length_that_is_not_known_is_no_error(self):
        class Stream(Again):
            def __len__(self):
                raise TypeError("has no length")

        assert adapt(Stream(2)).steps is None

    def test_an_iterable_without_batches_is_refused(self):
        with pytest.raises(ValueError, match="at least one batch, but the list_iterator gave none"):
            numbers(adapt(iter([])))
        assert numbers(adapt(iter([]), allow_empty=True)) == []

    def test_an_epoch_that_seems_endless_warns(self, monkeypatch):
        monkeypatch.setattr(iterables, "LONG_EPOCH", 3)
        with pytest.warns(UserWarning, match="has read 3 batches .* give steps_per_epoch"):
            assert len(numbers(adapt(generate(5)))) == 5
        assert len(numbers(adapt([batch(0)] * 5))) == 5

    def test_errors_of_a_generator_pass_through(self):
        def broken():
            yield batch(0)
            raise OSError("disk on fire")

        with pytest.raises(OSError, match="disk on fire"):
            numbers(adapt(broken()))


class TestBatches:
    def test_x_alone_a_pair_and_a_triple(self):
        x, y = batch(1)
        for data, absent in [(x, 2), ((x,), 2), ((x, y), 1), ([x, y], 1), ((x, y, y), 0)]:
            ((*parts,),) = adapt(iter([data])).epoch()
            assert sum(part is None for part in parts) == absent

    def test_several_inputs(self):
        x, y = batch(1)
        (((a, b), _, _),) = adapt(iter([((x, x), y)])).epoch()
        assert a.shape == b.shape == x.shape
        ((inputs, _, _),) = adapt(iter([({"a": x}, y)])).epoch()
        assert list(inputs) == ["a"]

    def test_types_are_those_of_arrays(self):
        x, y = batch(1)
        ((xb, yb, wb),) = adapt(iter([(x.astype(">f8"), y.astype("uint8"), y)])).epoch()
        assert (xb.dtype, yb.dtype, wb.dtype) == ("float32", "uint8", "float32")

    def test_arrays_that_are_ready_are_not_copied(self):
        x = batch(1)[0].astype("float32")
        assert next(adapt(iter([x])).epoch())[0] is x

    def test_tensors_of_a_loader_are_read(self):
        torch = pytest.importorskip("torch")
        data = torch.utils.data.TensorDataset(torch.arange(6.0).reshape(3, 2), torch.arange(3))
        source = adapt(torch.utils.data.DataLoader(data, batch_size=2))
        assert source.steps == 2
        shapes = [(type(x), x.shape, y.tolist()) for x, y, _ in source.epoch()]
        assert shapes == [(np.ndarray, (2, 2), [0, 1]), (np.ndarray, (1, 2), [2])]

    def test_class_weights_become_sample_weights(self):
        x, _ = batch(1)
        source = adapt(iter([(x, [0, 1])]), class_weight={0: 1.0, 1: 3.0})
        assert next(source.epoch())[2].tolist() == [1, 3]

    @pytest.mark.parametrize(
        ("second", "message"),
        [
            (batch(0)[0], r"got \(x: an array \(2, 3\), y: absent, sample_weight: absent\)"),
            (([batch(0)[0]] * 2, batch(0)[1]), r"got \(x: a list of arrays \(2, 3\), \(2, 3\)"),
            (({"a": batch(0)[0]}, batch(0)[1]), r"got \(x: a dict of arrays 'a': \(2, 3\)"),
            ((np.zeros((2, 3, 4)), batch(0)[1]), r"got \(x: an array \(2, 3, 4\)"),
        ],
    )
    def test_all_batches_are_built_alike(self, second, message):
        message = f"in batch 1, x, y and sample_weight must be built as in the first .*{message}"
        with pytest.raises(ValueError, match=message):
            list(adapt(iter([batch(0), second])).epoch())

    def test_sizes_and_lengths_of_axes_may_differ(self):
        sequences = [(np.zeros((2, 5)), np.zeros(2)), (np.zeros((1, 7)), np.zeros(1))]
        assert len(list(adapt(sequences).epoch())) == 2

    @pytest.mark.parametrize(
        ("data", "error", "message"),
        [
            (
                (np.zeros((2, 3)), np.zeros(3)),
                ValueError,
                r"x and y must .* y has shape \(3,",
            ),
            ((np.zeros((0, 3)), np.zeros(0)), ValueError, r"x must have at least one sample"),
            ((np.zeros(2), ["a", "b"]), TypeError, "y must hold real numbers"),
            ((np.zeros(2), np.zeros(2), [1, -1]), ValueError, "sample_weight must not be negative"),
            ((np.zeros(2), 1.0), ValueError, "y must have samples along its first axis"),
            ((1, 2, 3, 4), ValueError, r"a batch must be .* got a tuple of 4"),
            ((np.array([0, np.nan]), np.zeros(2)), ValueError, "x must hold finite .* row 1"),
        ],
    )
    def test_a_bad_batch_is_named_by_its_number(self, data, error, message):
        with pytest.raises(error, match=f"^in batch 1, {message}"):
            list(adapt(iter([(np.zeros(2), np.zeros(2)), data]), finite=True).epoch())

    def test_both_kinds_of_weights_are_refused(self):
        x, y = batch(1)
        with pytest.raises(
            ValueError, match="in batch 0, sample_weight must not be given together"
        ):
            next(adapt(iter([(x, y, y)]), class_weight={1: 1.0}).epoch())

    def test_a_class_without_a_weight_is_named(self):
        with pytest.raises(ValueError, match="in batch 1, class_weight .* class 1 is missing"):
            list(adapt(generate(2), class_weight={0: 1.0}).epoch())


class Numbered(PyDataset):
    def __init__(self, count=4, **options):
        super().__init__(**options)
        self.count = count
        self.events = []
        self.threads = set()

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.threads.add(threading.current_thread())
        return batch(index)

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")


class TestPyDataset:
    def test_batches_come_in_order_with_hooks_around(self):
        data = Numbered()
        source = adapt(data)
        assert source.steps == 4
        assert [numbers(source), numbers(source)] == [[0, 1, 2, 3]] * 2
        assert data.events == ["begin", "end"] * 2
        assert data.threads == {threading.main_thread()}

    def test_shuffling_draws_a_new_order_of_the_batches(self):
        first, second = (adapt(Numbered(20), shuffle=True, seed=1) for _ in range(2))
        orders = [numbers(first), numbers(first)]
        assert orders == [numbers(second), numbers(second)]
        assert orders[0] != orders[1]
        assert sorted(orders[0]) == list(range(20))

    def test_threads_prepare_batches_in_order(self):
        data = Numbered(9, workers=3, max_queue_size=4)
        assert numbers(adapt(data)) == list(range(9))
        assert threading.main_thread() not in data.threads

    def test_threads_end_with_an_epoch_that_is_left_early(self):
        epoch = adapt(Numbered(50, workers=2)).epoch()
        next(epoch)
        epoch.close()
        names = [thread.name for thread in threading.enumerate()]
        assert not any(name.startswith("minikeras-data") for name in names)

    def test_errors_of_threads_pass_through(self):
        class Broken(Numbered):
            def __getitem__(self, index):
                raise OSError("disk on fire")

        with pytest.raises(OSError, match="disk on fire"):
            numbers(adapt(Broken(workers=2)))

    def test_it_may_grow_between_epochs(self):
        class Growing(Numbered):
            def on_epoch_end(self):
                self.count += 1

        source = adapt(Growing(1))
        assert [numbers(source), numbers(source)] == [[0], [0, 1]]

    def test_an_endless_one_goes_on_with_steps(self):
        class Endless(Numbered):
            num_batches = None

        source = adapt(Endless(), steps=2)
        assert [numbers(source), numbers(source)] == [[0, 1], [2, 3]]

    def test_a_subclass_need_not_call_the_base_class(self):
        class Bare(PyDataset):
            def __init__(self):
                pass

            def __len__(self):
                return 1

            def __getitem__(self, index):
                return batch(7)

        assert numbers(adapt(Bare())) == [7]

    def test_it_can_be_read_without_a_model(self):
        data = iter(Numbered(2))
        assert isinstance(data, Iterator)
        assert [int(y[0]) for _, y in data] == [0, 1]

    def test_a_missing_method_is_named(self):
        class Nothing(PyDataset):
            def __len__(self):
                return 1

        with pytest.raises(NotImplementedError, match="Nothing has no __getitem__; define"):
            numbers(adapt(Nothing()))
