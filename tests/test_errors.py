"""What a user may do wrong: refused before any weight changes, and told how to put it right.

Every message says what was expected, what came, and the remedy, and names the layer or argument.
"""

import itertools
import warnings

import numpy as np
import pytest

from minikeras import Input, Sequential, activations, initializers, losses, metrics, optimizers
from minikeras.callbacks import EarlyStopping
from minikeras.layers import Activation, Dense
from minikeras.optimizers import SGD, Adam

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")
Y = RNG.standard_normal((20, 1)).astype("float32")
LABELS = np.arange(20) % 3
ONE_HOT = np.eye(3)[LABELS]


def regression(units=1, **kwargs):
    model = Sequential([Input((4,)), Dense(3, "tanh", name="hidden"), Dense(units, name="out")])
    model.compile(SGD(0.1), "mse", **kwargs)
    return model


def classifier(loss, units=3, activation="softmax"):
    model = Sequential([Input((4,)), Dense(units, activation, name="out")])
    model.compile(SGD(0.1), loss)
    return model


def refuses(model, error, message, call=None, **arguments):
    """Assert that fit (or ``call``) raises, says so, and leaves weights and optimizer alone."""
    before = model.get_weights()
    count = model.optimizer.iterations
    call = call or model.fit
    if call == model.fit:
        arguments = {"verbose": 0, **arguments}
    with pytest.raises(error, match=message):
        call(**arguments)
    assert model.optimizer.iterations == count
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# Features and ranks.


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_wrong_number_of_features(method):
    model = regression()
    call = getattr(model, method)
    message = r"Dense 'hidden' expected 4 features, got 3 \(input of shape .*; give it what it was"
    refuses(model, ValueError, message, call, x=X[:, :3], y=Y)


@pytest.mark.parametrize("x", [X[:, :3], np.ones((300, 3)), np.ones((2, 5, 3))])
def test_a_wrong_number_of_features_in_predict(x):
    with pytest.raises(ValueError, match="Dense 'hidden' expected 4 features, got 3"):
        regression().predict(x, verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_a_wrong_rank(method):
    model = regression()
    message = r"Dense 'hidden' expected an array of shape \(batch, features\), got .*np.newaxis"
    refuses(model, ValueError, message, getattr(model, method), x=X[:, 0], y=Y)


def test_a_wrong_rank_in_predict():
    with pytest.raises(ValueError, match=r"Dense 'hidden' expected an array of shape \(batch, fea"):
        regression().predict(X[0], verbose=0)


def test_wrong_features_in_validation_data():
    message = "Dense 'hidden' expected 4 features, got 2"
    refuses(regression(), ValueError, message, x=X, y=Y, validation_data=(X[:, :2], Y))


def test_wrong_features_in_the_second_batch_come_with_its_number_of_features():
    batches = [(X, Y), (X[:, :3], Y)]
    with pytest.raises(ValueError, match="Dense 'hidden' expected 4 features, got 3"):
        regression().fit(batches, verbose=0)


# Shapes of y.


@pytest.mark.parametrize(
    ("y_shape", "units"), [((20, 3), 1), ((20, 1), 3), ((20,), 3), ((20, 3, 1), 1)]
)
def test_a_y_that_would_only_fit_by_broadcasting(y_shape, units):
    message = rf"expected y_true of shape \(20, {units}\) like y_pred, got \(20.*; "
    refuses(regression(units), ValueError, message, x=X, y=np.zeros(y_shape))


def test_a_wrong_y_in_validation_data_and_evaluate():
    wrong = np.zeros((20, 3))
    message = r"expected y_true of shape \(20, 1\)"
    refuses(regression(), ValueError, message, x=X, y=Y, validation_data=(X, wrong))
    model = regression()
    refuses(model, ValueError, message, model.evaluate, x=X, y=wrong, verbose=0)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", losses.mean_squared_error),
        ("mae", losses.mean_absolute_error),
        ("huber", losses.huber),
        ("log_cosh", losses.log_cosh),
        ("binary_crossentropy", losses.binary_crossentropy),
        ("hinge", losses.hinge),
    ],
)
def test_a_flat_y_gives_the_loss_of_a_column(name, function):
    y = (Y > 0).astype("float32")
    p = activations.sigmoid(X[:, :1])
    loss, metric = losses.get(name), metrics.get(name)
    assert float(loss(y[:, 0], p)) == float(loss(y, p))
    np.testing.assert_array_equal(np.ravel(function(y[:, 0], p)), np.ravel(function(y, p)))
    assert np.ravel(function(y[:, 0], p)).shape == (20,)
    for other in (y[:, 0], y):
        metric.reset_state()
        assert metric(other, p) == pytest.approx(float(loss(y, p)), rel=1e-6)
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    model.compile("sgd", name, metrics=[name])
    assert model.evaluate(X, y[:, 0], verbose=0) == model.evaluate(X, y, verbose=0)


