"""Every contract, run over everything that minikeras registers.

A new class is in the tables below, or the first test fails.
"""

import importlib
import pkgutil

import numpy as np
import pytest

import minikeras
from minikeras import registry
from minikeras.callbacks import (
    BackupAndRestore,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    RemoteMonitor,
    SwapEMAWeights,
    TensorBoard,
    TerminateOnNaN,
)
from minikeras.layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Input,
    InputLayer,
    Lambda,
    Reshape,
)
from minikeras.losses import (
    CTC,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    Circle,
    CosineSimilarity,
    Crossentropy,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    SumSquaredError,
    Tversky,
)
from minikeras.optimizers import (
    SGD,
    Adafactor,
    Adam,
    Lamb,
    LossScaleOptimizer,
    MultiOptimizer,
    Muon,
    Nadam,
    OptimizerMap,
    schedules,
)
from minikeras.testing import (
    check_activation,
    check_callback,
    check_constraint,
    check_initializer,
    check_layer,
    check_loss,
    check_metric,
    check_optimizer,
    check_regularizer,
    check_schedule,
)
from tests.testing import layer_cases


def two_layers():
    return minikeras.Sequential([Input((4,)), Dense(3, activation="tanh"), Dense(2)])


def cube(x):
    return x**3


def functional():
    a, b = Input((3,)), Input((2,))
    both = np.concatenate([a, np.tanh(b) * 2.0], axis=1)
    shared = Dense(5, activation="tanh")
    return minikeras.Model([a, b], [Dense(2)(shared(both) + both), np.mean(shared(both), axis=1)])


LAYERS = {
    "Activation": [(Activation("gelu"), {}), (Activation("softmax"), {"input_shape": (5, 3)})],
    "Dense": [
        (Dense(3), {}),
        (Dense(3, activation="tanh", bias_initializer="ones"), {"input_shape": (5, 4)}),
        (Dense(2, use_bias=False, activation="softmax"), {"input_shape": (2, 3, 4)}),
        (Dense(2, kernel_regularizer="l2", kernel_constraint="max_norm"), {}),
    ],
    "Dropout": [(Dropout(0.4), {}), (Dropout(0.5, noise_shape=(None, 1)), {})],
    "Flatten": [(Flatten(), {"input_shape": (2, 3)}), (Flatten(), {"input_shape": ()})],
    "Identity": [(Identity(), {})],
    "InputLayer": [(InputLayer((4,)), {})],
    "Lambda": [(Lambda(cube), {})],
    "Reshape": [(Reshape((2, 3)), {"input_shape": (6,)}), (Reshape((-1, 2)), {})],
    "Functional": [(functional, {"input_shape": [(3,), (2,)]})],
    "Sequential": [(two_layers, {})],
}

for module in pkgutil.iter_modules(layer_cases.__path__):  # the families, a file each
    LAYERS.update(importlib.import_module(f"{layer_cases.__name__}.{module.name}").LAYERS)

LABELS = np.array([0, 2, 1, 0])
ONE_HOT = np.eye(3)[LABELS]
SCORES = np.array([[2.0, -1.0, 0.5], [0.3, 0.2, -0.7], [-1.5, 1.0, 2.0], [0.1, 0.9, -0.4]])
P = np.array([[0.6, 0.3, 0.1], [0.2, 0.15, 0.65], [0.35, 0.4, 0.25], [0.05, 0.75, 0.2]])
BITS = np.array([[1.0], [0.0], [0.0], [1.0]])
SURE = np.array([[0.9], [0.2], [0.6], [0.4]])
LOG = np.log
HITS = np.array([0.6, 0.65, 0.4, 0.05])  # what P gives to the labels
PLACES = np.array([[0.6, 0.8], [0.8, 0.6], [1.0, 0.0], [0.0, 1.0]])
SOUNDS = np.random.default_rng(7).standard_normal((3, 5, 4))

