import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients, config
from minikeras.ops import loss as ops

ERRORS = {
    "squared": (ops.squared_error, ()),
    "sum squared": (ops.sum_squared_error, ()),
    "absolute": (ops.absolute_error, ()),
    "huber": (ops.huber_error, (0.7,)),
    "log-cosh": (ops.log_cosh_error, ()),
}
OVER_CLASSES = {
    "categorical": ops.categorical_crossentropy,
    "categorical from logits": ops.categorical_crossentropy_from_logits,
}
SPARSE = {
    "sparse": ops.sparse_crossentropy,
    "sparse from logits": ops.sparse_crossentropy_from_logits,
}
BINARY = {
    "binary": ops.binary_crossentropy,
    "binary from logits": ops.binary_crossentropy_from_logits,
}
shapes = hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)


def probabilities(shape, seed=0):
    """Rows that need not sum to 1."""
    return np.random.default_rng(seed).uniform(0.05, 0.95, shape)


@pytest.mark.parametrize("name", ERRORS)
@settings(max_examples=15)
@given(shape=shapes)
def test_gradients_of_errors_agree_with_central_differences(name, shape):
    op, arguments = ERRORS[name]
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.standard_normal(shape), rng.standard_normal(shape)
    smooth = name not in ("absolute", "huber")
    check_gradients(lambda t, y: op(t, y, *arguments), y_true, y_pred, second=smooth)


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=15)
@given(shape=shapes)
def test_gradients_of_binary_crossentropies_agree_with_central_differences(name, shape):
    check_gradients(BINARY[name], probabilities(shape), probabilities(shape, 1), second=True)


@pytest.mark.parametrize("name", OVER_CLASSES)
@settings(max_examples=15)
@given(shape=shapes, classes=st.integers(2, 5))
def test_gradients_over_classes_agree_with_central_differences(name, shape, classes):
    y_true, y_pred = probabilities((*shape, classes)), probabilities((*shape, classes), 1)
    check_gradients(OVER_CLASSES[name], y_true, y_pred, second=True)


@pytest.mark.parametrize("name", SPARSE)
@settings(max_examples=15)
@given(shape=hnp.array_shapes(min_dims=0, max_dims=2, max_side=4), classes=st.integers(2, 5))
def test_gradients_of_sparse_crossentropies_agree_with_central_differences(name, shape, classes):
    labels = np.random.default_rng(2).integers(classes, size=shape)
    y_pred = probabilities((*shape, classes))
    check_gradients(lambda y: SPARSE[name](labels, y), y_pred, second=True)


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_and_one_hot_targets_give_the_same(name):
    labels, y_pred = np.array([2, 0, 1, 2]), probabilities((4, 3))
    one_hot = OVER_CLASSES[name.replace("sparse", "categorical")]
    assert SPARSE[name](labels, y_pred) == pytest.approx(one_hot(np.eye(3)[labels], y_pred))


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize("label", [-1, 3, -(2**40)])
def test_a_label_out_of_range_never_wraps_around(name, label):
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 3\), got values from"):
        SPARSE[name](np.array([0, label]), probabilities((2, 3)))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.float32])
def test_labels_of_any_integer_dtype_are_taken(dtype):
    y_pred = probabilities((3, 3))
    expected = ops.sparse_crossentropy(np.array([2, 0, 1]), y_pred)
    assert ops.sparse_crossentropy(np.array([2, 0, 1], dtype), y_pred) == pytest.approx(expected)


@pytest.mark.parametrize("name", SPARSE)
def test_memory_layout_does_not_change_the_gradient(name):
    labels, rows = np.array([2, 0, 1, 2, 1]), probabilities((5, 3))

    def gradient(y_pred):
        with GradientTape() as tape:
            x = tape.watch(y_pred)
            losses = SPARSE[name](labels, x)
        return tape.gradient(losses, x)

    expected = gradient(rows)
    assert gradient(np.asfortranarray(rows)) == pytest.approx(expected)
    assert gradient(np.repeat(rows, 2, axis=0)[::2]) == pytest.approx(expected)


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e30, -1e30], [-800.0, 800.0]], np.float32)
    loss = ops.sparse_crossentropy_from_logits(np.array([0, 1]), logits)
    assert loss.tolist() == [0.0, 0.0]
    loss = ops.binary_crossentropy_from_logits(np.array([[1.0, 0.0]], np.float32), logits[1:])
    assert loss.tolist() == [800.0]


def test_equal_logits_give_the_logarithm_of_the_number_of_classes():
    loss = ops.sparse_crossentropy_from_logits(np.array([3]), np.full((1, 7), 100.0))
    assert loss == pytest.approx(np.log(7))


