"""Results of every metric against real Keras, over several batches, with and without weights."""

import numpy as np
import pytest

from minikeras import metrics

RNG = np.random.default_rng(11)
SCORES = RNG.dirichlet(np.ones(5), 24).astype(np.float32)
ONE_HOT = np.eye(5, dtype=np.float32)[RNG.integers(0, 5, 24)]
LABELS = ONE_HOT.argmax(1)
YES_NO = (RNG.random((24, 1)) > 0.4).astype(np.float32)
CHANCES = np.clip(YES_NO * 0.4 + RNG.random((24, 1)) * 0.7, 0, 1).astype(np.float32)
GRID = (RNG.integers(0, 11, (24, 1)) / 10).astype(np.float32)  # falls onto thresholds
MANY = (RNG.random((24, 3)) > 0.5).astype(np.float32)
MANY_CHANCES = RNG.random((24, 3)).astype(np.float32)
NUMBERS = RNG.standard_normal((24, 2)).astype(np.float32)
GUESSES = (NUMBERS + RNG.standard_normal((24, 2)) * 0.5).astype(np.float32)
STEP_SCORES = RNG.random((24, 3, 4)).astype(np.float32)
STEP_LABELS = RNG.integers(0, 4, (24, 3))
WEIGHTS = RNG.random(24).astype(np.float32)
SIGNS = 2 * MANY - 1
COUNTS = RNG.integers(0, 5, (24, 3)).astype(np.float32)
WIDE = RNG.standard_normal((24, 6)).astype(np.float32)
WIDE_GUESSES = (WIDE + RNG.standard_normal((24, 6)) * 0.5).astype(np.float32)
PIXELS, PIXEL_GUESSES = RNG.integers(0, 4, (2, 24))
PIXELS[PIXELS == 3] = 0  # class 3 is only ever guessed
PIXEL_CHANCES = RNG.random((24, 2, 3)).astype(np.float32)
PIXEL_BITS = (RNG.random((24, 2, 3)) > 0.5).astype(np.float32)
FLOATS = {"dtype": "float32"}  # the metric of Keras would round weights down to integers

