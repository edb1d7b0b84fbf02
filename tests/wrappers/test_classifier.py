import pickle
import warnings

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, losses, wrappers
from minikeras.callbacks import EarlyStopping
from minikeras.layers import Conv2D, Dense, Flatten
from minikeras.optimizers import Adam

FIT = {"epochs": 40}


def classifier(build, **kwargs):
    return wrappers.SKLearnClassifier(build, **{"fit_kwargs": FIT, "random_state": 0, **kwargs})


@pytest.mark.parametrize(
    ("activation", "loss", "outputs"),
    [
        ("softmax", "categorical_crossentropy", 2),
        ("softmax", "sparse_categorical_crossentropy", 2),
        ("softmax", "crossentropy", 2),
        ("sigmoid", "binary_crossentropy", 1),
        ("sigmoid", "binary_crossentropy", 2),
        ("sigmoid", "mse", 1),
        ("tanh", "hinge", 1),
        (None, losses.BinaryCrossentropy(from_logits=True), 1),
        (None, losses.SparseCategoricalCrossentropy(from_logits=True), 2),
        ("softmax", ["categorical_crossentropy"], 2),
    ],
)
def test_labels_become_what_the_loss_wants(build, points, labels, activation, loss, outputs):
    how = {"activation": activation, "loss": loss, "outputs": outputs}
    made = classifier(build, model_kwargs=how).fit(points, labels)
    assert made.score(points, labels) > 0.85
    chosen = made.predict(points)
    assert set(chosen) == {"lower", "upper"}
    scores = made.decision_function(points)
    assert scores.shape == (120,)
    np.testing.assert_array_equal(scores > 0, chosen == "upper")


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_three_classes_have_three_probabilities(build, points, three, loss):
    made = classifier(build, model_kwargs={"loss": loss}).fit(points, three * 10 + 5)
    np.testing.assert_array_equal(made.classes_, [5, 15, 25])
    probabilities = made.predict_proba(points)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(made.classes_[probabilities.argmax(axis=1)], made.predict(points))
    np.testing.assert_array_equal(made.decision_function(points), probabilities)
    assert made.score(points, three * 10 + 5) > 0.85


@pytest.mark.parametrize("outputs", [1, 2])
def test_logits_become_probabilities(build, points, labels, outputs):
    kind = losses.BinaryCrossentropy if outputs == 1 else losses.CategoricalCrossentropy
    how = {"activation": None, "loss": kind(from_logits=True), "outputs": outputs}
    made = classifier(build, model_kwargs=how).fit(points, labels)
    expected = 1 / (1 + np.exp(-made.decision_function(points).astype(float)))  # p of "upper"
    np.testing.assert_allclose(made.predict_proba(points)[:, 1], expected, atol=1e-6)


def test_what_is_no_probability_is_refused(build, points, labels):
    made = classifier(build, model_kwargs={"activation": None, "loss": "mse"}).fit(points, labels)
    with pytest.raises(ValueError, match="sum to 1 in each row, got .* end the model with softmax"):
        made.predict_proba(points)
    made = classifier(build, model_kwargs={"activation": "tanh", "loss": "hinge", "outputs": 1})
    with pytest.raises(ValueError, match="hinge makes them reach from -1 to 1; use decision_func"):
        made.fit(points, labels).predict_proba(points)


def test_a_function_gets_the_data_with_one_column_for_each_class(points, three, build):
    seen = {}

    def look(X, y):
        seen.update(X=X, y=y)
        return build(X, y)

    classifier(look, fit_kwargs=None).fit(points.tolist(), three)
    np.testing.assert_array_equal(seen["X"], points)
    np.testing.assert_array_equal(seen["y"], np.eye(3)[three])