def test_shifting_the_logits_changes_nothing():
    labels, logits = np.array([1, 0]), np.array([[0.3, -1.0, 2.0], [1.0, 0.0, -2.0]])
    loss = ops.sparse_crossentropy_from_logits(labels, logits)
    assert ops.sparse_crossentropy_from_logits(labels, logits + 50.0) == pytest.approx(loss)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_value_and_gradient_keep_the_dtype_of_the_predictions(dtype):
    y_pred = probabilities((4, 3)).astype(dtype)
    cases = [(op, np.array([0, 2, 1, 1])) for op in SPARSE.values()]
    for op in (*OVER_CLASSES.values(), *BINARY.values(), ops.squared_error, ops.log_cosh_error):
        cases += [(op, np.eye(3)[[0, 2, 1, 1]]), (op, np.eye(3, dtype=int)[[0, 2, 1, 1]])]
    for op, y_true in cases:
        with GradientTape() as tape:
            x = tape.watch(y_pred)
            losses = op(y_true, x)
        assert losses.dtype == dtype, op
        assert tape.gradient(losses, x).dtype == dtype, op


def test_certain_predictions_stay_finite_in_half_precision():
    y_pred = np.array([[0.0, 1.0]], np.float16)
    for target in (y_pred, 1 - y_pred):
        assert np.isfinite(ops.binary_crossentropy(target, y_pred)).all()
        assert np.isfinite(ops.categorical_crossentropy(target, y_pred)).all()


def test_the_clip_follows_the_configured_epsilon():
    wrong = np.array([[1.0, 0.0]])
    assert ops.sparse_crossentropy(np.array([1]), wrong) == pytest.approx(-np.log(1e-7))
    config.set_epsilon(1e-3)
    assert ops.sparse_crossentropy(np.array([1]), wrong) == pytest.approx(-np.log(1e-3))


@pytest.mark.parametrize("weights", [None, np.array([0.5, 0.0, 2.0])])
def test_weighted_sum_is_the_sum_of_weighted_losses(weights, rng):
    labels, logits = np.array([2, 0, 1]), rng.standard_normal((3, 4))
    op = ops.sparse_crossentropy_from_logits
    losses = op(labels, logits)
    expected = losses.mean() if weights is None else (losses * weights).sum()
    assert ops.weighted_sum(op, labels, logits, weights) == pytest.approx(expected)
    check_gradients(lambda z: ops.weighted_sum(op, labels, z, weights), logits, second=True)


def test_weighted_sum_has_gradients_by_targets_and_weights_too(rng):
    y_true, y_pred = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    check_gradients(
        lambda t, y, w: ops.weighted_sum(ops.squared_error, t, y, w), y_true, y_pred, np.ones(3)
    )


def test_weighted_sum_hands_on_settings(rng):
    y_true, y_pred = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    expected = ops.huber_error(y_true, y_pred, 0.2).mean()
    assert ops.weighted_sum(ops.huber_error, y_true, y_pred, None, 0.2) == pytest.approx(expected)


def test_a_long_batch_gives_what_short_ones_give(rng):
    y_true, y_pred = rng.standard_normal((9000, 3)), rng.standard_normal((9000, 3))
    whole = ops.weighted_sum(ops.squared_error, y_true, y_pred, None)
    parts = [
        ops.weighted_sum(ops.squared_error, y_true[i : i + 3000], y_pred[i : i + 3000], None)
        for i in (0, 3000, 6000)
    ]
    assert whole == pytest.approx(np.mean(parts))
    labels = rng.integers(3, size=9000)
    losses = ops.sparse_crossentropy_from_logits(labels, y_pred)
    assert losses[4500:4502] == pytest.approx(
        ops.sparse_crossentropy_from_logits(labels[4500:4502], y_pred[4500:4502])
    )


def test_an_empty_batch_has_no_losses():
    empty = np.zeros((0, 3))
    assert ops.squared_error(empty, empty).shape == (0,)
    assert ops.sparse_crossentropy_from_logits(np.zeros(0, int), empty).shape == (0,)
    assert ops.weighted_sum(ops.squared_error, empty, empty, None) == 0.0


def test_off_the_tape_variables_give_plain_arrays():
    y_pred = Variable(np.zeros((2, 3), np.float32))
    assert type(ops.squared_error(np.ones((2, 3), np.float32), y_pred)) is np.ndarray


def test_a_persistent_tape_gives_the_same_gradient_twice():
    with GradientTape(persistent=True) as tape:
        x = tape.watch(probabilities((3, 4)))
        losses = ops.sparse_crossentropy_from_logits(np.array([1, 2, 3]), x)
    first = tape.gradient(losses, x).copy()
    assert tape.gradient(losses, x) == pytest.approx(first)
