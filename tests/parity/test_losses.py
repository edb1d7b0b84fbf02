"""Values and gradients of every loss against real Keras (its jax backend)."""

import numpy as np
import pytest

from minikeras import losses
from minikeras.autodiff import GradientTape

RNG = np.random.default_rng(5)
LOGITS = RNG.standard_normal((6, 4)).astype(np.float32) * 3
SHARES = (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)).astype(np.float32)
SURE = np.array(
    [
        [1, 0, 0, 0],
        [0, 0.5, 0.5, 0],
        [0, 0, 0, 2],
        [3, 1, 1, 1],
        [1e-9, 1, 0, 0],
        [0.2, 0.3, 0.1, 0],
    ],
    np.float32,
)  # certain, certainly wrong, and not summing to 1
ONE_HOT = np.eye(4, dtype=np.float32)[[0, 3, 3, 1, 0, 2]]
SOFT = RNG.dirichlet(np.ones(4), 6).astype(np.float32)
LABELS = np.array([0, 3, 3, 1, 0, 2])
YES_NO = (RNG.random((6, 4)) > 0.5).astype(np.float32)
CHANCES = RNG.uniform(0.01, 0.99, (6, 4)).astype(np.float32)
CERTAIN = np.array([[0, 1, 0.5, 1]] * 6, np.float32)
NUMBERS = RNG.standard_normal((6, 4)).astype(np.float32) * 2
COUNTS = RNG.integers(0, 5, (6, 4)).astype(np.float32)
WEIGHTS = np.array([1.0, 0.0, 2.5, 0.5, 1.0, 3.0], np.float32)
STEPS = RNG.standard_normal((2, 3, 4)).astype(np.float32)
IMAGES = (RNG.random((6, 4, 5, 2)) > 0.6).astype(np.float32)
IMAGE_CHANCES = RNG.random((6, 4, 5, 2)).astype(np.float32)
SIZES = RNG.uniform(0.5, 3.0, (6, 4)).astype(np.float32)
GROUPS = np.array([0, 1, 0, 2, 1, 0])
LONELY = np.array([0, 1, 0, 2, 1, 3])  # two samples have no other of their class
EMBEDDINGS = RNG.standard_normal((6, 5)).astype(np.float32)
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=1, keepdims=True)
WORDS = np.array([[1, 2, 0, 0], [3, 3, 1, 0], [2, 0, 0, 0], [1, 2, 3, 1], [0] * 4, [2, 2, 2, 0]])
SOUNDS = RNG.standard_normal((6, 9, 4)).astype(np.float32) * 2

