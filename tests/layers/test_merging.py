"""Merging layers: values, broadcasting, masks, functional forms, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minikeras.layers import merging
from minikeras.layers.base import Layer
from minikeras.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)

FUNCTIONS = {
    "add": (Add, lambda a, b: a + b),
    "subtract": (Subtract, lambda a, b: a - b),
    "multiply": (Multiply, lambda a, b: a * b),
    "average": (Average, lambda a, b: (a + b) / 2.0),
    "maximum": (Maximum, np.maximum),
    "minimum": (Minimum, np.minimum),
}


class Marked(Layer):
    """Pass the input on and leave out the steps that begin with 9."""

    def forward(self, x):
        return x + 0.0

    def compute_mask(self, inputs, previous_mask=None):
        return inputs[..., 0] != 9.0


class Masked(Layer):
    """Call a layer on inputs, the first ``count`` of which are masked."""

    def __init__(self, inside, count):
        super().__init__()
        self.inside = inside
        self.count = count
        self.mark = Marked()

    def forward(self, inputs):
        marked = [self.mark(x) if i < self.count else x for i, x in enumerate(inputs)]
        return self.inside(marked)


def steps(*values):
    return np.array(values, "float32").reshape(1, -1, 1)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=1, max_side=3),
    batch=st.integers(1, 3),
)
def test_inputs_broadcast_sample_by_sample(name, shapes, batch):
    cls, function = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((batch, *shape)).astype("float32") for shape in shapes.input_shapes)
    y = cls()([a, b])
    for i in range(batch):
        np.testing.assert_allclose(y[i], function(a[i], b[i]), rtol=1e-6)
    assert cls().compute_output_shape([(None, *a.shape[1:]), (None, *b.shape[1:])]) == (
        None,
        *y.shape[1:],
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_the_layers(name):
    cls, function = FUNCTIONS[name]
    a, b = np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])
    np.testing.assert_allclose(getattr(merging, name)([a, b]), function(a, b))
    np.testing.assert_allclose(cls()([a, b]), function(a, b))


def test_any_number_of_inputs_is_merged(rng):
    inputs = list(rng.standard_normal((4, 2, 3)))
    np.testing.assert_allclose(Add(dtype="float64")(inputs), np.sum(inputs, axis=0))
    np.testing.assert_allclose(Average(dtype="float64")(inputs), np.mean(inputs, axis=0))
    np.testing.assert_allclose(Multiply(dtype="float64")(inputs), np.prod(inputs, axis=0))
    np.testing.assert_array_equal(Maximum(dtype="float64")(inputs), np.max(inputs, axis=0))
    np.testing.assert_array_equal(Add(dtype="float64")(inputs[:1]), inputs[0])


def test_concatenate_joins_along_an_axis(rng):
    a, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 1, 4))
    y = merging.concatenate([a, b], axis=1, dtype="float64")
    np.testing.assert_array_equal(y, np.concatenate([a, b], axis=1))
    layer = Concatenate()
    assert layer.compute_output_shape([(None, 3, 4), (None, 3, None)]) == (None, 3, None)
    assert layer.compute_output_shape([(None, None, 4), (None, 3, 1)]) == (None, 3, 5)


def test_dot_sums_over_axes(rng):
    a, b = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 4, 6))
    y = merging.dot([a, b], axes=(2, 1), dtype="float64")
    np.testing.assert_allclose(y, np.einsum("bijk,bjl->bikl", a, b))
    assert Dot((2, 1)).compute_output_shape([(None, 3, 4, 5), (None, 4, 6)]) == (None, 3, 5, 6)
    assert Dot(1).compute_output_shape([(None, 3), (None, 3)]) == (None, 1)


def test_normalized_products_are_cosines():
    a, b = np.array([[3.0, 4.0]]), np.array([[8.0, 6.0]])
    np.testing.assert_allclose(Dot(1, normalize=True)([a, b]), [[0.96]], rtol=1e-6)


def test_where_one_input_is_left_out_the_other_decides():
    a, b = steps(9.0, 2.0, 9.0), steps(3.0, 5.0, 9.0)
    for layer, expected in (
        (Maximum(), [3, 5, 9]),
        (Minimum(), [3, 2, 9]),
        (Multiply(), [3, 10, 0]),
    ):
        np.testing.assert_array_equal(Masked(layer, 2)([a, b]).ravel(), expected)
    np.testing.assert_array_equal(Masked(Add(), 2)([a, b]).ravel(), [12, 7, 18])


def test_one_mask_is_enough_to_leave_an_input_out():
    a, b = steps(9.0, 2.0), steps(3.0, 5.0)
    np.testing.assert_array_equal(Masked(Maximum(), 1)([a, b]).ravel(), [3, 5])
    np.testing.assert_array_equal(Masked(Multiply(), 1)([a, b]).ravel(), [3, 10])


def test_a_step_stays_where_any_input_has_it():
    first, second = np.array([[True, False, False]]), np.array([[True, True, False]])
    x = [np.ones((1, 3, 2))] * 2
    np.testing.assert_array_equal(Add().compute_mask(x, [first, second]), [[True, True, False]])
    assert Add().compute_mask(x, [first, None]) is None
    assert Add().compute_mask(x, None) is None
    assert Dot(1).compute_mask(x, [first, second]) is None


def test_masks_are_joined_as_the_inputs_are():
    mask = np.array([[True, False]])
    x = [np.ones((1, 2, 2)), np.ones((1, 2, 3))]
    np.testing.assert_array_equal(Concatenate().compute_mask(x, [mask, mask]), mask)
    np.testing.assert_array_equal(Concatenate().compute_mask(x, [mask, None]), [[True, True]])
    along = Concatenate(axis=1).compute_mask([x[0], x[0]], [mask, None])
    np.testing.assert_array_equal(along, [[True, False, True, True]])
    assert Concatenate().compute_mask(x, [None, None]) is None


def test_an_empty_batch_passes():
    x = [np.zeros((0, 2, 3))] * 2
    assert Add()(x).shape == Maximum()(x).shape == (0, 2, 3)
    assert Concatenate()(x).shape == (0, 2, 6)
    assert Dot(2)(x).shape == (0, 2, 2)


X = np.ones((2, 3))


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (Add(name="m"), X, "Add 'm' expected a list of arrays, got one array of shape"),
        (Dot(1, name="m"), X, "Dot 'm' expected a list of 2 arrays, got one array"),
        (Subtract(name="m"), [X] * 3, "Subtract 'm' expected 2 inputs, got 3"),
        (Dot(1, name="m"), [X], "Dot 'm' expected 2 inputs, got 1"),
        (Add(name="m"), [X, np.ones((2, 4))], "Add 'm' expected inputs of shapes that broadcast"),
        (Add(name="m"), [X, np.ones((3, 3))], "Add 'm' expected inputs with equal numbers of"),
        (
            Concatenate(name="m"),
            [np.ones((2, 3, 1)), np.ones((2, 4, 1))],
            "Concatenate 'm' expected inputs of equal shapes but for axis -1",
        ),
        (Concatenate(2, name="m"), [X, X], "Concatenate 'm' expected inputs that have an axis 2"),
        (Dot(1, name="m"), [X, np.ones((2, 4))], "equal lengths along axis 1 .* got 3 and 4"),
        (Dot(2, name="m"), [X, X], "Dot 'm' expected inputs that have an axis 2"),
        (Dot(0, name="m"), [X, X], "have an axis 0 besides the batch's"),
    ],
)
def test_inputs_that_do_not_fit_are_named(layer, inputs, message):
    with pytest.raises(ValueError, match=message):
        layer(inputs)


def test_other_shapes_are_checked_at_later_calls():
    layer = Add(name="m")
    layer([X, X])
    with pytest.raises(ValueError, match="Add 'm' expected inputs of shapes that broadcast"):
        layer([X, np.ones((2, 4))])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dot("1"), TypeError, "axes must be an integer, got '1'"),
        (lambda: Dot((1, 2, 3)), ValueError, "axes must be an integer or two of them"),
        (lambda: Dot((1, 2.0)), TypeError, "each of axes must be an integer"),
        (lambda: Concatenate(None), TypeError, "axis must be an integer"),
        (lambda: Add(axes=1), TypeError, "unknown argument 'axes'"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