# The losses of the samples by hand, from the formulas in Keras's documentation.
LOSSES = {
    "BinaryCrossentropy": [
        (BinaryCrossentropy(), BITS, SURE, -LOG([0.9, 0.8, 0.4, 0.4])),
        (BinaryCrossentropy(from_logits=True), BITS, SCORES[:, :1], None),
        (BinaryCrossentropy(label_smoothing=0.1), BITS, SURE, None),
    ],
    "BinaryFocalCrossentropy": [
        (
            BinaryFocalCrossentropy(),
            BITS,
            SURE,
            -np.array([0.01, 0.04, 0.36, 0.36]) * LOG([0.9, 0.8, 0.4, 0.4]),
        ),
        (BinaryFocalCrossentropy(True, 0.3, 1.5, from_logits=True), BITS, SCORES[:, :1], None),
    ],
    "CTC": [
        (CTC(), [[1], [1]], np.zeros((2, 2, 2)), [-LOG(0.75)] * 2),
        (CTC(), [[1, 2, 0], [3, 3, 0], [2, 1, 3]], SOUNDS, None),
    ],
    "CategoricalCrossentropy": [
        (CategoricalCrossentropy(), ONE_HOT, P, -LOG([0.6, 0.65, 0.4, 0.05])),
        (CategoricalCrossentropy(from_logits=True), ONE_HOT, SCORES, None),
        (CategoricalCrossentropy(label_smoothing=0.2), ONE_HOT, P, None),
    ],
    "CategoricalFocalCrossentropy": [
        (CategoricalFocalCrossentropy(), ONE_HOT, P, -0.25 * (1 - HITS) ** 2 * LOG(HITS)),
        (CategoricalFocalCrossentropy([0.1, 0.2, 0.3], from_logits=True), ONE_HOT, SCORES, None),
    ],
    "CategoricalGeneralizedCrossEntropy": [
        (CategoricalGeneralizedCrossEntropy(), LABELS, P, 2 * (1 - np.sqrt(HITS))),
    ],
    "CategoricalHinge": [(CategoricalHinge(), ONE_HOT, P, [0.7, 0.55, 0.95, 1.7])],
    "Circle": [(Circle(gamma=2.0), [0, 0, 1, 1], PLACES, None)],
    "CosineSimilarity": [
        (CosineSimilarity(), [[3.0, 4.0], [1.0, 0.0]], [[4.0, 3.0], [0.5, 0.0]], [-0.96, -1.0]),
    ],
    "Crossentropy": [
        (Crossentropy(), LABELS, P, -LOG([0.6, 0.65, 0.4, 0.05])),
        (Crossentropy(), ONE_HOT, P, -LOG([0.6, 0.65, 0.4, 0.05])),
        (Crossentropy(), BITS, SURE, -LOG([0.9, 0.8, 0.4, 0.4])),
    ],
    "Dice": [(Dice(axis=-1), ONE_HOT, P, 1 - HITS)],
    "Hinge": [(Hinge(), BITS, SURE, [0.1, 1.2, 1.6, 0.6])],
    "Huber": [(Huber(), [[0.0], [0.0]], [[0.5], [3.0]], [0.125, 2.5])],
    "KLDivergence": [(KLDivergence(), ONE_HOT, P, -LOG([0.6, 0.65, 0.4, 0.05]))],
    "LogCosh": [(LogCosh(), [[0.0], [1.0]], [[1.0], [-1.0]], LOG(np.cosh([1.0, 2.0])))],
    "MeanAbsoluteError": [(MeanAbsoluteError(), BITS, SURE, [0.1, 0.2, 0.6, 0.6])],
    "MeanAbsolutePercentageError": [
        (MeanAbsolutePercentageError(), [[2.0], [4.0]], [[1.0], [5.0]], [50.0, 25.0]),
    ],
    "MeanSquaredError": [
        (MeanSquaredError(), BITS, SURE, [0.01, 0.04, 0.36, 0.36]),
        (MeanSquaredError(reduction="sum"), ONE_HOT, P, None),
        (MeanSquaredError(reduction="mean_with_sample_weight"), ONE_HOT, P, None),
        (MeanSquaredError(reduction=None), ONE_HOT, P, None),
    ],
    "MeanSquaredLogarithmicError": [
        (MeanSquaredLogarithmicError(), [[0.0], [3.0]], [[1.0], [7.0]], [LOG(2) ** 2] * 2),
    ],
    "Poisson": [(Poisson(), [[1.0], [2.0]], [[2.0], [0.5]], [2 - LOG(2), 0.5 - 2 * LOG(0.5)])],
    "SparseCategoricalCrossentropy": [
        (SparseCategoricalCrossentropy(), LABELS, P, -LOG([0.6, 0.65, 0.4, 0.05])),
        (SparseCategoricalCrossentropy(from_logits=True), LABELS, SCORES, None),
        (SparseCategoricalCrossentropy(), LABELS[:, None], P, -LOG([0.6, 0.65, 0.4, 0.05])),
    ],
    "SquaredHinge": [(SquaredHinge(), BITS, SURE, [0.01, 1.44, 2.56, 0.36])],
    "SumSquaredError": [(SumSquaredError(), [[0.0, 1.0]], [[2.0, 3.0]], [4.0])],
    "Tversky": [
        (Tversky(axis=-1), ONE_HOT, P, 1 - HITS),
        (Tversky(1.0, 1.0, axis=-1), ONE_HOT, P, 1 - HITS / (2 - HITS)),
    ],
}
ACROSS_SAMPLES = (Circle,)  # they compare samples with each other