# Labels.


@pytest.mark.parametrize(
    ("labels", "low", "high"), [(LABELS + 1, 1, 3), (LABELS - 1, -1, 1), (LABELS * 10, 0, 20)]
)
def test_labels_outside_the_classes(labels, low, high):
    model = classifier("sparse_categorical_crossentropy")
    message = rf"expected labels in \[0, 3\), got values from {low} to {high}; "
    refuses(model, ValueError, message, x=X, y=labels)


def test_a_label_that_is_no_whole_number():
    labels = LABELS.astype(float)
    labels[4] = 1.5
    model = classifier("sparse_categorical_crossentropy")
    message = r"expected whole numbers \(class indices\), got 1.5 at \[4\]; for distributions"
    refuses(model, ValueError, message, x=X, y=labels)


def test_one_hot_labels_for_a_sparse_loss():
    model = classifier("sparse_categorical_crossentropy")
    message = (
        r"expected class indices of shape \(20,\).*got y_true of shape \(20, 3\).*'categorical_"
    )
    refuses(model, ValueError, message, x=X, y=ONE_HOT)


def test_class_indices_for_a_one_hot_loss():
    model = classifier("categorical_crossentropy")
    message = r"expected one-hot y_true of shape \(20, 3\).*got \(20,\).*'sparse_categorical_cross"
    refuses(model, ValueError, message, x=X, y=LABELS)


def test_labels_of_a_wrong_kind_in_a_later_batch_are_refused_before_that_batch():
    model = classifier("sparse_categorical_crossentropy")
    batches = [(X, LABELS), (X, LABELS + 1)]
    with pytest.raises(ValueError, match=r"expected labels in \[0, 3\), got values from 1 to 3"):
        model.fit(batches, verbose=0)
    assert model.optimizer.iterations == 1


def test_labels_outside_zero_and_one_for_binary_cross_entropy_warn_once():
    model = classifier("binary_crossentropy", 1, "sigmoid")
    with pytest.warns(UserWarning, match=r"expected targets in \[0, 1\], got") as caught:
        model.fit(X, np.where(Y > 0, 1.0, -1.0), batch_size=5, epochs=3, verbose=0)
    assert len(caught) == 1


# Numbers that are none.


def spoilt(array, value, row=7):
    array = np.array(array, dtype="float32")
    array[row, 0 if array.ndim > 1 else ...] = value
    return array


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", ["x", "y", "sample_weight"])
@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_nan_or_infinity_in_the_data(method, which, value):
    if which == "sample_weight" and value == -np.inf:
        value = np.inf  # negative weights have an error of their own
    data = {"x": X, "y": Y, "sample_weight": np.ones(20)}
    data[which] = spoilt(data[which], value)
    model = regression()
    message = f"{which} must hold finite numbers, but row 7 has {value}"
    refuses(model, ValueError, message, getattr(model, method), **data)


def test_nan_in_batches_names_the_batch():
    batches = [(X, Y), (spoilt(X, np.nan), Y)]
    with pytest.raises(
        ValueError, match="in batch 1, x must hold finite numbers, but row 7 has nan"
    ):
        regression().fit(batches, verbose=0)


def test_nan_in_validation_data():
    message = "validation x must hold finite numbers, but row 7 has nan"
    refuses(regression(), ValueError, message, x=X, y=Y, validation_data=(spoilt(X, np.nan), Y))