CASES = {
    "mse": ("MeanSquaredError", {}, NUMBERS, LOGITS),
    "mae": ("MeanAbsoluteError", {}, NUMBERS, LOGITS),
    "huber": ("Huber", {}, NUMBERS, LOGITS),
    "huber, delta 2.5": ("Huber", {"delta": 2.5}, NUMBERS, LOGITS),
    "log-cosh": ("LogCosh", {}, NUMBERS, LOGITS),
    "cosine": ("CosineSimilarity", {}, NUMBERS, LOGITS),
    "cosine down the columns": ("CosineSimilarity", {"axis": 0}, NUMBERS, LOGITS),
    "hinge, -1 and 1": ("Hinge", {}, 2 * YES_NO - 1, LOGITS),
    "hinge, 0 and 1": ("Hinge", {}, YES_NO, LOGITS),
    "kl": ("KLDivergence", {}, SOFT, SHARES),
    "kl, one-hot": ("KLDivergence", {}, ONE_HOT, SHARES),
    "poisson": ("Poisson", {}, COUNTS, CHANCES * 5),
    "binary": ("BinaryCrossentropy", {}, YES_NO, CHANCES),
    "binary, certain": ("BinaryCrossentropy", {}, YES_NO, CERTAIN),
    "binary, smooth": ("BinaryCrossentropy", {"label_smoothing": 0.2}, YES_NO, CHANCES),
    "binary, logits": ("BinaryCrossentropy", {"from_logits": True}, YES_NO, LOGITS),
    "binary, far logits": ("BinaryCrossentropy", {"from_logits": True}, YES_NO, LOGITS * 40),
    "binary, axis 0": ("BinaryCrossentropy", {"axis": 0}, YES_NO, CHANCES),
    "categorical": ("CategoricalCrossentropy", {}, ONE_HOT, SHARES),
    "categorical, certain": ("CategoricalCrossentropy", {}, ONE_HOT, SURE),
    "categorical, soft": ("CategoricalCrossentropy", {}, SOFT, SHARES * 3),
    "categorical, smooth": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT, SHARES),
    "categorical, logits": ("CategoricalCrossentropy", {"from_logits": True}, SOFT, LOGITS),
    "categorical, far logits": (
        "CategoricalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.3},
        ONE_HOT,
        LOGITS * 40,
    ),
    "categorical, axis 1": (
        "CategoricalCrossentropy",
        {"from_logits": True, "axis": 1},
        np.swapaxes(np.eye(3, dtype=np.float32)[[[0, 1, 2, 0], [2, 2, 1, 0]]], 1, 2),
        STEPS,
    ),
    "sparse": ("SparseCategoricalCrossentropy", {}, LABELS, SHARES),
    "sparse, column": ("SparseCategoricalCrossentropy", {}, LABELS[:, None], SHARES),
    "sparse, floats": ("SparseCategoricalCrossentropy", {}, LABELS.astype(np.float32), SHARES),
    "sparse, certain": ("SparseCategoricalCrossentropy", {}, LABELS, SURE),
    "sparse, logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, LOGITS),
    "sparse, far logits": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        LABELS,
        LOGITS * 40,
    ),
    "sparse, steps": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        np.array([[0, 3, 1], [2, 2, 0]]),
        STEPS,
    ),
    "sparse, ignored class": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True, "ignore_class": 3},
        LABELS,
        LOGITS,
    ),
    "sparse, ignored -1": (
        "SparseCategoricalCrossentropy",
        {"ignore_class": -1},
        LABELS - 1,
        SHARES,
    ),
    "mape": ("MeanAbsolutePercentageError", {}, NUMBERS, LOGITS),
    "msle": ("MeanSquaredLogarithmicError", {}, COUNTS, SIZES),
    "msle, below 0": ("MeanSquaredLogarithmicError", {}, NUMBERS, LOGITS),
    "squared hinge, -1 and 1": ("SquaredHinge", {}, 2 * YES_NO - 1, LOGITS),
    "squared hinge, 0 and 1": ("SquaredHinge", {}, YES_NO, LOGITS),
    "categorical hinge": ("CategoricalHinge", {}, ONE_HOT, LOGITS),
    "categorical hinge, soft": ("CategoricalHinge", {}, SOFT, SHARES),
    "binary focal": ("BinaryFocalCrossentropy", {}, YES_NO, CHANCES),
    "binary focal, certain": ("BinaryFocalCrossentropy", {}, YES_NO, CERTAIN),
    "binary focal, balanced": (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5},
        YES_NO,
        CHANCES,
    ),
    "binary focal, gamma 0": ("BinaryFocalCrossentropy", {"gamma": 0.0}, YES_NO, CHANCES),
    "binary focal, smooth logits": (
        "BinaryFocalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.2},
        YES_NO,
        LOGITS,
    ),
    "binary focal, far logits": (
        "BinaryFocalCrossentropy",
        {"from_logits": True},
        YES_NO,
        LOGITS * 40,
    ),
    "binary focal, axis 0": ("BinaryFocalCrossentropy", {"axis": 0}, YES_NO, CHANCES),
    "categorical focal": ("CategoricalFocalCrossentropy", {}, ONE_HOT, SHARES),
    "categorical focal, certain": ("CategoricalFocalCrossentropy", {}, ONE_HOT, SURE),
    "categorical focal, weighted": (
        "CategoricalFocalCrossentropy",
        {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 3.0},
        SOFT,
        SHARES * 3,
    ),
    "categorical focal, smooth logits": (
        "CategoricalFocalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        ONE_HOT,
        LOGITS,
    ),
    "categorical focal, axis 1": (
        "CategoricalFocalCrossentropy",
        {"from_logits": True, "axis": 1},
        np.swapaxes(np.eye(3, dtype=np.float32)[[[0, 1, 2, 0], [2, 2, 1, 0]]], 1, 2),
        STEPS,
    ),
    "generalized": ("CategoricalGeneralizedCrossEntropy", {}, LABELS, SHARES),
    "generalized, q 0.9": ("CategoricalGeneralizedCrossEntropy", {"q": 0.9}, LABELS, SHARES),
    "generalized, steps": (
        "CategoricalGeneralizedCrossEntropy",
        {},
        np.array([[0, 3, 1], [2, 2, 0]]),
        np.exp(STEPS) / np.exp(STEPS).sum(-1, keepdims=True),
    ),
    "dice": ("Dice", {}, IMAGES, IMAGE_CHANCES),
    "dice, each": ("Dice", {"axis": (1, 2, 3)}, IMAGES, IMAGE_CHANCES),
    "dice, each channel": ("Dice", {"axis": [1, 2]}, IMAGES, IMAGE_CHANCES),
    "dice, (n,) beside (n, 1)": ("Dice", {}, YES_NO[:, 0], CHANCES[:, :1]),
    "tversky": ("Tversky", {}, IMAGES, IMAGE_CHANCES),
    "tversky, each": (
        "Tversky",
        {"alpha": 0.3, "beta": 0.8, "axis": (1, 2, 3)},
        IMAGES,
        IMAGE_CHANCES,
    ),
    "circle": ("Circle", {}, GROUPS, EMBEDDINGS),
    "circle, lonely": ("Circle", {}, LONELY, EMBEDDINGS),
    "circle, column": ("Circle", {"gamma": 10.0, "margin": 0.25}, GROUPS[:, None], EMBEDDINGS),
    "circle, with itself": ("Circle", {"remove_diagonal": False}, GROUPS, EMBEDDINGS),
    "circle, not of length 1": ("Circle", {"gamma": 5.0}, GROUPS, EMBEDDINGS * 1.5),
    "ctc": ("CTC", {}, WORDS, SOUNDS),
    "ctc, floats": ("CTC", {}, WORDS.astype(np.float32), SOUNDS * 5),
    "rank 1": ("MeanSquaredError", {}, NUMBERS[0], LOGITS[0]),
    "(n,) beside (n, 1)": ("MeanSquaredError", {}, NUMBERS[:, 0], LOGITS[:, :1]),
    "(n, 1) beside (n,)": ("MeanSquaredError", {}, NUMBERS[:, :1], LOGITS[:, 0]),
    "binary, (n,) beside (n, 1)": ("BinaryCrossentropy", {}, YES_NO[:, 0], CHANCES[:, :1]),
}