M = minikeras.metrics
VALUES = np.array([1.0, 3.0, 5.0, 7.0])
SPARSE = (LABELS, P)
DENSE = (ONE_HOT, P)
BINARY = (BITS, SURE)
GUESSED = (LABELS, [0, 2, 0, 1])
RATES = ([[1.0], [2.0]], [[2.0], [0.5]])
LINES = ([[1.0, 2.0, 3.0]] * 2, [[2.0, 3.0, 4.0], [1.0, 3.0, 2.0]])

# Metric, what update_state takes, and the result by hand.
METRICS = {
    "AUC": [(M.AUC(), BINARY, 0.75)],
    "Accuracy": [(M.Accuracy(), (LABELS, [0, 1, 1, 0]), 0.75)],
    "BinaryAccuracy": [(M.BinaryAccuracy(), BINARY, 0.5)],
    "BinaryCrossentropy": [(M.BinaryCrossentropy(), BINARY, -LOG([0.9, 0.8, 0.4, 0.4]).mean())],
    "BinaryIoU": [(M.BinaryIoU(), BINARY, 1 / 3)],
    "CategoricalAccuracy": [(M.CategoricalAccuracy(), DENSE, 0.75)],
    "CategoricalCrossentropy": [(M.CategoricalCrossentropy(), DENSE, -LOG(HITS).mean())],
    "CategoricalHinge": [(M.CategoricalHinge(), DENSE, 0.975)],
    "ConcordanceCorrelation": [(M.ConcordanceCorrelation(), LINES, (4 / 7 + 1 / 2) / 2)],
    "CosineSimilarity": [
        (M.CosineSimilarity(), ([[3.0, 4.0], [1.0, 0.0]], [[4.0, 3.0], [0.5, 0.0]]), 0.98)
    ],
    "F1Score": [(M.F1Score(), DENSE, [2 / 3, 2 / 3, 1.0])],
    "FBetaScore": [(M.FBetaScore(average="macro", beta=2.0), DENSE, (5 / 9 + 5 / 6 + 1) / 3)],
    "FalseNegatives": [(M.FalseNegatives(), BINARY, 1.0)],
    "FalsePositives": [(M.FalsePositives(), BINARY, 1.0)],
    "Hinge": [(M.Hinge(), BINARY, 0.875)],
    "IoU": [(M.IoU(3, [0, 2]), GUESSED, (1 / 3 + 1) / 2)],
    "KLDivergence": [(M.KLDivergence(), DENSE, -LOG(HITS).mean())],
    "LogCoshError": [
        (M.LogCoshError(), ([[0.0], [1.0]], [[1.0], [-1.0]]), LOG(np.cosh([1, 2])).mean())
    ],
    "LossMetric": [(M.LossMetric(MeanSquaredError()), BINARY, 0.1925)],
    "Mean": [(M.Mean(), (VALUES,), 4.0)],
    "MeanAbsoluteError": [(M.MeanAbsoluteError(), BINARY, 0.375)],
    "MeanAbsolutePercentageError": [
        (M.MeanAbsolutePercentageError(), ([[2.0], [4.0]], [[1.0], [5.0]]), 37.5)
    ],
    "MeanIoU": [(M.MeanIoU(3), GUESSED, (1 / 3 + 1) / 3)],
    "MeanMetricWrapper": [(M.MeanMetricWrapper(minikeras.losses.hinge), BINARY, 0.875)],
    "MeanSquaredError": [(M.MeanSquaredError(), BINARY, 0.1925)],
    "MeanSquaredLogarithmicError": [
        (M.MeanSquaredLogarithmicError(), ([[0.0], [3.0]], [[1.0], [7.0]]), LOG(2) ** 2)
    ],
    "OneHotIoU": [(M.OneHotIoU(3, [0]), DENSE, 1 / 2)],
    "OneHotMeanIoU": [(M.OneHotMeanIoU(3), DENSE, 2 / 3)],
    "PearsonCorrelation": [(M.PearsonCorrelation(), LINES, 0.75)],
    "Poisson": [(M.Poisson(), RATES, (2.5 - LOG(2) - 2 * LOG(0.5)) / 2)],
    "Precision": [(M.Precision(), BINARY, 0.5)],
    "PrecisionAtRecall": [(M.PrecisionAtRecall(1.0), BINARY, 2 / 3)],
    "R2Score": [(M.R2Score(), BINARY, 1 - 0.77 / 1.0)],
    "Recall": [(M.Recall(), BINARY, 0.5)],
    "RecallAtPrecision": [(M.RecallAtPrecision(0.9), BINARY, 0.5)],
    "RootMeanSquaredError": [(M.RootMeanSquaredError(), BINARY, np.sqrt(0.1925))],
    "SensitivityAtSpecificity": [(M.SensitivityAtSpecificity(1.0), BINARY, 0.5)],
    "SparseCategoricalAccuracy": [(M.SparseCategoricalAccuracy(), SPARSE, 0.75)],
    "SparseCategoricalCrossentropy": [
        (M.SparseCategoricalCrossentropy(), SPARSE, -LOG(HITS).mean())
    ],
    "SparseTopKCategoricalAccuracy": [(M.SparseTopKCategoricalAccuracy(k=2), SPARSE, 0.75)],
    "SpecificityAtSensitivity": [(M.SpecificityAtSensitivity(1.0), BINARY, 0.5)],
    "SquaredHinge": [(M.SquaredHinge(), BINARY, 1.0925)],
    "Sum": [(M.Sum(), (VALUES,), 16.0)],
    "TopKCategoricalAccuracy": [(M.TopKCategoricalAccuracy(k=2), DENSE, 0.75)],
    "TrueNegatives": [(M.TrueNegatives(), BINARY, 1.0)],
    "TruePositives": [(M.TruePositives(), BINARY, 1.0)],
}