def test_numbers_too_large_for_float32():
    refuses(
        regression(),
        ValueError,
        "x must hold finite numbers.*beyond 3.4e",
        x=X.astype(float) * 1e300,
        y=Y,
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_the_weights_of_the_model(value):
    model = regression()
    weights = model.get_weights()
    weights[2][1] = value
    model.set_weights(weights)
    message = "weight 'out/kernel' holds NaN or infinity, .*; set it with set_weights"
    refuses(model, ValueError, message, x=X, y=Y)


def test_predict_keeps_nan_to_its_row():
    model = regression()
    y = model.predict(spoilt(X, np.nan))
    assert np.isnan(y[7]).all() and np.isfinite(np.delete(y, 7, axis=0)).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X.astype(complex), "x must hold real numbers, got complex128; pass both parts"),
        (np.array([["a"] * 4] * 20), "x must hold real numbers, got text such as 'a'"),
        (np.array([[None] * 4] * 20), r"got objects: x\[0, 0\] is None \(NoneType\)"),
        ("data.csv", "x must be an array of numbers, got the text 'data.csv'"),
        (X.astype("datetime64[s]"), "x must hold real numbers, got datetime64"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_input_that_is_not_numbers(method, x, message):
    model = regression()
    arguments = {"x": x} if method == "predict" else {"x": x, "y": Y}
    refuses(model, TypeError, message, getattr(model, method), **arguments)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y.astype(complex), "y must hold real numbers, got complex128"),
        (np.array(["cat"] * 20), "y must hold real numbers, got text such as 'cat'"),
    ],
)
def test_targets_that_are_not_numbers(y, message):
    refuses(regression(), TypeError, message, x=X, y=y)


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a.astype(">f4"),
        lambda a: a.astype(">i2"),
        lambda a: np.asfortranarray(a.astype("float32")),
        lambda a: np.repeat(a.astype("float32"), 2, axis=0)[::2],
        lambda a: a.astype("float32")[::-1][::-1],
        lambda a: a.astype("float16"),
        lambda a: a.astype("float64"),
        lambda a: a.astype("uint8"),
        lambda a: a.astype("int64"),
    ],
)
def test_every_kind_of_array_gives_the_same_as_float32(convert):
    x = RNG.integers(0, 200, (20, 4))
    results = []
    for data in (x.astype("float32"), convert(x)):
        data.flags.writeable = False
        model = Sequential([Input((4,)), Dense(1, kernel_initializer="ones")])
        model.compile(Adam(0.1), "mse")
        history = model.fit(data, Y, shuffle=False, epochs=2, batch_size=8, verbose=0).history
        results.append([history, model.predict(data, verbose=0), *model.get_weights()])
    for a, b in zip(*results):
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b


# Numbers of samples.


@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize("x", [np.zeros((0, 4)), []])
def test_empty_data(method, x):
    model = regression()
    message = r"x must have at least one sample, got x \(0.*; check the file or the filter"
    refuses(model, ValueError, message, getattr(model, method), x=x, y=np.zeros((0, 1)))


@pytest.mark.parametrize("batch_size", [None, 5])
def test_predicting_nothing_gives_nothing_of_the_right_shape(batch_size):
    y = regression(3).predict(np.zeros((0, 4)), batch_size=batch_size, verbose=0)
    assert y.shape == (0, 3) and y.dtype == "float32"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": Y[:10]}, r"x and y must have the same number of samples.*\(20, 4\).*\(10, 1\)"),
        ({"y": Y, "sample_weight": np.ones(7)}, r"must have the same number of samples.*\(7,\)"),
        ({"y": Y.T}, r"must have the same number of samples.*write y.T"),
    ],
)
def test_arrays_of_different_lengths(arguments, message):
    refuses(regression(), ValueError, message, x=X, **arguments)


def test_validation_arrays_of_different_lengths():
    message = "validation x and validation y must have the same number of samples"
    refuses(regression(), ValueError, message, x=X, y=Y, validation_data=(X, Y[:3]))


# Settings of fit.