def compare(keras, jax, ours, theirs, y_true, y_pred, sample_weight=None):
    value, gradient = jax.value_and_grad(
        lambda y_pred: theirs(y_true, y_pred, sample_weight=sample_weight)
    )(jax.numpy.asarray(y_pred))
    with GradientTape() as tape:
        x = tape.watch(y_pred)
        loss = ours(y_true, x, sample_weight=sample_weight)
    assert loss.dtype == np.float32
    np.testing.assert_allclose(float(loss), float(value), rtol=1e-5, atol=1e-5)
    dx = tape.gradient(loss, x)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx, np.asarray(gradient), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_equal_those_of_keras(keras, jax, case):
    name, arguments, y_true, y_pred = CASES[case]
    ours, theirs = getattr(losses, name)(**arguments), getattr(keras.losses, name)(**arguments)
    compare(keras, jax, ours, theirs, y_true, y_pred)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight"]
)
@pytest.mark.parametrize(
    "case",
    [
        "mse",
        "mape",
        "hinge, 0 and 1",
        "sparse",
        "sparse, ignored class",
        "binary focal",
        "generalized",
        "dice, each",
        "circle, lonely",
        "ctc",
    ],
)
def test_weighted_reductions_equal_those_of_keras(keras, jax, case, reduction):
    name, arguments, y_true, y_pred = CASES[case]
    arguments = {**arguments, "reduction": reduction}
    ours, theirs = getattr(losses, name)(**arguments), getattr(keras.losses, name)(**arguments)
    compare(keras, jax, ours, theirs, y_true, y_pred)
    compare(keras, jax, ours, theirs, y_true, y_pred, WEIGHTS)
    compare(keras, jax, ours, theirs, y_true, y_pred, np.zeros(6, np.float32))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