CASES = {
    "accuracy": ("Accuracy", {}, LABELS, SCORES.argmax(1)),
    "binary accuracy": ("BinaryAccuracy", {}, YES_NO, CHANCES),
    "binary accuracy, 0.7": ("BinaryAccuracy", {"threshold": 0.7}, YES_NO, CHANCES),
    "binary accuracy, (n,) beside (n, 1)": ("BinaryAccuracy", {}, YES_NO[:, 0], CHANCES),
    "binary accuracy, several": ("BinaryAccuracy", {}, MANY, MANY_CHANCES),
    "categorical accuracy": ("CategoricalAccuracy", {}, ONE_HOT, SCORES),
    "sparse accuracy": ("SparseCategoricalAccuracy", {}, LABELS, SCORES),
    "sparse accuracy, column": ("SparseCategoricalAccuracy", {}, LABELS[:, None], SCORES),
    "sparse accuracy, steps": ("SparseCategoricalAccuracy", {}, STEP_LABELS, STEP_SCORES),
    "top 2": ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, SCORES),
    "top 2, ties": ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, SCORES.round(1)),
    "sparse top 3": ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS, SCORES),
    "sparse top 3, column": ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS[:, None], SCORES),
    "sparse top 1, steps": ("SparseTopKCategoricalAccuracy", {"k": 1}, STEP_LABELS, STEP_SCORES),
    "sparse top 2, sorted": (
        "SparseTopKCategoricalAccuracy",
        {"k": 2, "from_sorted_ids": True},
        LABELS,
        (-SCORES).argsort(1),
    ),
    "mse": ("MeanSquaredError", {}, NUMBERS, GUESSES),
    "mae": ("MeanAbsoluteError", {}, NUMBERS, GUESSES),
    "rmse": ("RootMeanSquaredError", {}, NUMBERS, GUESSES),
    "rmse, (n,) beside (n, 1)": ("RootMeanSquaredError", {}, NUMBERS[:, 0], GUESSES[:, :1]),
    "r2": ("R2Score", {}, NUMBERS, GUESSES),
    "r2, weighted": (
        "R2Score",
        {"class_aggregation": "variance_weighted_average"},
        NUMBERS,
        GUESSES,
    ),
    "r2, each": ("R2Score", {"class_aggregation": None}, NUMBERS, GUESSES),
    "r2, adjusted": ("R2Score", {"num_regressors": 2}, NUMBERS, GUESSES),
    "true positives": ("TruePositives", {}, YES_NO, CHANCES),
    "false positives": ("FalsePositives", {"thresholds": [0.2, 0.8]}, YES_NO, CHANCES),
    "true negatives": ("TrueNegatives", {"thresholds": 0.3}, YES_NO, CHANCES),
    "false negatives": ("FalseNegatives", {}, YES_NO, CHANCES),
    "precision": ("Precision", {}, YES_NO, CHANCES),
    "precision, thresholds out of order": (
        "Precision",
        {"thresholds": [0.9, 0.1, 0.5]},
        YES_NO,
        CHANCES,
    ),
    "precision, even thresholds": (
        "Precision",
        {"thresholds": [0.0, 0.5, 1.0]},
        YES_NO,
        CHANCES,
    ),
    "precision, top 2": ("Precision", {"top_k": 2}, ONE_HOT, SCORES),
    "precision, class 1": ("Precision", {"class_id": 1}, ONE_HOT, SCORES),
    "precision, top 2 of class 3": ("Precision", {"top_k": 2, "class_id": 3}, ONE_HOT, SCORES),
    "recall": ("Recall", {}, YES_NO, CHANCES),
    "recall, (n,) beside (n, 1)": ("Recall", {}, YES_NO[:, 0], CHANCES),
    "recall, 0.3 and 0.6": ("Recall", {"thresholds": [0.3, 0.6]}, MANY, MANY_CHANCES),
    "recall, top 3": ("Recall", {"top_k": 3}, ONE_HOT, SCORES),
    "auc": ("AUC", {}, YES_NO, CHANCES),
    "auc, on the thresholds": ("AUC", {"num_thresholds": 11}, YES_NO, GRID),
    "auc, minoring": (
        "AUC",
        {"summation_method": "minoring", "num_thresholds": 20},
        YES_NO,
        CHANCES,
    ),
    "auc, majoring": (
        "AUC",
        {"summation_method": "majoring", "num_thresholds": 20},
        YES_NO,
        CHANCES,
    ),
    "auc, pr": ("AUC", {"curve": "PR"}, YES_NO, CHANCES),
    "auc, pr, minoring": ("AUC", {"curve": "PR", "summation_method": "minoring"}, YES_NO, CHANCES),
    "auc, pr, majoring": ("AUC", {"curve": "PR", "summation_method": "majoring"}, YES_NO, CHANCES),
    "auc, own thresholds": ("AUC", {"thresholds": [0.1, 0.35, 0.8]}, YES_NO, CHANCES),
    "auc, logits": ("AUC", {"from_logits": True}, YES_NO, CHANCES * 6 - 3),
    "auc, flat labels": ("AUC", {}, MANY, MANY_CHANCES),
    "auc, several labels": ("AUC", {"multi_label": True}, MANY, MANY_CHANCES),
    "auc, several labels, pr": ("AUC", {"multi_label": True, "curve": "PR"}, MANY, MANY_CHANCES),
    "auc, weighted labels": (
        "AUC",
        {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 0.5, 2.0]},
        MANY,
        MANY_CHANCES,
    ),
    "f1": ("F1Score", {}, ONE_HOT, SCORES),
    "f1, micro": ("F1Score", {"average": "micro"}, ONE_HOT, SCORES),
    "f1, macro": ("F1Score", {"average": "macro", "threshold": 0.4}, MANY, MANY_CHANCES),
    "f1, weighted": ("F1Score", {"average": "weighted"}, ONE_HOT, SCORES),
    "mape": ("MeanAbsolutePercentageError", {}, NUMBERS, GUESSES),
    "msle": ("MeanSquaredLogarithmicError", {}, COUNTS, MANY_CHANCES * 4),
    "log-cosh": ("LogCoshError", {}, NUMBERS, GUESSES),
    "cosine": ("CosineSimilarity", {}, NUMBERS, GUESSES),
    "cosine, axis 1 of steps": ("CosineSimilarity", {"axis": 1}, STEP_SCORES, STEP_SCORES[::-1]),
    "hinge, -1 and 1": ("Hinge", {}, SIGNS, WIDE[:, :3]),
    "hinge, 0 and 1": ("Hinge", {}, MANY, WIDE[:, :3]),
    "squared hinge": ("SquaredHinge", {}, MANY, WIDE[:, :3]),
    "categorical hinge": ("CategoricalHinge", {}, ONE_HOT, SCORES),
    "kl": ("KLDivergence", {}, SCORES, SCORES[::-1]),
    "poisson": ("Poisson", {}, COUNTS, MANY_CHANCES * 4),
    "binary crossentropy": ("BinaryCrossentropy", {}, MANY, MANY_CHANCES),
    "binary crossentropy, logits": (
        "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        MANY,
        WIDE[:, :3],
    ),
    "categorical crossentropy": ("CategoricalCrossentropy", {}, ONE_HOT, SCORES),
    "categorical crossentropy, smooth": (
        "CategoricalCrossentropy",
        {"label_smoothing": 0.2, "from_logits": True},
        ONE_HOT,
        SCORES * 9,
    ),
    "sparse crossentropy": ("SparseCategoricalCrossentropy", {}, LABELS, SCORES),
    "sparse crossentropy, steps": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        STEP_LABELS,
        STEP_SCORES,
    ),
    "sparse crossentropy, ignored class": (
        "SparseCategoricalCrossentropy",
        {"ignore_class": 2},
        LABELS,
        SCORES,
    ),
    "pearson": ("PearsonCorrelation", {}, WIDE, WIDE_GUESSES),
    "concordance": ("ConcordanceCorrelation", {}, WIDE, WIDE_GUESSES),
    "pearson, axis 0": ("PearsonCorrelation", {"axis": 0}, WIDE, WIDE_GUESSES),
    "concordance, axis 0": ("ConcordanceCorrelation", {"axis": 0}, WIDE, WIDE_GUESSES),
    "sensitivity": ("SensitivityAtSpecificity", {"specificity": 0.6}, YES_NO, CHANCES),
    "sensitivity, never": (
        "SensitivityAtSpecificity",
        {"specificity": 1.0, "num_thresholds": 1},
        YES_NO,
        CHANCES,
    ),
    "specificity": ("SpecificityAtSensitivity", {"sensitivity": 0.7}, YES_NO, CHANCES),
    "specificity, two thresholds": (
        "SpecificityAtSensitivity",
        {"sensitivity": 0.4, "num_thresholds": 2},
        MANY,
        MANY_CHANCES,
    ),
    "precision at recall": ("PrecisionAtRecall", {"recall": 0.6}, YES_NO, CHANCES),
    "precision at recall of class 1": (
        "PrecisionAtRecall",
        {"recall": 0.5, "class_id": 1, "num_thresholds": 50},
        ONE_HOT,
        SCORES,
    ),
    "recall at precision": ("RecallAtPrecision", {"precision": 0.75}, YES_NO, CHANCES),
    "recall at precision, on the thresholds": (
        "RecallAtPrecision",
        {"precision": 0.6, "num_thresholds": 11},
        YES_NO,
        GRID,
    ),
    "iou": (
        "IoU",
        {"num_classes": 4, "target_class_ids": [0, 3], **FLOATS},
        PIXELS,
        PIXEL_GUESSES,
    ),
    "iou, classes that do not occur": (
        "IoU",
        {"num_classes": 6, "target_class_ids": [1, 5], **FLOATS},
        PIXELS,
        PIXEL_GUESSES,
    ),
    "mean iou": ("MeanIoU", {"num_classes": 4, **FLOATS}, PIXELS, PIXEL_GUESSES),
    "mean iou, ignored class": (
        "MeanIoU",
        {"num_classes": 4, "ignore_class": 2, **FLOATS},
        PIXELS,
        PIXEL_GUESSES,
    ),
    "mean iou, scores": (
        "MeanIoU",
        {"num_classes": 5, "sparse_y_pred": False, **FLOATS},
        LABELS,
        SCORES,
    ),
    "binary iou": ("BinaryIoU", FLOATS, YES_NO, CHANCES),
    "binary iou, 0.3, grid": (
        "BinaryIoU",
        {"target_class_ids": [1], "threshold": 0.3, **FLOATS},
        YES_NO,
        GRID,
    ),
    "binary iou, images": ("BinaryIoU", {}, PIXEL_BITS, PIXEL_CHANCES),
    "one-hot iou": (
        "OneHotIoU",
        {"num_classes": 5, "target_class_ids": [0, 2], **FLOATS},
        ONE_HOT,
        SCORES,
    ),
    "one-hot iou, indices": (
        "OneHotIoU",
        {"num_classes": 5, "target_class_ids": [4], "sparse_y_pred": True, **FLOATS},
        ONE_HOT,
        LABELS[::-1],
    ),
    "one-hot mean iou": (
        "OneHotMeanIoU",
        {"num_classes": 5, "ignore_class": 1, **FLOATS},
        ONE_HOT,
        SCORES,
    ),
    "f beta": ("FBetaScore", {"beta": 0.5, "threshold": 0.3}, MANY, MANY_CHANCES),
}


