"""Weights of samples and of classes."""

import numpy as np
import pytest

from minikeras.data import adapt
from minikeras.data.weights import check_class_weight, class_to_sample_weight

X = np.zeros((3, 2), dtype="float32")
LABELS = np.array([0, 2, 2])


def weights(y, given, x=X):
    return adapt(x, y, given).w


class TestSampleWeight:
    def test_one_weight_for_each_sample(self):
        assert weights(LABELS, [1, 2, 3]).tolist() == [1, 2, 3]

    def test_a_column_becomes_one_axis(self):
        assert weights(LABELS, np.ones((3, 1))).shape == (3,)

    def test_every_step_of_a_sequence_may_have_one(self):
        assert weights(np.zeros((3, 5), int), np.ones((3, 5))).shape == (3, 5)
        assert weights(np.zeros((3, 5, 4)), np.ones((3, 5))).shape == (3, 5)

    def test_one_array_stands_for_all_outputs(self):
        found = weights({"a": LABELS, "b": LABELS}, [1, 2, 3])
        assert found["a"].tolist() == found["b"].tolist() == [1, 2, 3]
        assert [w.tolist() for w in weights([LABELS, LABELS], [1, 2, 3])] == [[1, 2, 3]] * 2

    def test_each_output_may_have_its_own(self):
        first, second = weights([LABELS, LABELS], [np.ones(3), np.zeros(3)])
        assert first.tolist() == [1, 1, 1] and second.tolist() == [0, 0, 0]
        found = weights({"a": LABELS}, {"a": [1, 2, 3]})
        assert found["a"].tolist() == [1, 2, 3]

    def test_negative_weights_are_refused(self):
        with pytest.raises(
            ValueError, match=r"sample_weight must not be negative, got -1\.0 in row 2"
        ):
            weights(LABELS, [1, 1, -1])

    def test_another_shape_is_refused(self):
        message = r"shape \(samples,\) .*got \(3, 4\) for y of shape \(3,\); give one weight"
        with pytest.raises(ValueError, match=message):
            weights(LABELS, np.ones((3, 4)))
        with pytest.raises(ValueError, match=r"got \(3, 4\) for no y"):
            weights(None, np.ones((3, 4)))

    def test_another_length_is_refused(self):
        with pytest.raises(ValueError, match=r"sample_weight has shape \(2,\)"):
            weights(LABELS, [1, 1])

    @pytest.mark.parametrize("y", [LABELS, [LABELS, LABELS, LABELS], {"a": LABELS}])
    def test_another_structure_is_refused(self, y):
        with pytest.raises(ValueError, match=r"one array for every output .* a list of 2 arrays"):
            weights(y, [np.ones(3), np.ones(3)])

    def test_the_array_at_fault_is_named(self):
        with pytest.raises(ValueError, match=r"^sample_weight\['b'\] must not be negative"):
            weights({"a": LABELS, "b": LABELS}, {"a": [1, 1, 1], "b": [-1, 1, 1]})


class TestClassWeight:
    @pytest.mark.parametrize(
        "y",
        [
            [0, 2, 2],
            [[0], [2], [2]],
            np.array([0, 2, 2], dtype="uint8"),
            [0.0, 2.0, 2.0],
            [[1, 0, 0], [0, 0, 1], [0, 0, 1]],
            [[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [0.0, 0.2, 0.8]],
        ],
    )
    def test_every_way_to_write_classes_gives_the_same_weights(self, y):
        found = adapt(X, y, class_weight={0: 1.0, 2: 5.0}).w
        assert found.dtype == "float32" and found.tolist() == [1, 5, 5]

    def test_boolean_labels_are_the_classes_0_and_1(self):
        assert adapt(X, [True, False, True], class_weight={0: 2, 1: 3}).w.tolist() == [3, 2, 3]

    def test_keys_may_be_numpy_numbers_as_np_unique_gives_them(self):
        keys = np.unique([0.0, 2.0, 2.0])
        assert check_class_weight(dict(zip(keys, [1, 2]))) == {0: 1.0, 2: 2.0}

    def test_classes_that_do_not_occur_change_nothing(self):
        assert class_to_sample_weight(LABELS, {0: 1, 1: 9, 2: 3}).tolist() == [1, 3, 3]

    @pytest.mark.parametrize(
        ("given", "error", "message"),
        [
            ([1.0, 2.0], TypeError, r"must be a dict .*got \[1.0, 2.0\] .*dict\(enumerate"),
            ({"cat": 1.0}, TypeError, r"class numbers as keys, got 'cat' \(str\); use the numbers"),
            ({0.5: 1.0}, TypeError, "class numbers as keys, got 0.5"),
            ({True: 1.0}, TypeError, "class numbers as keys, got True"),
            ({0: -1.0}, ValueError, r"\[0\] must be a finite number of at least 0"),
            ({0: "1"}, TypeError, r"\[0\] must be .* got '1'"),
            ({0: 1.0}, ValueError, r"it has \[0\] but class 2 is missing; a weight of 1.0"),
            ({1: 1.0}, ValueError, "classes 0, 2 are missing"),
        ],
    )
    def test_other_class_weights_are_refused(self, given, error, message):
        with pytest.raises(error, match=f"class_weight.*{message}"):
            adapt(X, LABELS, class_weight=given)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (None, "got no y"),
            ([LABELS, LABELS], "got 2 outputs"),
            ([0.5, 1.0, 2.0], "got 0.5; use sample_weight"),
            (np.full((3, 2), 7.0), r"shape \(3, 2\) whose rows do not sum to 1"),
            (np.zeros((3, 2, 2)), r"got an array of shape \(3, 2, 2\)"),
        ],
    )
    def test_targets_that_are_no_classes_are_refused(self, y, message):
        with pytest.raises(ValueError, match=f"class_weight needs .*{message}"):
            adapt(X, y, class_weight={0: 1.0})

    def test_both_kinds_of_weights_are_refused(self):
        with pytest.raises(ValueError, match="sample_weight must not be given together with class"):
            adapt(X, LABELS, [1, 1, 1], class_weight={0: 1, 2: 1})
