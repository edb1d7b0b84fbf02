import numpy as np
import pytest

from minikeras import Input, Model, Sequential, wrappers
from minikeras.layers import Dense


def fitted(model, x, y, sample_weight=None, **kwargs):
    return wrappers.SKLearnClassifier(model, **kwargs).fit(x, y, sample_weight)


@pytest.mark.parametrize("model", [None, "mlp", Dense(3)])
def test_what_is_no_model_is_refused(model, points, labels):
    with pytest.raises(TypeError, match="model must be a compiled Model, or a function that ret"):
        fitted(model, points, labels)


def test_a_function_must_return_a_model(points, labels):
    def build(X, y):
        Sequential([Dense(1)])

    with pytest.raises(TypeError, match=r"build returned None \(NoneType\); end it with 'return"):
        fitted(build, points, labels)


def test_a_model_must_be_compiled(points, labels):
    with pytest.raises(RuntimeError, match="model 'net' must be compiled"):
        fitted(Sequential([Dense(1)], name="net"), points, labels)
    with pytest.raises(RuntimeError, match="the model that .*lambda.* returns must be compiled"):
        fitted(lambda X, y: Sequential([Dense(1)]), points, labels)


def test_a_model_must_have_one_output(points, labels):
    x = Input((2,))
    model = Model(x, [Dense(1)(x), Dense(1)(x)], name="twins")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="model 'twins' must have one output"):
        fitted(model, points, labels)


def test_a_model_must_have_an_output_for_each_class(build, points, three):
    message = r"shape \(None, 2\), but y has 3 classes; give its last layer 3 units"
    with pytest.raises(ValueError, match=message):
        fitted(build, points, three, model_kwargs={"outputs": 2})


def test_arguments_of_the_function_are_checked(build, points, labels):
    with pytest.raises(ValueError, match="'model__unit': .* did you mean 'units'"):
        fitted(build, points, labels, model_kwargs={"unit": 3})
    with pytest.raises(TypeError, match="model_kwargs must be a dict of keyword arguments, got 3"):
        fitted(build, points, labels, model_kwargs=3)
    given = build(points, np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"model is a Sequential, got \['units'\]; give the funct"):
        fitted(given, points, labels, model_kwargs={"units": 3})


def test_arguments_of_fit_are_checked(build, points, labels):
    with pytest.raises(TypeError, match="unknown argument 'epoch'; did you mean 'epochs'"):
        fitted(build, points, labels, fit_kwargs={"epoch": 3})
    with pytest.raises(TypeError, match="fit_kwargs must be a dict of keyword arguments"):
        fitted(build, points, labels, fit_kwargs=["epochs"])


def test_a_state_must_be_one(build, points, labels):
    with pytest.raises(ValueError, match="random_state must be an integer of at least 0, .* 'a'"):
        fitted(build, points, labels, random_state="a")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(build, points, labels, value):
    spoilt = points.copy()
    spoilt[3, 1] = value
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        fitted(build, spoilt, labels)
    made = fitted(build, points, labels)
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        made.predict(spoilt)


def test_sparse_matrices_are_refused(build, points, labels):
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"Sparse data was passed for X.*toarray"):
        fitted(build, sparse.csr_matrix(points), labels)


@pytest.mark.parametrize("y", [np.eye(2)[[0, 1] * 60], np.linspace(0, 1, 120)])
def test_labels_must_be_one_class_for_each_row(build, points, y):
    with pytest.raises(ValueError, match="y should be a 1d array|Unknown label type: continuous"):
        fitted(build, points, y)


def test_one_class_is_not_enough(build, points, labels):
    with pytest.raises(ValueError, match="at least two classes, got one class, 'same'"):
        fitted(build, points, ["same"] * 120)
    with pytest.raises(ValueError, match="at least two classes, got one class, 'lower'"):
        fitted(build, points, labels, labels == "lower")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(3), r"sample_weight must have shape \(120,\), one weight for each row of X, got"),
        (np.ones((120, 2)), r"sample_weight must have shape \(120,\)"),
        (-np.ones(120), "sample_weight must not be negative, got -1.0 in row 0"),
        (np.zeros(120), "sample_weight must not be zero in all rows"),
        (np.full(120, np.nan), "sample_weight contains NaN"),
    ],
)
def test_weights_are_checked(build, points, labels, weight, message):
    with pytest.raises(ValueError, match=message):
        fitted(build, points, labels, weight)


def test_predicting_needs_fit(build, points, sklearn):
    made = wrappers.SKLearnClassifier(build)
    for method in (made.predict, made.predict_proba, made.decision_function):
        with pytest.raises(sklearn.exceptions.NotFittedError):
            method(points)


def test_another_number_of_features_is_refused(build, points, labels):
    with pytest.raises(ValueError, match="X has 1 features, but SKLearnClassifier is expecting 2"):
        fitted(build, points, labels).predict(points[:, :1])