SCHEDULES = {
    "CosineDecay": schedules.CosineDecay(0.1, 100, warmup_target=0.2, warmup_steps=10),
    "CosineDecayRestarts": schedules.CosineDecayRestarts(0.1, 30, m_mul=0.5, alpha=0.1),
    "ExponentialDecay": schedules.ExponentialDecay(0.1, 100, 0.5, staircase=True),
    "InverseTimeDecay": schedules.InverseTimeDecay(0.1, 100, 0.5),
    "PiecewiseConstantDecay": schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001]),
    "PolynomialDecay": schedules.PolynomialDecay(0.1, 100, power=0.5, cycle=True),
}


def chosen(variable):
    return Adam(0.01) if variable.shape == (2,) else SGD(0.1)


# Everything is checked with its defaults; here are those that have none, or ways besides.
OPTIMIZERS = {
    "SGD": [
        SGD(0.1),
        SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        SGD(schedules.ExponentialDecay(0.1, 10, 0.9), clipnorm=1.0, gradient="numerical"),
        SGD(0.1, gradient_accumulation_steps=2),
    ],
    "Adafactor": [Adafactor(0.1, use_ema=True, global_clipnorm=1.0)],
    "Adam": [Adam(amsgrad=True, global_clipnorm=1.0), Adam(use_ema=True, clipvalue=0.5)],
    "Lamb": [Lamb(gradient_accumulation_steps=2, clipvalue=0.5)],
    "LossScaleOptimizer": [LossScaleOptimizer(SGD(0.1, momentum=0.9), 4.0, 3)],
    "MultiOptimizer": [
        MultiOptimizer(OptimizerMap(SGD(0.1), {"variable": Adam(0.01, use_ema=True)})),
        MultiOptimizer(chosen),
    ],
    "Muon": [Muon(0.1, clipnorm=1.0, use_ema=True)],
    "Nadam": [Nadam(gradient_accumulation_steps=2)],
}
WITHOUT_DEFAULTS = {"LossScaleOptimizer", "MultiOptimizer"}