def arguments_of(case):
    return CASES[case][1]


def pair(keras, case):
    name, arguments, y_true, y_pred = CASES[case]
    return (
        getattr(metrics, name)(**arguments),
        getattr(keras.metrics, name)(**arguments),
        y_true,
        y_pred,
    )


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # of jax, by Keras's IoU
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("case", CASES)
def test_result_equals_that_of_keras(keras, case, weighted):
    ours, theirs, y_true, y_pred = pair(keras, case)
    if weighted and (y_pred.ndim == 3 or arguments_of(case).get("axis") == 0):
        pytest.skip(
            "Keras broadcasts weights of samples against steps only where it happens to fit"
        )
    for part in (slice(0, 8), slice(8, 16), slice(16, 24)):
        weights = WEIGHTS[part] if weighted else None
        ours.update_state(y_true[part], y_pred[part], weights)
        theirs.update_state(y_true[part], y_pred[part], weights)
    np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-5, atol=1e-5)
    assert type(ours.result()) in (float, np.ndarray)
    assert np.shape(ours.result()) == theirs.result().shape
    assert ours.name.rstrip("_0123456789") == theirs.name.rstrip("_0123456789")


@pytest.mark.parametrize("case", CASES)
def test_configuration_carries_over_to_keras(keras, case):
    ours, theirs, _, _ = pair(keras, case)
    again = type(theirs).from_config(ours.get_config())
    assert str(again.get_config()) == str(theirs.get_config() | {"name": ours.name})


