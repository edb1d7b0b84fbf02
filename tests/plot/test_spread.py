"""Histograms of weights and activations."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, plot
from minikeras.initializers import RandomNormal
from minikeras.layers import Dense, Embedding, Flatten, ReLU

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return [node.text for node in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def deep(spread, activation="linear"):
    layers = [
        Dense(64, activation, kernel_initializer=RandomNormal(stddev=spread, seed=k), name=f"d{k}")
        for k in range(4)
    ]
    return Sequential([Input((64,)), *layers])


@pytest.fixture
def x(rng):
    return rng.standard_normal((100, 64))


def test_every_weight_has_a_histogram():
    model = Sequential([Input((4,)), Dense(3, name="a"), Dense(2, use_bias=False, name="b")])
    picture = plot.weight_histograms(model)
    assert {"a/kernel", "a/bias", "b/kernel"} <= set(texts(picture))


def test_bars_hold_all_values():
    model = Sequential([Input((50,)), Dense(20, use_bias=False)])
    root = ET.fromstring(plot.weight_histograms(model, bins=10).svg)
    heights = [float(node.get("height")) for node in root.iter(f"{SVG}rect")]
    # Uniform numbers: all bars but the outermost, which reach beyond them, are about as high.
    assert len(heights) == 10
    assert max(heights[1:-1]) / min(heights[1:-1]) < 1.6


def test_weights_that_are_not_finite_are_named():
    model = Sequential([Input((2,)), Dense(1, name="d")])
    model.set_weights([[[np.nan], [1.0]], [0.0]])
    assert "d/kernel: not finite" in texts(plot.weight_histograms(model))


def test_activations_that_keep_their_size_raise_no_alarm(x):
    said = plot.activation_histograms(deep(1 / 8), x).desc
    assert not any(word in said for word in ("vanishing", "exploding", "dead", "saturated"))


def test_vanishing_activations_are_named_where_they_begin_to(x):
    shown = texts(plot.activation_histograms(deep(0.005), x))
    assert {"d0", "d1: vanishing", "d2: vanishing", "d3: vanishing"} <= set(shown)


def test_exploding_activations_are_named(x):
    shown = texts(plot.activation_histograms(deep(2.0), x))
    assert {"d0", "d1: exploding", "d3: exploding"} <= set(shown)


def test_saturated_activations_are_named_but_for_the_last(x):
    shown = texts(plot.activation_histograms(deep(2.0, "tanh"), x))
    assert {"d0: saturated", "d2: saturated", "d3"} <= set(shown)


def test_dead_units_are_named(x):
    model = Sequential([Input((64,)), Dense(4, bias_initializer="ones", name="d"), ReLU(name="r")])
    model.layers[0].bias.assign(np.full(4, -1e3))
    shown = texts(plot.activation_histograms(model, x))
    assert "r: dead" in shown and "400 values, 100 % zeros" in shown


def test_all_layers_share_one_axis(x):
    root = ET.fromstring(plot.activation_histograms(deep(0.02), x, bins=20).svg)
    widths = {node.get("width") for node in root.iter(f"{SVG}rect")}
    assert len(widths) == 1


def test_layers_of_models_inside_and_integer_inputs_are_taken():
    inner = Sequential([Input((3, 2)), Flatten(), Dense(2, name="deep")])
    tokens = Input((3,), dtype="int32")
    model = Model(tokens, inner(Embedding(10, 2, name="table")(tokens)))
    shown = texts(plot.activation_histograms(model, np.array([[1, 2, 3]], np.int32)))
    assert {"table", "flatten", "deep"} <= set(shown)


def test_several_inputs_are_taken():
    a, b = Input((2,)), Input((2,))
    model = Model([a, b], Dense(2, name="d")(a - b))
    assert "d" in texts(plot.activation_histograms(model, [np.ones((3, 2)), np.zeros((3, 2))]))


def test_what_has_no_numbers_is_refused():
    with pytest.raises(ValueError, match="has no weights to draw"):
        plot.weight_histograms(Sequential([Dense(1)]))
    with pytest.raises(ValueError, match="bins must be an integer"):
        plot.weight_histograms(Sequential([Input((1,)), Dense(1)]), bins=0)
    with pytest.raises(ValueError, match="give a batch"):
        plot.activation_histograms(Sequential([Input((2,)), Dense(1)]), np.empty((0, 2)))