ACTIVATIONS = {
    "exponential": {"largest": 80.0},
    "glu": {"keeps_shape": False},
    "threshold": None,  # has no defaults, see below
}

INITIALIZERS = {
    "Identity": {"shapes": [(3, 3), (4, 2)]},
    "Orthogonal": {"shapes": [(4, 3)]},
    "STFT": {"shapes": [(6, 1, 4), (5, 1, 9)]},
}

CALLBACKS = {
    "BackupAndRestore": lambda: BackupAndRestore("backup", save_freq=1),
    "CSVLogger": lambda: CSVLogger("log.csv"),
    "EarlyStopping": lambda: EarlyStopping(patience=1, restore_best_weights=True),
    "History": History,
    "LambdaCallback": lambda: LambdaCallback(on_epoch_end=print),
    "LearningRateScheduler": lambda: LearningRateScheduler(halved),
    "ModelCheckpoint": lambda: ModelCheckpoint("{epoch}.npz", save_weights_only=True, save_freq=3),
    "ProgbarLogger": ProgbarLogger,
    "ReduceLROnPlateau": lambda: ReduceLROnPlateau(patience=1),
    "RemoteMonitor": lambda: RemoteMonitor("http://localhost:9"),  # where nobody answers
    "SwapEMAWeights": lambda: SwapEMAWeights(swap_on_epoch=True),
    "TensorBoard": lambda: TensorBoard(histogram_freq=1, write_images=True, update_freq=2),
    "TerminateOnNaN": TerminateOnNaN,
}


def halved(epoch, rate):
    return 0.5 * rate


def ours(kind):
    """What minikeras itself registers under a kind; tests register further things."""
    found = registry.registered(kind).items()
    return {name: thing for name, thing in found if thing.__module__.startswith("minikeras.")}


def cases(table):
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), id=f"{name}-{i}")
        for name, rows in table.items()
        for i, case in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("layer", LAYERS),
        ("loss", LOSSES),
        ("metric", METRICS),
        ("schedule", SCHEDULES),
        ("callback", CALLBACKS),
    ],
)
def test_every_registered_class_has_a_case(kind, table):
    assert set(ours(kind)) <= set(table), f"add what is missing to the {kind}s in this file"


@pytest.mark.parametrize(("layer", "options"), cases(LAYERS))
def test_layer(layer, options):
    check_layer(layer, **options)


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), cases(LOSSES))
def test_loss(loss, y_true, y_pred, expected):
    alone = not isinstance(loss, ACROSS_SAMPLES)
    check_loss(loss, y_true, y_pred, expected=expected, rows_independent=alone)


@pytest.mark.parametrize(("metric", "arrays", "expected"), cases(METRICS))
def test_metric(metric, arrays, expected):
    check_metric(metric, *arrays, expected=expected)


@pytest.mark.parametrize("name", sorted({*ours("optimizer")} - WITHOUT_DEFAULTS))
def test_optimizer(name):
    check_optimizer(name, still=name != "Ftrl")


@pytest.mark.parametrize("optimizer", cases(OPTIMIZERS))
def test_optimizer_with_settings(optimizer):
    check_optimizer(optimizer)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_schedule(name):
    check_schedule(SCHEDULES[name])


@pytest.mark.parametrize("name", sorted(ours("activation")))
def test_activation(name):
    options = ACTIVATIONS.get(name, {})
    if options is not None:
        check_activation(name, **options)


def test_threshold_with_its_arguments():
    check_activation(lambda x: minikeras.activations.threshold(x, 0.5, -1.0))


@pytest.mark.parametrize("name", sorted(ours("initializer")))
def test_initializer(name):
    check_initializer(name, **INITIALIZERS.get(name, {}))


@pytest.mark.parametrize("name", sorted(ours("regularizer")))
def test_regularizer(name):
    check_regularizer(name)


@pytest.mark.parametrize("name", sorted(ours("constraint")))
def test_constraint(name):
    check_constraint(name)


@pytest.mark.filterwarnings("ignore:RemoteMonitor could not reach:UserWarning")
@pytest.mark.parametrize("name", sorted(CALLBACKS))
def test_callback(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_callback(CALLBACKS[name](), optimizer=SGD(0.01, use_ema=True))