def test_a_function_need_not_take_the_data(points, labels):
    def alone(units):
        model = Sequential([Dense(units, activation="tanh"), Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    made = classifier(alone, model_kwargs={"units": 3}).fit(points, labels)
    assert made.model_.layers[0].units == 3


def test_a_given_model_is_copied_with_new_weights(build, points, labels):
    given = build(points, np.zeros((1, 2)))
    given.fit(points, np.eye(2)[(labels == "upper").astype(int)], verbose=0)
    before = given.get_weights()
    made = classifier(given).fit(points, labels)
    assert made.model_ is not given
    assert made.model_.optimizer is not given.optimizer
    assert made.model_.metrics[1] is not given.metrics[1]
    assert all(map(np.array_equal, before, given.get_weights()))
    assert made.score(points, labels) > 0.85
    assert made.history_.history["accuracy"][-1] > 0.85


def test_warm_start_trains_the_given_model_and_goes_on(build, points, labels):
    given = build(points, np.zeros((1, 2)))
    made = classifier(given, warm_start=True, fit_kwargs={"epochs": 2})
    assert made.fit(points, labels).model_ is given
    steps = int(given.optimizer.iterations)
    assert made.fit(points, labels).model_ is given
    assert int(given.optimizer.iterations) == 2 * steps


def test_warm_start_refuses_labels_it_never_saw(build, points, labels):
    made = classifier(build, warm_start=True, fit_kwargs=None).fit(points, labels)
    with pytest.raises(ValueError, match=r"\['lower', 'upper'\], got \['other'\] as well"):
        made.fit(points, np.where(labels == "upper", "other", labels))


def test_partial_fit_goes_on_for_one_epoch(build, points, labels):
    made = classifier(build)
    for _ in range(40):
        made.partial_fit(points, labels, classes=["upper", "lower"])
    assert made.history_.epoch == [0]
    assert int(made.model_.optimizer.iterations) == 40 * 4
    assert made.score(points, labels) > 0.85


def test_partial_fit_may_see_one_class_at_a_time(build, points, labels):
    upper = labels == "upper"
    made = classifier(build).partial_fit(points[upper], labels[upper], ["lower", "upper"])
    made.partial_fit(points[~upper], labels[~upper])
    np.testing.assert_array_equal(made.classes_, ["lower", "upper"])


def test_partial_fit_wants_all_classes_first_and_the_same_ever_after(build, points, labels):
    made = classifier(build)
    with pytest.raises(ValueError, match="classes must be given in the first call of partial_fit"):
        made.partial_fit(points, labels)
    made.partial_fit(points, labels, classes=["lower", "upper"])
    with pytest.raises(ValueError, match=r"classes must stay \['lower', 'upper'\], got \['a'\]"):
        made.partial_fit(points, labels, classes=["a"])


def test_the_same_state_gives_the_same_model_whatever_was_drawn_before(build, points, labels):
    first = classifier(build, random_state=3).fit(points, labels)
    second = classifier(build, random_state=3).fit(points, labels)
    other = classifier(build, random_state=4).fit(points, labels)
    np.testing.assert_array_equal(first.predict_proba(points), second.predict_proba(points))
    assert not np.array_equal(first.predict_proba(points), other.predict_proba(points))


def test_a_state_leaves_the_global_stream_where_it_was(build, points, labels):
    from minikeras.random import generator

    before = generator().bit_generator.state
    classifier(build).fit(points, labels)
    assert generator().bit_generator.state == before


def test_each_partial_fit_has_an_order_of_its_own(points, labels):
    class Recorder(Sequential):
        orders = []

        def train_step(self, data):
            self.orders.append(data[0][:, 0])
            return super().train_step(data)

    def build(X, y):
        model = Recorder([Dense(1, activation="sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    made = classifier(build, fit_kwargs={"batch_size": 120})
    made.partial_fit(points, labels, ["lower", "upper"]).partial_fit(points, labels)
    first, second = Recorder.orders
    assert not np.array_equal(first, second)


def test_without_a_state_the_global_seed_decides(build, points, labels):
    from minikeras import set_random_seed

    results = []
    for _ in range(2):
        set_random_seed(5)
        made = classifier(build, random_state=None, fit_kwargs=None).fit(points, labels)
        results.append(made.predict_proba(points))
    np.testing.assert_array_equal(*results)


def test_rows_of_weight_zero_are_left_out(build, points, labels):
    counts = np.arange(120) % 3 > 0
    weighted = classifier(build).fit(points, labels, sample_weight=counts.astype(int))
    without = classifier(build).fit(points[counts], labels[counts])
    np.testing.assert_array_equal(weighted.predict_proba(points), without.predict_proba(points))


def test_a_heavy_class_is_found_more_often(build, points, labels):
    noisy = points + np.random.default_rng(0).standard_normal(points.shape)
    heavy = np.where(labels == "upper", 20.0, 1.0)
    plain = classifier(build).fit(noisy, labels).predict(noisy)
    weighted = classifier(build).fit(noisy, labels, sample_weight=heavy).predict(noisy)
    assert (weighted == "upper").mean() > (plain == "upper").mean() + 0.1


@pytest.mark.parametrize("encode", [lambda y: y, lambda y: np.eye(2)[(y == "upper").astype(int)]])
def test_validation_data_may_hold_labels_or_one_hot_rows(build, points, labels, encode):
    made = classifier(build).fit(points, labels, validation_data=(points, encode(labels)))
    history = made.history_.history
    assert history["val_accuracy"][-1] == pytest.approx(made.score(points, labels), abs=1e-6)


def test_callbacks_among_the_parameters_stop_the_training_and_stay_as_they_were(
    build, points, labels
):
    stop = EarlyStopping(monitor="loss", min_delta=10.0, patience=2)
    made = classifier(build, fit_kwargs={"epochs": 50, "callbacks": [stop]})
    made.fit(points, labels)
    assert len(made.history_.epoch) == 3
    assert made.fit_kwargs["callbacks"] == [stop]
    assert stop.model is None


def test_arguments_of_fit_win_and_callbacks_among_them_are_used_as_they_are(build, points, labels):
    stop = EarlyStopping(monitor="loss", min_delta=10.0, patience=2)
    made = classifier(build).fit(points, labels, epochs=20, callbacks=[stop])
    assert stop.stopped_epoch == 2
    assert made.fit_kwargs == FIT


def test_training_is_silent_unless_asked(build, points, labels, capsys):
    made = classifier(build, fit_kwargs=None).fit(points, labels)
    made.predict(points)
    assert capsys.readouterr().out == ""
    made.fit(points, labels, verbose=2)
    assert "accuracy" in capsys.readouterr().out


def test_pictures_are_taken_as_they_are(rng):
    pictures = rng.standard_normal((40, 6, 6, 1))
    labels = pictures[:, 2, 3, 0] > 0

    def build(X, y):
        layers = [Conv2D(2, 3), Flatten(), Dense(1, activation="sigmoid")]
        model = Sequential(layers)
        model.compile(Adam(0.03), "binary_crossentropy")
        return model

    made = classifier(build).fit(pictures, labels)
    assert made.predict(pictures).dtype == bool
    assert made.score(pictures, labels) > 0.8


def top_level(X, y):  # where pickle finds it
    x = Input((X.shape[1],))
    model = Model(x, Dense(y.shape[1], activation="softmax")(Dense(8, activation="tanh")(x)))
    model.compile("adam", "categorical_crossentropy")
    return model


def test_a_pickled_estimator_predicts_the_same_and_goes_on(points, labels):
    made = classifier(top_level, warm_start=True).fit(points, labels)
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again.predict_proba(points), made.predict_proba(points))
    for one in (made, again):
        one.fit(points, labels)
    np.testing.assert_array_equal(again.predict_proba(points), made.predict_proba(points))


def test_names_of_columns_are_kept_and_checked(build, points, labels):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(points, columns=["east", "north"])
    made = classifier(build, fit_kwargs=None).fit(frame, pandas.Series(labels, dtype="category"))
    assert made.feature_names_in_.tolist() == ["east", "north"]
    assert made.n_features_in_ == 2
    assert made.predict(frame).shape == (120,)
    with pytest.raises(ValueError, match="feature names should match"):
        made.predict(frame[["north", "east"]])


def test_a_column_of_labels_is_taken_with_a_warning(build, points, labels, sklearn):
    with pytest.warns(sklearn.exceptions.DataConversionWarning):
        classifier(build, fit_kwargs=None).fit(points, labels[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier(build, fit_kwargs=None).fit(points, labels)


def test_a_clone_of_a_model_is_not_what_warm_start_trains(build, points, labels, sklearn):
    given = build(points, np.zeros((1, 2)))
    made = sklearn.base.clone(classifier(given, warm_start=True))
    made.fit(points, labels)
    assert made.model_ is made.model
    assert made.model_ is not given
    assert not given.built