@pytest.mark.parametrize("values", [3.0, [1.0, 2.0, 6.0], [[1.0, 2.0], [3.0, 6.0]]])
def test_mean_and_sum_equal_those_of_keras(keras, values):
    for name in ("Mean", "Sum"):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        for _ in range(2):
            ours.update_state(values)
            theirs.update_state(values)
        assert ours.result() == pytest.approx(float(theirs.result()))


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ([1.0, 2.0, 6.0], [1.0, 0.0, 2.0]),
        ([[1.0], [2.0]], [1.0, 3.0]),
        ([1.0, 2.0], [[1.0], [3.0]]),
        ([[1.0, 2.0], [3.0, 6.0]], [[1.0, 0.0], [2.0, 2.0]]),
    ],
)
def test_weighted_mean_equals_that_of_keras(keras, values, weights):
    ours, theirs = metrics.Mean(), keras.metrics.Mean()
    ours.update_state(values, weights)
    theirs.update_state(values, weights)
    assert ours.result() == pytest.approx(float(theirs.result()))


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("binary_accuracy", "binary accuracy, several"),
        ("categorical_accuracy", "categorical accuracy"),
        ("sparse_categorical_accuracy", "sparse accuracy, steps"),
        ("top_k_categorical_accuracy", "top 2"),
        ("sparse_top_k_categorical_accuracy", "sparse top 3"),
        ("mean_squared_error", "mse"),
        ("mean_absolute_error", "mae"),
        ("mean_absolute_percentage_error", "mape"),
        ("mean_squared_logarithmic_error", "msle"),
        ("squared_hinge", "squared hinge"),
        ("categorical_hinge", "categorical hinge"),
        ("binary_focal_crossentropy", "binary crossentropy"),
        ("categorical_focal_crossentropy", "categorical crossentropy"),
        ("pearson_correlation", "pearson"),
        ("concordance_correlation", "concordance"),
    ],
)
def test_functions_equal_those_of_keras(keras, name, case):
    _, _, y_true, y_pred = CASES[case]
    expected = np.asarray(getattr(keras.metrics, name)(y_true, y_pred))
    got = getattr(metrics, name)(y_true, y_pred)
    assert got.shape == expected.shape and got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("y_shape", "pred_shape"),
    [((8, 1), (8, 1)), ((8,), (8, 1)), ((8,), (8, 4)), ((8, 1), (8, 4)), ((8, 4), (8, 4))],
)
def test_accuracy_picks_the_metric_that_keras_picks(keras, y_shape, pred_shape):
    from keras.src.trainers.compile_utils import get_metric

    theirs = get_metric("accuracy", np.zeros(y_shape), np.zeros(pred_shape))
    ours = metrics.for_output("accuracy", y_shape, pred_shape)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.name == theirs.name