@pytest.mark.parametrize(
    ("batch_size", "error"),
    [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("32", TypeError)],
)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_batch_size(method, batch_size, error):
    model = regression()
    arguments = {"x": X, "batch_size": batch_size} | ({} if method == "predict" else {"y": Y})
    message = f"batch_size must be an integer of at least 1, got {batch_size!r}"
    refuses(model, error, message, getattr(model, method), **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"epochs": -1}, ValueError, "epochs must be an integer of at least 0, got -1"),
        ({"epochs": 2.5}, TypeError, "epochs must be an integer of at least 0, got 2.5"),
        ({"epochs": "3"}, TypeError, "epochs must be an integer of at least 0, got '3'"),
        ({"initial_epoch": -1}, ValueError, "initial_epoch must be an integer of at least 0"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch .* must be an integer of at least 1"),
        ({"validation_split": 1.0}, ValueError, r"validation_split must be a number in \[0, 1\)"),
        ({"validation_split": -0.1}, ValueError, r"validation_split must be a number in \[0, 1\)"),
        ({"validation_split": "0.2"}, TypeError, r"validation_split must be a number in \[0, 1\)"),
        (
            {"validation_split": 5, "validation_data": (X, Y)},
            ValueError,
            r"validation_split must be a number in \[0, 1\), got 5",
        ),
        ({"validation_split": 0.2, "x": X[:1], "y": Y[:1]}, ValueError, "samples in both parts"),
        ({"validation_split": 0.99}, ValueError, "leaves 0 for training and 20 for validation"),
        ({"validation_data": (X,)}, ValueError, "validation_data must be .x, y."),
        ({"validation_data": 3}, ValueError, "validation x must have samples .* number 3"),
        ({"validation_batch_size": 0}, ValueError, "batch_size must be an integer of at least 1"),
        ({"validation_freq": 0}, ValueError, "validation_freq .* must be an integer of at least 1"),
        ({"validation_freq": "a"}, TypeError, "validation_freq .* must be an integer"),
        ({"validation_freq": [0]}, ValueError, "each epoch in validation_freq must be an integer"),
        ({"shuffle": "bacth"}, ValueError, "unknown shuffle 'bacth'; did you mean 'batch'"),
        ({"verbose": 7}, ValueError, r"verbose must be 0 \(silent\), .*got 7"),
        ({"epoch": 3}, TypeError, "fit got an unknown argument 'epoch'; did you mean 'epochs'"),
        ({"sample_weight": -np.ones(20)}, ValueError, "sample_weight must not be negative, got -1"),
        (
            {"sample_weight": np.ones((20, 3))},
            ValueError,
            r"sample_weight must have shape \(samples",
        ),
    ],
)
def test_settings_of_fit(arguments, error, message):
    if "validation_batch_size" in arguments or "validation_freq" in arguments:
        arguments["validation_data"] = (X, Y)
    refuses(regression(), error, message, **{"x": X, "y": Y, **arguments})


def test_a_validation_split_of_batches():
    message = r"validation_split must be 0 when x \(generator\) gives batches"
    refuses(regression(), ValueError, message, x=((X, Y) for _ in range(3)), validation_split=0.2)


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ([1.0, 2.0, 3.0], TypeError, r"class_weight must be a dict .*dict\(enumerate"),
        ({"0": 1.0, "1": 1.0}, TypeError, "class_weight must have class numbers as keys, got '0'"),
        (
            {0: 1.0, 1: 1.0},
            ValueError,
            "class_weight must name every class in y.*class 2 is missing",
        ),
        ({0: 1.0, 1: -1.0, 2: 1.0}, ValueError, r"class_weight\[1\] must be a finite number of at"),
        ({0: 1.0, 1: "a", 2: 1.0}, TypeError, r"class_weight\[1\] must be a finite number"),
    ],
)
def test_class_weight(class_weight, error, message):
    model = classifier("sparse_categorical_crossentropy")
    refuses(model, error, message, x=X, y=LABELS, class_weight=class_weight)


def test_class_weight_and_sample_weight_together():
    model = classifier("sparse_categorical_crossentropy")
    weights = {"class_weight": dict.fromkeys(range(3), 1.0), "sample_weight": np.ones(20)}
    refuses(
        model, ValueError, "sample_weight must not be given together with", x=X, y=LABELS, **weights
    )


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([EarlyStopping], r"callbacks\[0\].*class EarlyStopping; did you forget the parentheses"),
        ("early_stopping", "callbacks expected an instance of Callback, got the string"),
        ([EarlyStopping("loss"), print], r"callbacks\[1\] .*wrap it: LambdaCallback"),
        (3, r"callbacks expected an instance of Callback, got 3 \(int\)"),
    ],
)
def test_callbacks_that_are_none(callbacks, message):
    refuses(regression(), TypeError, message, x=X, y=Y, callbacks=callbacks)


def endless():
    while True:
        yield X, Y


