"""The wrappers keep the contract of scikit-learn's estimators: its own checks, all of them."""

import pytest

from minikeras import Sequential, config, losses, wrappers
from minikeras.layers import Dense
from minikeras.optimizers import Adam

estimator_checks = pytest.importorskip(
    "sklearn.utils.estimator_checks",
    reason="wrappers need scikit-learn: pip install 'minikeras-numpy[sklearn]'",
)


class Exact(Sequential):
    """Weights of 2 are here the same as rows given twice: the loss is divided by their sum.

    A class, as the name of a test holds its ``repr``, and that of a function is never the same.
    """

    def __init__(self, X, y, loss=losses.MeanSquaredError, activation=None):
        super().__init__([Dense(16, activation="relu"), Dense(y.shape[1], activation=activation)])
        self.compile(Adam(0.02), loss(reduction="mean_with_sample_weight"))


CLASSES = {"loss": losses.CategoricalCrossentropy, "activation": "softmax"}
ONE_BATCH = {"epochs": 40, "batch_size": 1000}


@estimator_checks.parametrize_with_checks(
    [
        wrappers.SKLearnClassifier(Exact, model_kwargs=CLASSES, fit_kwargs=ONE_BATCH),
        wrappers.SKLearnRegressor(Exact, fit_kwargs=ONE_BATCH),
        wrappers.SKLearnTransformer(Exact, fit_kwargs=ONE_BATCH),
    ]
)
def test_in_float64_and_one_batch_every_check_passes(estimator, check):
    config.set_floatx("float64")  # some checks compare ten digits
    check(estimator)


class Usual(Sequential):
    """One sigmoid for two classes, a softmax for more; or no activation, for numbers."""

    def __init__(self, X, y, classify=False):
        columns = y.shape[1]
        if classify and columns == 2:
            last, loss = Dense(1, activation="sigmoid"), "binary_crossentropy"
        elif classify:
            last, loss = Dense(columns, activation="softmax"), "sparse_categorical_crossentropy"
        else:
            last, loss = Dense(columns), "mse"
        super().__init__([Dense(16, activation="relu"), last])
        self.compile(Adam(0.02), loss)


WEIGHTS = "a row given twice may come in two batches, a row of weight 2 comes in one"
EXPECTED = {
    "SKLearnClassifier": {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
    "SKLearnRegressor": {
        "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
        "check_regressor_multioutput": "wants float64; the model computes in float32",
    },
    "SKLearnTransformer": {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
}


@estimator_checks.parametrize_with_checks(
    [
        wrappers.SKLearnClassifier(Usual, False, {"classify": True}, {"epochs": 40}),
        wrappers.SKLearnRegressor(Usual, fit_kwargs={"epochs": 40}),
        wrappers.SKLearnTransformer(Usual, fit_kwargs={"epochs": 2}),
    ],
    expected_failed_checks=lambda estimator: EXPECTED[type(estimator).__name__],
)
def test_in_float32_and_batches_those_pass_that_can(estimator, check):
    check(estimator)
