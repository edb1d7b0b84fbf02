"""The playground's Python: data, code, training, pictures and single weights, without a browser."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).parents[2] / "docs" / "playground" / "playground.py"


@pytest.fixture(scope="module")
def playground():
    spec = importlib.util.spec_from_file_location("playground_page", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def page(playground):
    return playground.Playground()


def run(code):
    """Run code as a reader would who copied it; return its names."""
    names = {}
    exec(code, names)
    return names


OWN = [[-80, -80, 0], [80, 80, 0], [-80, 80, 1], [80, -80, 1]]
MODELS = [
    {},
    {"data": "xor", "loss": "mean_squared_error", "optimizer": "momentum", "batch": 7},
    {"data": "gaussians", "loss": "hinge", "optimizer": "lion", "rate": 0.001},
    {"data": "moons", "layers": [[3, "relu"], [2, "gelu"]], "optimizer": "rmsprop"},
    {"data": "spiral", "dropout": 0.3, "penalty": "l1", "optimizer": "adagrad"},
    {"data": "own", "own": OWN, "gradient": "numerical", "optimizer": "sgd", "rate": 0.3},
    {"layers": [], "loss": "mean_absolute_error", "heldout": 0.0},
    {"penalty": "l2", "gradient": "numerical", "layers": [[2, "sigmoid"]], "points": 20},
]


def name(settings):
    return "-".join(str(value) for value in settings.values() if value != OWN) or "default"


@pytest.mark.parametrize("data", ["xor", "circles", "moons", "spiral", "gaussians"])
def test_data_have_two_equal_classes_and_lie_in_the_picture(playground, data):
    session = playground.Session({"data": data, "points": 100})
    assert session.x.shape == (100, 2) and session.x.dtype == np.float32
    assert 35 <= session.y.sum() <= 65 and set(session.y) == {0, 1}
    assert np.abs(session.x).max() < playground.VIEW + 0.2


@pytest.mark.parametrize("settings", MODELS, ids=name)
def test_code_that_is_shown_trains_the_very_same_model(playground, settings):
    session = playground.Session(settings)
    session.frame()  # looking on changes nothing
    session.advance(1)
    session.trace(0.0, 0.0)
    session.gradient(0)
    for _ in range(40):  # the second epoch in batches, as when time is short
        if session.epoch < 2:
            session.advance(0)
    session.advance(None)
    shown = run(session.code())["model"]
    for ours, theirs in zip(session.model.get_weights(), shown.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("settings", MODELS, ids=name)
def test_code_with_weights_gives_the_model_to_the_last_bit(playground, settings):
    session = playground.Session(settings)
    session.advance(1)
    shown = run(session.code(with_weights=True))["model"]
    for ours, theirs in zip(session.model.get_weights(), shown.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_same_settings_give_the_same_model(playground):
    first, second = (playground.Session({"dropout": 0.2}) for _ in range(2))
    np.testing.assert_array_equal(first.weights(), second.weights())


def test_another_seed_gives_another_model_and_other_points(playground):
    first, second = playground.Session({"seed": 1}), playground.Session({"seed": 2})
    assert (first.weights() != second.weights()).any() and (first.x != second.x).any()


def test_time_limit_stops_between_batches_and_the_rest_follows(playground):
    session = playground.Session({})
    session.advance(1, seconds=0.0)
    assert session.epoch == 0 and session.row == 10
    session.advance(None)
    assert session.epoch == 1 and session.row == 0


def test_training_learns_xor_without_an_error(playground):
    session = playground.Session({"data": "xor", "noise": 0.0, "layers": [[8, "tanh"]]})
    session.advance(60)
    assert session.frame()["wrong"] == 0


def test_numerical_gradient_learns_the_same_as_backpropagation(playground):
    found = []
    for way in ("analytic", "numerical"):
        session = playground.Session({"optimizer": "sgd", "rate": 0.1, "gradient": way})
        session.advance(3)
        assert session.model.optimizer.gradient == way
        found.append(session.weights())
    np.testing.assert_allclose(*found, atol=1e-3)


def test_output_picture_is_the_models_prediction_from_the_upper_left_corner_on(playground):
    session = playground.Session({})
    frame = session.frame()
    corner = np.array([[-1.475, 1.475], [-1.425, 1.475]], "float32")
    np.testing.assert_allclose(
        frame["output"][:2], session.model.predict(corner, verbose=0).ravel(), rtol=1e-5
    )


@pytest.mark.parametrize("settings", MODELS, ids=name)
def test_losses_and_errors_are_those_of_evaluate(playground, settings):
    session = playground.Session(settings)
    session.frame()
    session.advance(1)
    frame = session.frame()
    loss, accuracy = session.model.evaluate(*session.train, verbose=0)
    wrong = round((1 - accuracy) * len(session.train[0]))
    assert frame["loss"] == pytest.approx(loss, rel=1e-5)
    if session.held:
        loss, accuracy = session.model.evaluate(*session.held, verbose=0)
        wrong += round((1 - accuracy) * len(session.held[0]))
        assert frame["held_loss"] == pytest.approx(loss, rel=1e-5)
    assert (frame["wrong"], frame["count"]) == (wrong, len(session.x))


def test_each_hidden_neuron_has_a_picture_of_its_activation(playground):
    session = playground.Session({"layers": [[2, "relu"], [3, "tanh"]]})
    hidden = session.frame()["hidden"].reshape(5, 30, 30)
    first = np.maximum(0, playground.grid(60) @ session.model.layers[0].kernel.numpy())
    np.testing.assert_allclose(hidden[1], first[:, 1].reshape(60, 60)[::2, ::2], atol=1e-6)
    assert np.abs(hidden[2:]).max() <= 1


def test_pictures_are_flat_arrays_of_float32_that_travel_without_a_copy(playground):
    session = playground.Session({})
    arrays = [v for v in session.frame().values() if isinstance(v, np.ndarray)]
    for array in [*arrays, session.points()]:
        assert array.ndim == 1 and array.dtype == np.float32 and array.flags.c_contiguous


def test_points_say_which_are_held_out(playground):
    points = playground.Session({"points": 40}).points().reshape(-1, 4)
    assert points[:, 3].tolist() == [0.0] * 30 + [1.0] * 10


def test_a_handful_of_own_points_is_trained_on_whole(playground):
    session = playground.Session({"data": "own", "own": OWN})
    assert session.held is None and "validation_split" not in session.code()
    assert math.isnan(session.frame()["held_loss"])


def test_weights_in_a_row_are_kernel_rows_then_biases_of_each_layer(playground):
    session = playground.Session({"layers": [[3, "tanh"]]})
    kernel, bias, *_ = session.model.get_weights()
    session.set_weight(4, 9.0)  # row 1, column 1
    session.set_weight(6, 7.0)
    assert session.model.get_weights()[0][1, 1] == 9.0
    assert session.model.get_weights()[1].tolist() == [7.0, 0.0, 0.0]
    assert session.weights().size == kernel.size + bias.size + 4


def test_a_weight_changed_by_hand_is_told(playground):
    session = playground.Session({})
    session.set_weight(0, 1.0)
    assert session.touched == ["weights"]


@pytest.mark.parametrize("penalty", ["none", "l2"])
def test_slopes_by_backpropagation_and_by_differences_agree(playground, penalty):
    session = playground.Session({"penalty": penalty, "strength": 0.1})
    for index in (0, 9, 30):
        slopes = session.gradient(index)
        assert slopes["analytic"] == pytest.approx(slopes["numerical"], abs=1e-4, rel=1e-2)


def test_reading_a_slope_leaves_the_weights_alone(playground):
    session = playground.Session({})
    before = session.weights()
    session.gradient(3)
    np.testing.assert_array_equal(session.weights(), before)


def test_rate_batch_and_gradient_change_while_learning_and_weights_stay(playground):
    session = playground.Session({})
    session.advance(1)
    before = session.weights()
    session.change({"rate": 0.1, "batch": 20, "gradient": "numerical"})
    np.testing.assert_array_equal(session.weights(), before)
    assert session.model.optimizer.learning_rate == pytest.approx(0.1)
    assert session.touched == ["rate", "batch", "gradient"]


def test_a_point_drawn_while_learning_keeps_the_weights(playground):
    session = playground.Session({"data": "own", "own": OWN})
    session.advance(5)
    before = session.weights()
    session.change({"data": "own", "own": [*OWN, [0, 0, 1]]})
    np.testing.assert_array_equal(session.weights(), before)
    assert len(session.x) == 5 and session.touched == ["points"]


def test_trace_shows_both_passes_of_the_nearest_point(playground):
    session = playground.Session({})
    found = session.trace(*session.x[7])
    assert found["index"] == 7
    assert found["forward"].startswith("Forward pass") and "A = X W + B" in found["forward"]
    assert "by differences" in found["backward"]


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", ", "])
def test_csv_takes_the_usual_separators_a_heading_and_blank_lines(playground, mark):
    lines = [["x1", "x2", "class"], ["0.5", "-0.8", "cat"], ["-1", "0.25", "dog"]]
    text = "\n\n".join(mark.join(line) for line in lines)
    assert playground.parse_csv(text) == [[50, -80, 0], [-100, 25, 1]]


def test_csv_sorts_classes_as_numbers_where_they_are(playground):
    assert playground.parse_csv("0,0,10\n1,1,9") == [[0, 0, 1], [100, 100, 0]]


def test_csv_columns_beyond_the_picture_are_scaled_into_it(playground):
    assert playground.parse_csv("10,0.5,a\n30,1,b\n20,0,a") == [
        [-120, 50, 0],
        [120, 100, 1],
        [0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "csv_empty"),
        ("x1,x2,class", "csv_empty"),
        ("1,2", "csv_columns"),
        ("0,0,a\n1,zwei,b", "csv_number"),
        ("0,0,a\n1,nan,b", "csv_number"),
        ("0,0,a\n1,1,a", "csv_classes"),
        ("0,0,a\n1,1,b\n1,0,c", "csv_classes"),
        ("0,0,a\n" * 501, "csv_many"),
    ],
)
def test_bad_csv_is_named_so_that_the_page_can_say_it_in_words(page, text, code):
    assert page.handle({"type": "csv", "text": text})["error"] == code


@pytest.mark.parametrize(
    "settings",
    [
        {"data": "mnist"},
        {"optimizer": 'SGD(1)); print("x"'},
        {"rate": "0.1"},
        {"rate": math.inf},
        {"noise": -1},
        {"layers": [[0, "tanh"]]},
        {"layers": [[4, "__import__"]]},
        {"layers": [[4, "tanh"]] * 6},
        {"own": [[9999, 0, 1]]},
        {"surprise": 1},
    ],
    ids=str,
)
def test_settings_that_are_not_offered_are_refused_before_they_become_code(page, settings):
    assert page.handle({"type": "build", "settings": settings})["error"] == "setting"


def test_no_points_is_an_answer_not_a_crash(page):
    answer = page.handle({"type": "build", "settings": {"data": "own"}})
    assert answer == {"error": "no_points"}


def test_a_loss_that_is_no_number_is_told(page):
    settings = {"optimizer": "sgd", "rate": 100.0, "penalty": "l2", "strength": 10.0}
    page.handle({"type": "build", "settings": settings})
    answer = page.handle({"type": "advance", "epochs": 20, "seconds": 60})
    assert answer["error"] == "not_finite"


def test_every_kind_of_message_is_answered(page):
    ask = [
        {"type": "build", "settings": {}},
        {"type": "advance", "epochs": 1, "seconds": 1.0},
        {"type": "change", "settings": {"rate": 0.1}},
        {"type": "look"},
        {"type": "code", "weights": True},
        {"type": "weight", "index": 1, "value": 0.5},
        {"type": "gradient", "index": 1},
        {"type": "trace", "x1": 0.0, "x2": 0.0},
        {"type": "csv", "text": "0,0,a\n1,1,b"},
    ]
    assert {message["type"] for message in ask} == set(page._answers)
    for message in ask:
        assert "error" not in page.handle(message), message