@pytest.mark.parametrize("data", [endless(), itertools.repeat((X, Y)), itertools.cycle([(X, Y)])])
def test_endless_data_without_steps(data):
    message = r"steps_per_epoch .* must say how many batches .* never ends; for example steps_per"
    refuses(regression(), ValueError, message, x=data)
    refuses(regression(), ValueError, message, x=X, y=Y, validation_data=data)
    assert len(regression().fit(data, steps_per_epoch=2, verbose=0).epoch) == 1


def test_targets_beside_batches():
    refuses(
        regression(), ValueError, "y must not be given when x .* gives batches", x=endless(), y=Y
    )


def test_missing_targets():
    refuses(regression(), ValueError, "needs targets, got y=None; give y, or compile", x=X)


# Names.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dense(1, "sigmiod"), "unknown activation 'sigmiod'; did you mean 'sigmoid'"),
        (lambda: Activation("rellu"), "unknown activation 'rellu'; did you mean 'relu'"),
        (lambda: activations.get("softmx"), "unknown activation 'softmx'; did you mean 'softmax'"),
        (lambda: regression(metrics=["acuracy"]), "unknown metric 'acuracy'; did you mean 'acc"),
        (
            lambda: classifier("binary_crosentropy"),
            "unknown loss .*did you mean 'binary_crossentropy'",
        ),
        (lambda: losses.get("mean_square_error"), "did you mean 'mean_squared_error'"),
        (lambda: optimizers.get("adm"), "unknown optimizer 'adm'; did you mean 'adam'"),
        (lambda: initializers.get("he_nromal"), "unknown initializer .*did you mean 'he_normal'"),
        (lambda: Dense(1, kernel_initializer="glorot"), "unknown initializer 'glorot'"),
    ],
)
def test_misspelt_names(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dense(1, activaton="relu"), "'activaton'; did you mean 'activation'"),
        (lambda: Dense(unit=1, units=1), "'unit'; did you mean 'units'"),
        (lambda: SGD(learnin_rate=0.1), "'learnin_rate'; did you mean 'learning_rate'"),
        (lambda: SGD(lr=0.1), "'lr'; did you mean 'learning_rate'"),
        (lambda: Sequential([], nme="a"), "'nme'; did you mean 'name'"),
        (lambda: regression(metric=["mae"]), "'metric'; did you mean 'metrics'"),
        (lambda: regression().predict(X, batchsize=3), "'batchsize'; did you mean 'batch_size'"),
        (lambda: regression().evaluate(X, Y, verbos=0), "'verbos'; did you mean 'verbose'"),
    ],
)
def test_misspelt_keywords(call, message):
    with pytest.raises(TypeError, match=message):
        call()


# Optimizers and layers.


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("make", [SGD, Adam])
def test_learning_rate(make, rate):
    with pytest.raises(
        ValueError, match=f"learning_rate must be a finite number of at least 0, got {rate}"
    ):
        make(rate)
    optimizer = make(0.1)
    with pytest.raises(ValueError, match="learning_rate must be a finite number of at least 0"):
        optimizer.learning_rate = rate
    assert float(optimizer.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize(("units", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
def test_units(units, error):
    with pytest.raises(error, match=f"units must be an integer of at least 1, got {units}"):
        Dense(units)


def test_weights_of_another_shape_replace_nothing():
    model = regression()
    weights = model.get_weights()
    weights[0] = weights[0] + 1.0
    weights[2] = np.zeros((5, 1))
    message = r"weight 'out/kernel' expected shape \(3, 1\), got \(5, 1\); no weight was replaced"
    refuses(model, ValueError, message, model.set_weights, weights=weights)


# Order of calls.


@pytest.mark.parametrize("method", ["predict", "predict_on_batch"])
def test_predicting_before_the_model_is_built(method):
    model = Sequential([Dense(1)], name="m")
    message = rf"{method} needs a built model; put Input\(shape\) first, call m.build"
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(X)
    assert model(X).shape == (20, 1)
    assert getattr(model, method)(X).shape == (20, 1)


def test_fitting_before_compiling():
    model = Sequential([Input((4,)), Dense(1)])
    with pytest.raises(RuntimeError, match=r"fit needs a compiled model; call model.compile"):
        model.fit(X, Y)


# What is no error.


def test_a_normal_training_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = classifier("sparse_categorical_crossentropy")
        model.fit(X, LABELS, epochs=2, validation_split=0.2, verbose=0)
        model.evaluate(X, LABELS, verbose=0)
        model.predict(X)
