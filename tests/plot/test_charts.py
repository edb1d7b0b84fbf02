"""Charts: curves, regions, surfaces, matrices; as SVG and on matplotlib's axes."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Sequential, plot
from minikeras._svg.contours import contour
from minikeras._svg.draw import text_width
from minikeras._svg.panel import Dots, Line, Panel, draw_panels
from minikeras.callbacks import History
from minikeras.layers import BatchNormalization, Dense

SVG = "{http://www.w3.org/2000/svg}"
NAN = float("nan")


def parse(picture):
    return ET.fromstring(getattr(picture, "svg", picture))


def texts(picture):
    return [node.text for node in parse(picture).iter(f"{SVG}text")]


def points(d):
    """Return the corners of a path of straight lines."""
    return [tuple(map(float, part.split())) for part in d.replace("M", "L").split("L")[1:]]


def path(picture, name):
    """Return the path that carries a name."""
    for node in parse(picture).iter(f"{SVG}path"):
        title = node.find(f"{SVG}title")
        if title is not None and title.text == name:
            return node.get("d")
    raise AssertionError(f"no curve {name!r}")


@pytest.fixture
def linear():
    model = Sequential([Input((2,)), Dense(1, use_bias=False, name="out")])
    model.set_weights([np.array([[2.0], [-1.0]])])
    return model


SAMPLES = np.array([[1.0, 0.0], [0.0, 1.0]])


def every_chart():
    model = Sequential([Input((2,)), Dense(1, name="out")])
    return {
        "activation": lambda **k: plot.activation("tanh", **k),
        "step_against_sigmoid": plot.step_against_sigmoid,
        "history": lambda **k: plot.history({"loss": [2.0, 1.0]}, **k),
        "decision_boundary": lambda **k: plot.decision_boundary(
            lambda x: x[:, 0] > 0.5, SAMPLES, [1, 0], resolution=8, **k
        ),
        "loss_surface": lambda **k: plot.loss_surface(
            model, SAMPLES, SAMPLES[:, :1], path=2, loss="mse", resolution=5, **k
        ),
        "confusion_matrix": lambda **k: plot.confusion_matrix([0, 1, 1], [0, 1, 0], **k),
    }


@pytest.mark.parametrize("name", every_chart())
def test_chart_is_well_formed_and_said_in_words(name):
    picture = every_chart()[name]()
    root = parse(picture)
    assert root.get("role") == "img" and picture.title and picture.desc
    assert "<style" not in picture.svg and " id=" not in picture.svg
    assert "nan" not in picture.svg.lower().replace("nan'", "")
    assert str(picture) == picture.svg == picture._repr_svg_()


@pytest.mark.parametrize("name", every_chart())
def test_chart_is_drawn_on_given_axes(name):
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, ax = plt.subplots()
    try:
        drawn = every_chart()[name](ax=ax)
        assert drawn is ax
        assert ax.lines or ax.images or ax.collections
        figure.canvas.draw()
    finally:
        plt.close(figure)


def test_what_are_no_axes_is_refused():
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got 3"):
        plot.activation("relu", ax=3)


# Panels.


def test_texts_of_a_chart_do_not_overlap_and_stay_inside():
    x = np.linspace(-1e-3, 2e5, 9)
    lines = tuple(Line(x, x * k, f"a long name of a curve {k}") for k in range(5))
    dots = (Dots(x, -x, "points", marker="cross"),)
    svg = draw_panels(
        [Panel(lines + dots, "title", "across", "up", notes=("a note",))] * 4, "t", "d"
    )
    root = parse(svg)
    boxes = []
    for node in root.iter(f"{SVG}text"):
        if node.get("transform"):
            continue
        size = float(node.get("font-size"))
        wide = text_width(node.text, size)
        left = (
            float(node.get("x"))
            - {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")] * wide
        )
        bottom = float(node.get("y"))
        boxes.append((left, bottom - 0.75 * size, left + wide, bottom + 0.2 * size, node.text))
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a[4], b[4])
    assert all(box[0] >= 0 and box[3] <= float(root.get("height")) for box in boxes)


def test_a_curve_has_a_gap_where_it_is_not_finite():
    line = Line(np.arange(5.0), np.array([1.0, 2.0, NAN, 3.0, 4.0]), "c")
    assert path(draw_panels([Panel((line,))], "t", "d"), "c").count("M") == 2


@given(st.lists(st.floats(-1e200, 1e200), min_size=1, max_size=6))
def test_any_numbers_are_drawn_as_well_formed_xml(values):
    y = np.array(values)
    parse(draw_panels([Panel((Line(y, y, "c"), Dots(y, y, "p")))], "t", "d"))


# Lines of equal height.


@given(st.floats(-0.9, 0.9))
def test_contour_of_a_plane_is_where_the_plane_has_the_level(level):
    across, up = np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)
    x, y = contour(across, up, across[None, :] + 0 * up[:, None], level)
    known = np.isfinite(x)
    np.testing.assert_allclose(x[known], level, atol=1e-12)
    assert y[known].min() == -1 and y[known].max() == 1


def test_contour_of_a_cone_is_a_closed_circle():
    side = np.linspace(-2, 2, 81)
    x, y = contour(side, side, np.hypot(side[None, :], side[:, None]), 0.987)
    known = np.isfinite(x)
    np.testing.assert_allclose(np.hypot(x[known], y[known]), 0.987, atol=1e-2)
    ends = np.round(np.stack([x[known], y[known]], axis=1), 9)
    assert set(np.unique(ends, axis=0, return_counts=True)[1]) == {2}  # each end joins two lines


def test_contour_leaves_out_cells_that_are_not_finite():
    z = np.array([[0.0, 1.0], [0.0, NAN]])
    assert contour(np.arange(2.0), np.arange(2.0), z, 0.5)[0].size == 0


# Activation functions.


def test_step_and_the_slope_of_relu_have_a_gap_at_their_jump():
    assert path(plot.activation("step"), "step").count("M") == 2
    assert path(plot.activation("relu"), "relu").count("M") == 1
    assert path(plot.activation("relu"), "derivative").count("M") == 2


def test_derivative_is_that_of_the_function():
    said = plot.activation(np.square, low=-1, high=2).desc
    assert said == "square goes from 1 at -1 to 4 at 2; its derivative lies between -2 and 4."


def test_derivative_can_be_left_out():
    assert "derivative" not in texts(plot.activation("tanh", derivative=False))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_functions_of_rows_have_no_curve(name):
    with pytest.raises(ValueError, match=f"{name} is not a function of each number by itself"):
        plot.activation(name)


def test_unknown_activation_and_empty_range_are_named():
    with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
        plot.activation("sigmiod")
    for draw in (plot.step_against_sigmoid, lambda **k: plot.activation("relu", **k)):
        with pytest.raises(ValueError, match="low must be below high, got 1 and 1"):
            draw(low=1, high=1)


# History.


def test_history_takes_what_fit_returns_and_its_dict():
    record = History()
    record.on_train_begin()
    record.on_epoch_end(0, {"loss": 2.0, "mae": 1.0})
    record.on_epoch_end(1, {"loss": 1.0, "mae": 0.5})
    assert plot.history(record).svg == plot.history(record.history).svg
    assert "mae" not in texts(plot.history(record, "loss"))


def test_history_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="history expected what fit returns"):
        plot.history([1.0])
    with pytest.raises(ValueError, match="did you mean 'loss'"):
        plot.history({"loss": [1.0]}, "los")
    with pytest.raises(ValueError, match="nothing to plot"):
        plot.history({})


# Confusion matrix.


def test_confusion_matrix_takes_labels_one_hot_rows_and_probabilities():
    wanted = plot.confusion_matrix([0, 1, 2], [0, 2, 2]).svg
    rows = np.eye(3)[[0, 2, 2]]
    assert plot.confusion_matrix(np.eye(3), rows).svg == wanted
    assert plot.confusion_matrix([0, 1, 2], 0.6 * rows + 0.1).svg == wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0]), "as many samples, got 2 and 1"),
        (([], []), "hold no sample"),
        (([0, -1], [0, 1]), "at least 0, got -1"),
        (([0, 1], [0.5, 3.5]), "probabilities from 0 to 1, got values from 0.5 to 3.5"),
        (([0, 1], ["a", "b"]), "must hold a label"),
        (([0, 2], [0, 1], ["a", "b"]), "class_names must hold 3 names, got 2"),
    ],
)
def test_confusion_matrix_names_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot.confusion_matrix(*arguments)


# Decision boundary.


def test_boundary_lies_where_the_classes_meet():
    x = np.array([[0.0, 0.0], [1.0, 1.0]])
    picture = plot.decision_boundary(lambda x: x[:, :1], x, [0, 1], margin=0.0, resolution=50)
    assert "0 on 50 %, 1 on 50 %" in picture.desc
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in parse(picture).iter(f"{SVG}circle")]
    line = max((p.get("d") for p in parse(picture).iter(f"{SVG}path")), key=len)
    across = {round(x, 1) for x, _ in points(line)}
    image = parse(picture).find(f"{SVG}image")
    middle = float(image.get("x")) + float(image.get("width")) / 2
    assert dots and all(abs(x - middle) <= 0.1 for x in across)


def test_boundary_counts_samples_on_the_side_of_their_class(linear):
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    picture = plot.decision_boundary(linear, x, [1, 1, 1], threshold=0.0, class_names=["no", "yes"])
    assert "3 samples, 2 of them on the side of their class" in picture.desc
    assert "yes" in texts(picture) and "no" not in texts(picture)  # only classes that occur


def test_classes_differ_by_colour_and_shape():
    x = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    picture = plot.decision_boundary(
        lambda x: np.stack([x[:, 0], x[:, 1], 1 - x[:, 0]], axis=1), x, [0, 1, 2], resolution=9
    )
    shapes = {
        (node.tag, len(node.get("points", "").split()), node.get("fill"))
        for node in parse(picture).iter()
        if node.tag in (f"{SVG}circle", f"{SVG}polygon")
    }
    assert len({shape[:2] for shape in shapes}) == len({shape[2] for shape in shapes}) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 4)),), r"expected x of shape \(samples, 2\), got \(3, 4\)"),
        ((np.zeros((2, 2)), [0, 1, 1]), "as many samples, got 2 and 3"),
    ],
)
def test_boundary_names_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(lambda x: x[:, :1], *arguments, resolution=4)


def test_boundary_names_a_model_that_gives_another_shape():
    with pytest.raises(ValueError, match=r"to give shape \(16, classes\) for 16 points, got \(3,"):
        plot.decision_boundary(lambda x: np.zeros(3), np.zeros((2, 2)), resolution=4)


# Loss surface.


def test_surface_leaves_the_model_as_it_was(linear):
    before = linear.get_weights()[0].copy()
    plot.loss_surface(linear, SAMPLES, SAMPLES[:, :1], path=5, loss="mse", resolution=4)
    np.testing.assert_array_equal(linear.get_weights()[0], before)

    def broken(y_true, y_pred):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        plot.loss_surface(linear, SAMPLES, SAMPLES[:, :1], loss=broken)
    np.testing.assert_array_equal(linear.get_weights()[0], before)


def test_surface_is_the_loss(linear):
    # mean of (a - 1)^2 and b^2 over [0, 2] x [-1, 1]; 2 x 2 pixels, middles at 0.5, 1.5 and +-0.5
    picture = plot.loss_surface(
        linear, SAMPLES, SAMPLES[:, :1], loss="mse", ranges=[(0, 2), (-1, 1)], resolution=2
    )
    assert "from 0.25 to 0.25" in picture.desc


def test_descent_follows_the_gradient_of_the_two_weights(linear):
    # d/da ((a-1)^2 + b^2)/2 = a - 1: each step of 0.5 halves the distance
    said = plot.loss_surface(
        linear, SAMPLES, SAMPLES[:, :1], path=1, loss="mse", learning_rate=0.5, resolution=3
    ).desc
    assert "goes from (2, -1), loss 1, to (1.5, -0.5), loss 0.25" in said


def test_surface_takes_the_compiled_loss_and_its_regularizer():
    model = Sequential([Input((1,)), Dense(1, kernel_regularizer="l2", name="d")])
    model.compile("sgd", "mse")
    arguments = model, np.zeros((1, 1)), np.zeros((1, 1)), [("d/kernel", (0, 0)), ("d/bias", 0)]
    said = plot.loss_surface(*arguments, ranges=[(9, 11), (-1, 1)], resolution=3).desc
    assert "from 0.871 to " in said  # l2 is 0.01 w^2, smallest at the middle of the first pixel
    assert "d/kernel[0, 0] and d/bias[0]" in said


def test_surface_draws_a_path_that_was_recorded(linear):
    way = [[2.0, -1.0], [1.5, 0.0], [1.0, 0.0]]
    said = plot.loss_surface(linear, SAMPLES, SAMPLES[:, :1], path=way, loss="mse", resolution=3)
    assert "The path has 3 points and goes from (2, -1), loss 1, to (1, 0), loss 0." in said.desc


def test_surface_takes_a_weight_itself_and_leaves_moving_averages_alone():
    model = Sequential([Input((2,)), Dense(2), BatchNormalization(), Dense(1)])
    before = [w.copy() for w in model.get_weights()]
    kernel = model.layers[0].kernel
    weights = [(kernel, (0, 0)), (kernel, (-1, 1))]
    picture = plot.loss_surface(
        model, SAMPLES, SAMPLES[:, :1], weights, 2, loss="mse", resolution=3
    )
    assert "[1, 1]" in picture.desc
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": None}, "needs one loss"),
        ({"weights": [("out/kernel", (0, 0))]}, "expected two weights.*got 1"),
        ({"weights": [("out/kernl", (0, 0))] * 2}, "did you mean 'out/kernel'"),
        ({"weights": [("out/kernel", (0, 0))] * 2}, "two different weights"),
        ({"weights": [("out/kernel", (5, 0))] * 2}, r"shape \(2, 1\), so there is no number"),
        ({"weights": [3, 4]}, "chosen as"),
        ({"path": [[1.0, 2.0, 3.0]]}, r"shape \(steps, 2\), got shape \(1, 3\)"),
        ({"ranges": [(0, 1), (1, 0)]}, "two pairs"),
        ({"path": 500, "learning_rate": 1e6}, "learning_rate below 1e"),
    ],
)
def test_surface_names_what_is_wrong(linear, arguments, message):
    settings = {"loss": "mse", "resolution": 3, **arguments}
    with pytest.raises(ValueError, match=message):
        plot.loss_surface(linear, SAMPLES, SAMPLES[:, :1], **settings)


def test_surface_of_an_unbuilt_model_says_so():
    with pytest.raises(ValueError, match="not built yet"):
        plot.loss_surface(Sequential([Dense(1)]), SAMPLES, SAMPLES, loss="mse")
