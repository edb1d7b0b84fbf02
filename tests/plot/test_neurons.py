"""The network as neurons and edges."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, plot
from minikeras._svg.colors import NEGATIVE, POSITIVE
from minikeras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Softmax,
)

SVG = "{http://www.w3.org/2000/svg}"


def parse(picture):
    return ET.fromstring(picture.svg)


def texts(picture):
    return [node.text for node in parse(picture).iter(f"{SVG}text")]


def tips(picture, tag):
    """Return the tooltips of lines, or of groups."""
    found = (node.find(f"{SVG}title") for node in parse(picture).iter(f"{SVG}{tag}"))
    return [title.text for title in found if title is not None]


@pytest.fixture
def small():
    model = Sequential([Input((2,)), Dense(2, activation="relu", name="h"), Dense(1, name="y")])
    model.set_weights([[[1.0, -2.0], [0.5, 0.0]], [0.0, 1.0], [[4.0], [-1.0]], [0.25]])
    return model


def test_every_edge_and_neuron_is_there(small):
    picture = plot.network(small)
    assert len(tips(picture, "line")) == 2 * 2 + 2 * 1
    assert len(tips(picture, "g")) == 2 + 2 + 1
    assert {"2 × 2 = 4", "2 × 1 = 2", "6 edges"} <= set(texts(picture))
    assert picture.desc == "Network of 2, 2 and 1 units: 6 edges (4 + 2) and 3 biases."


def test_spacing_brings_the_layers_closer_together(small):
    wide, narrow = (
        float(parse(p).get("width"))
        for p in (plot.network(small), plot.network(small, spacing=100))
    )
    assert wide - narrow == 2 * 70
    assert {"2 × 2 = 4", "6 edges"} <= set(texts(plot.network(small, spacing=100)))


def test_spacing_that_leaves_no_room_is_refused(small):
    with pytest.raises(ValueError, match="spacing must be 80 pixels or more, got 20"):
        plot.network(small, spacing=20)


def test_colour_is_the_sign_and_width_the_size_of_the_weight(small):
    edges = {}
    for line in parse(plot.network(small)).iter(f"{SVG}line"):
        title = line.find(f"{SVG}title")
        if title is not None:
            edges[title.text] = line.get("stroke"), float(line.get("stroke-width"))
    assert edges["h weight [0, 0] 1"][0] == edges["y weight [0, 0] 4"][0] == POSITIVE
    assert edges["h weight [0, 1] -2"][0] == edges["y weight [1, 0] -1"][0] == NEGATIVE
    widths = [edges[f"h weight {w}"][1] for w in ("[1, 1] 0", "[1, 0] 0.5", "[0, 1] -2")]
    assert widths == sorted(widths) and edges["y weight [0, 0] 4"][1] == 5.0


def test_a_sample_shows_what_each_neuron_gives(small):
    picture = plot.network(small, [1.0, 2.0], input_names=["a", "b"], output_names=["out"])
    # h = relu([1*1 + 2*0.5, -2*1 + 0*2 + 1]) = [2, 0]; y = 4*2 - 0 + 0.25
    assert {"h unit 0; bias 0; value 2", "h unit 1; bias 1; value 0"} <= set(tips(picture, "g"))
    assert "y unit 0; bias 0.25; value 8.25" in tips(picture, "g")
    assert {"a", "b", "out", "8.25"} <= set(texts(picture))
    assert picture.desc.endswith("For the sample it gives 8.25.")
    assert plot.network(small, np.array([[1.0, 2.0]])).desc == picture.desc


def test_layers_without_weights_belong_to_the_dense_one_before():
    model = Sequential(
        [Input((2, 2)), Flatten(), Dense(3), Activation("relu"), Dropout(0.5), Dense(2), Softmax()]
    )
    picture = plot.network(model, np.ones((2, 2)))
    assert {"3 relu, Dropout", "2 Softmax"} <= set(texts(picture))
    values = [tip for tip in tips(picture, "g") if tip.startswith("dense_1")]
    assert sum(float(tip.rsplit(" ", 1)[1]) for tip in values) == pytest.approx(1.0, abs=1e-5)


def test_functional_and_nested_models_in_a_row_are_drawn():
    x = Input((3,))
    inner = Sequential([Input((4,)), Dense(2)])
    picture = plot.network(Model(x, inner(Dense(4)(x))))
    assert picture.desc.startswith("Network of 3, 4 and 2 units: 20 edges (12 + 8)")


def test_large_layers_are_elided_and_counted_in_full():
    model = Sequential([Input((784,)), Dense(50), Dense(10)])
    picture = plot.network(model, max_units=6)
    assert len(tips(picture, "g")) == 18
    assert len(tips(picture, "line")) == 6 * 6 + 6 * 6
    assert {"784 × 50 = 39,200", "39,700 edges"} <= set(texts(picture))
    assert any(tip.startswith("input unit 783") for tip in tips(picture, "g"))


def test_neurons_do_not_overlap_and_lie_inside():
    model = Sequential([Input((20,)), Dense(12), Dense(1)])
    root = parse(plot.network(model))
    wide, high = float(root.get("width")), float(root.get("height"))
    circles = [
        tuple(float(node.get(k)) for k in ("cx", "cy", "r")) for node in root.iter(f"{SVG}circle")
    ]
    for k, (x, y, r) in enumerate(circles):
        assert r <= x <= wide - r and r <= y <= high - r
        for u, v, s in circles[:k]:
            assert np.hypot(x - u, y - v) >= r + s


def test_numbers_that_are_not_finite_are_drawn():
    model = Sequential([Input((1,)), Dense(1)])
    model.set_weights([[[np.nan]], [np.inf]])
    assert "nan" in texts(plot.network(model, [1.0]))


def test_other_models_are_refused_with_a_way_out():
    x = Input((2,))
    branch = Model(x, Dense(2)(x) + x)
    image = Sequential([Input((4, 4, 1)), Conv2D(2, 3), Flatten(), Dense(1)])
    norm = Sequential([Input((2,)), Dense(2), BatchNormalization()])
    sequence = Sequential([Input((3, 2)), Dense(2), Flatten(), Dense(1)])
    bare = Sequential([Input((2,)), Activation("relu")])
    for model, why in [
        (branch, "part of a branch"),
        (image, r"\(Conv2D\) is not Dense"),
        (norm, r"\(BatchNormalization\) is not Dense"),
        (sequence, "runs along an axis"),
        (bare, "has no Dense layer"),
    ]:
        with pytest.raises(ValueError, match=f"{why}.*plot_model"):
            plot.network(model)


def test_wrong_arguments_are_named(small):
    with pytest.raises(ValueError, match=r"one sample of 2 numbers, got shape \(3,\)"):
        plot.network(small, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="input_names must hold 2 names, got 1"):
        plot.network(small, input_names=["a"])
    with pytest.raises(ValueError, match="max_units must be an integer of at least 1"):
        plot.network(small, max_units=0)
    with pytest.raises(ValueError, match="not built yet"):
        plot.network(Sequential([Dense(1)]))
