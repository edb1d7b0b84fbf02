"""predict: batches, structure, kinds of input, and that it never touches the user's data."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.callbacks import Callback
from minikeras.layers import Activation, Dense, Flatten, Identity, Layer

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")


@pytest.fixture
def model():
    return Sequential([Input((4,)), Dense(5, "tanh"), Dense(3, "softmax")])


def test_predict_needs_no_compile(model):
    np.testing.assert_array_equal(model.predict(X), model(X))


@pytest.mark.parametrize("rows", [1, 2, 255, 256, 257, 1000])
def test_the_rows_of_all_batches_come_in_order(model, rows):
    x = RNG.standard_normal((rows, 4)).astype("float32")
    got = model.predict(x, verbose=0)
    assert got.shape == (rows, 3) and got.dtype == "float32"
    np.testing.assert_allclose(got, model(x), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 20, 1000])
def test_the_batch_size_changes_nothing(model, batch_size):
    got = model.predict(X, batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(got, model.predict(X), rtol=1e-5)


def test_steps_limits_the_batches(model):
    got = model.predict(X, batch_size=6, steps=2, verbose=0)
    np.testing.assert_allclose(got, model(X)[:12], rtol=1e-5)


@pytest.mark.parametrize("shape", [(0, 4), (0, 2, 2)])
def test_no_rows_give_no_rows_of_the_right_shape(shape):
    model = Sequential([Input(shape[1:]), Flatten(), Dense(3)])
    got = model.predict(np.zeros(shape), verbose=0)
    assert got.shape == (0, 3) and got.dtype == "float32"


@pytest.mark.parametrize("rows", [5, 300])
def test_a_row_with_nan_spoils_that_row_alone(model, rows):
    x = RNG.standard_normal((rows, 4)).astype("float32")
    clean = model.predict(x, verbose=0)
    x[3, 1] = np.nan
    got = model.predict(x, verbose=0)
    assert np.isnan(got[3]).all()
    others = np.arange(rows) != 3
    np.testing.assert_array_equal(got[others], clean[others])


@pytest.mark.parametrize(
    "dtype", ["float16", "float64", ">f4", ">f8", "uint8", "int64", "bool", "longdouble"]
)
def test_every_kind_of_number_is_taken(model, dtype):
    x = (X > 0).astype(dtype)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict((X > 0).astype("f4")))


def test_lists_and_read_only_arrays_are_taken(model):
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(model.predict(x), model.predict(X))
    np.testing.assert_array_equal(model.predict(X.tolist(), verbose=0), model.predict(X))


@pytest.mark.parametrize("layer", [Identity(), Flatten(), Activation("linear")])
@pytest.mark.parametrize("rows", [20, 300])
def test_the_result_belongs_to_the_user(layer, rows):
    model = Sequential([Input((4,)), layer])
    x = RNG.standard_normal((rows, 4)).astype("float32")
    before = x.copy()
    for arguments in ({}, {"batch_size": 500}):
        got = model.predict(x, verbose=0, **arguments)
        got[...] = 0.0
        np.testing.assert_array_equal(x, before)


def test_batches_are_predicted_without_their_targets(model):
    batches = [(X[:12], X[:12]), (X[12:], X[12:])]
    np.testing.assert_allclose(model.predict(batches, verbose=0), model(X), rtol=1e-5)
    np.testing.assert_allclose(
        model.predict((x for x, _ in batches), verbose=0), model(X), rtol=1e-5
    )


def test_several_outputs_keep_their_structure():
    class Outputs(Model):
        def forward(self, x):
            return {"a": x, "b": [x * 2.0, (x + 1.0, x[:, :1])]}

    model = Outputs()
    model.build((None, 4))
    got = model.predict(X, batch_size=8, verbose=0)
    np.testing.assert_array_equal(got["a"], X)
    np.testing.assert_array_equal(got["b"][0], 2.0 * X)
    assert got["b"][1][1].shape == (20, 1)


def test_callbacks_hear_of_every_batch(model):
    calls = []

    class Note(Callback):
        def on_predict_begin(self, logs=None):
            calls.append("begin")

        def on_predict_batch_begin(self, batch, logs=None):
            calls.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            calls.append(logs["outputs"].shape)

        def on_predict_end(self, logs=None):
            calls.append("end")

    model.predict(X, batch_size=15, verbose=0, callbacks=[Note()])
    assert calls == ["begin", 0, (15, 3), 1, (5, 3), "end"]


def test_predict_after_training_uses_the_new_weights(model):
    model.compile("sgd", "mse")
    before = model.predict(X)
    model.fit(X, np.zeros((20, 3)), verbose=0)
    assert (model.predict(X) != before).any()


def test_a_single_batch_shows_nothing(model, capsys):
    model.predict(X)
    assert capsys.readouterr().out == ""


def test_predict_on_batch_is_one_call(model):
    np.testing.assert_array_equal(model.predict_on_batch(X), model(X))


# Small data in one batch, several inputs included.


@pytest.fixture
def pair():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    return Model([a, b], [Identity()(a), Dense(2)(a + b)])


def test_several_inputs_in_one_batch_give_what_a_call_gives(pair):
    for rows in (X, X[:1]):
        for got, want in zip(pair.predict([rows, rows + 1.0], verbose=0), pair([rows, rows + 1.0])):
            np.testing.assert_array_equal(got, want)


def test_several_inputs_give_the_same_in_whatever_form_they_come(pair):
    want = pair.predict([X, X], verbose=0)[1]
    big = pair.predict([np.tile(X, (20, 1))] * 2, verbose=0)[1]
    np.testing.assert_allclose(big[:20], want, rtol=1e-5)
    for x in ((X, X), {"a": X, "b": X}, [X, X.tolist()], [X, np.asfortranarray(X)], [X[::1], X]):
        np.testing.assert_allclose(pair.predict(x, verbose=0)[1], want, rtol=1e-5)


def test_several_inputs_belong_to_the_user(pair):
    x = X.copy()
    got = pair.predict([x, x], verbose=0)[0]
    got[...] = 0.0
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("rows", [20, 300])
def test_a_layer_that_writes_into_its_input_cannot_write_into_the_users_data(rows):
    class Doubles(Layer):
        def forward(self, x):
            x *= 2.0
            return x

    model = Sequential([Input((4,)), Doubles()])
    x = np.ones((rows, 4), "float32")
    with pytest.raises(ValueError, match="read-only"):
        model.predict(x, verbose=0)
    assert (x == 1.0).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([X, X[:5]], "the same number of samples"),
        ([X], "expected 2 inputs"),
        ([X, X, X], "expected 2 inputs"),
        ([X, X[:, :3]], "expected its input 'b'"),
        ([], "expected 2 inputs"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(pair, x, message):
    with pytest.raises(ValueError, match=message):
        pair.predict(x, verbose=0)


@pytest.mark.parametrize("rows", [20, 300])
def test_an_unknown_verbosity_is_refused(model, rows):
    with pytest.raises(ValueError, match="verbose must be 0"):
        model.predict(np.zeros((rows, 4), "float32"), verbose=7)