def test_one_number_as_weight_counts_as_in_keras(keras, case, reduction):
    name, arguments, y_true, y_pred = CASES[case]
    arguments = {**arguments, "reduction": reduction}
    expected = getattr(keras.losses, name)(**arguments)(y_true, y_pred, 2.5)
    got = getattr(losses, name)(**arguments)(y_true, y_pred, 2.5)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_without_reduction_the_losses_equal_those_of_keras(keras, case, weights):
    name, arguments, y_true, y_pred = CASES[case]
    per_sample = getattr(keras.losses, name)(**arguments, reduction=None)(y_true, y_pred)
    if weights is not None and per_sample.shape != weights.shape:
        pytest.skip("the weights are for six samples")
    expected = getattr(keras.losses, name)(**arguments, reduction=None)(y_true, y_pred, weights)
    got = getattr(losses, name)(**arguments, reduction=None)(y_true, y_pred, weights)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("mean_squared_error", "mse"),
        ("mean_absolute_error", "mae"),
        ("huber", "huber"),
        ("log_cosh", "log-cosh"),
        ("cosine_similarity", "cosine"),
        ("hinge", "hinge, 0 and 1"),
        ("kl_divergence", "kl"),
        ("poisson", "poisson"),
        ("binary_crossentropy", "binary"),
        ("categorical_crossentropy", "categorical"),
        ("sparse_categorical_crossentropy", "sparse"),
        ("mean_absolute_percentage_error", "mape"),
        ("mean_squared_logarithmic_error", "msle"),
        ("squared_hinge", "squared hinge, 0 and 1"),
        ("categorical_hinge", "categorical hinge"),
        ("binary_focal_crossentropy", "binary focal"),
        ("categorical_focal_crossentropy", "categorical focal"),
        ("dice", "dice"),
        ("tversky", "tversky"),
        ("circle", "circle"),
        ("ctc", "ctc"),
    ],
)
def test_functions_equal_those_of_keras(keras, name, case):
    _, _, y_true, y_pred = CASES[case]
    expected = np.asarray(getattr(keras.losses, name)(y_true, y_pred))
    got = getattr(losses, name)(y_true, y_pred)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_generalized_cross_entropy_as_a_function_equals_that_of_keras(keras):
    expected = keras.losses.categorical_generalized_cross_entropy(LABELS, SHARES, 0.3)
    got = losses.categorical_generalized_cross_entropy(LABELS, SHARES, 0.3)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-5)


@pytest.mark.parametrize("remove_diagonal", [True, False])
def test_circle_against_references_equals_that_of_keras(keras, remove_diagonal):
    arguments = {"remove_diagonal": remove_diagonal, "gamma": 20.0, "margin": 0.3}
    references = (np.array([2, 0, 1, 0]), EMBEDDINGS[[3, 4, 0, 1]])
    expected = keras.losses.circle(GROUPS, EMBEDDINGS, *references, **arguments)
    got = losses.circle(GROUPS, EMBEDDINGS, *references, **arguments)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-5, atol=1e-5)


def test_a_custom_loss_gives_what_keras_gives(keras):
    def fourth_power(y_true, y_pred):
        return ((y_true - y_pred) ** 4).mean(axis=-1)

    class Ours(losses.Loss):
        def call(self, y_true, y_pred):
            return fourth_power(y_true, y_pred)

    class Theirs(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return fourth_power(y_true, y_pred)

    expected = float(Theirs()(NUMBERS, LOGITS, sample_weight=WEIGHTS))
    assert float(Ours()(NUMBERS, LOGITS, WEIGHTS)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.get(fourth_power)(NUMBERS, LOGITS, WEIGHTS)) == pytest.approx(
        expected, rel=1e-5
    )


def test_configurations_carry_over_to_keras_and_back(keras):
    for name, arguments, _, _ in CASES.values():
        ours = getattr(losses, name)(**arguments)
        theirs = getattr(keras.losses, name).from_config(ours.get_config())
        for key, value in theirs.get_config().items():
            assert ours.get_config()[key] == value
        assert getattr(losses, name).from_config(theirs.get_config()).name == ours.name
