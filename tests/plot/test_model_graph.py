"""Pictures of models: every layer, every connection, nothing on top of another."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.layers import LSTM, Activation, Add, Bidirectional, Concatenate, Dense, Lambda
from minikeras.plot import model_to_dot, plot_model

SVG = "{http://www.w3.org/2000/svg}"
EVERYTHING = {
    "show_shapes": True,
    "show_dtype": True,
    "show_layer_names": True,
    "show_layer_activations": True,
    "show_trainable": True,
}


def texts(picture):
    return [node.text for node in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def rectangles(picture):
    """Return boxes and frames as (left, top, right, bottom), frames by their dashed rim."""
    boxes, frames = [], []
    for node in ET.fromstring(picture.svg).iter(f"{SVG}rect"):
        x, y, width, height = (float(node.get(k)) for k in ("x", "y", "width", "height"))
        if node.get("stroke"):
            group = frames if node.get("stroke-dasharray") else boxes
            group.append((x, y, x + width, y + height))
    return boxes, frames


def apart(a, b):
    return a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def within(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def inception():
    x = entry = Input((8,), name="entry")
    for _ in range(3):
        ways = [Dense(4)(x), Dense(4)(Dense(4, activation="relu")(x)), x]
        x = Concatenate()(ways)
    return Model(entry, x, name="inception")


def nested():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    inner_a, inner_b = Input((4,), name="inner_a"), Input((4,), name="inner_b")
    pair = Model([inner_a, inner_b], [inner_a * inner_b, np.tanh(inner_b)], name="pair")
    encoder = Sequential([Input((4,)), Dense(4, name="deep"), pair_free()], name="encoder")
    p, q = pair([encoder(a), b])
    return Model([a, b], [Add(name="sum")([p, q, a]), q], name="outer")


def pair_free():
    return Sequential([Dense(4, name="deeper")], name="inside")


MODELS = [inception, nested]


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("make", MODELS)
def test_boxes_do_not_overlap_and_lie_inside(make, expand, rankdir):
    picture = plot_model(make(), None, rankdir=rankdir, expand_nested=expand, **EVERYTHING)
    boxes, frames = rectangles(picture)
    root = ET.fromstring(picture.svg)
    page = (0, 0, float(root.get("width")), float(root.get("height")))
    assert all(within(box, page) for box in boxes + frames)
    assert all(apart(a, b) for a, b in itertools.combinations(boxes, 2))
    for a, b in itertools.product(boxes + frames, frames):
        assert a == b or apart(a, b) or within(a, b) or within(b, a)


@pytest.mark.parametrize("make", MODELS)
def test_every_layer_is_there_by_name(make):
    model = make()
    shown = texts(plot_model(model, None, show_layer_names=True))
    assert {layer.name for layer in model.layers} <= set(shown)


def test_layers_of_models_inside_are_shown_in_frames():
    picture = plot_model(nested(), None, show_layer_names=True, expand_nested=True)
    shown = texts(picture)
    assert {"deep", "deeper", "inner_a", "inner_b", "multiply", "tanh"} <= set(shown)
    assert {"pair (Functional)", "encoder (Sequential)", "inside (Sequential)"} <= set(shown)
    assert len(rectangles(picture)[1]) == 3


def test_shapes_names_activations_and_dtypes_are_shown_on_request():
    model = Sequential([Input((4,), name="x"), Dense(3, activation="relu", name="h")])
    plain = texts(plot_model(model, None))
    assert plain == ["InputLayer", "Dense"]
    full = texts(plot_model(model, None, **EVERYTHING))
    assert {"(None, 4)", "(None, 3)", "h", "relu", "float32", "yes"} <= set(full)
    model.layers[0].trainable = False
    assert "no" in texts(plot_model(model, None, show_trainable=True))


def test_arrows_point_down_or_to_the_right():
    model = Sequential([Input((4,)), Dense(3), Dense(2)])
    for rankdir, axis in (("TB", 1), ("LR", 0)):
        boxes, _ = rectangles(plot_model(model, None, rankdir=rankdir))
        starts = [box[axis] for box in boxes]
        assert starts == sorted(starts) and len(set(starts)) == 3


def test_an_unbuilt_sequential_is_drawn_too():
    model = Sequential([Dense(3, name="h"), Dense(2, name="out")])
    picture = plot_model(model, None, show_shapes=True, show_layer_names=True)
    assert {"h", "out"} <= set(texts(picture))
    assert picture.desc == "2 boxes: Dense h leads to Dense out."


def test_a_subclass_shows_its_layers_in_a_row_without_arrows():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.first = Dense(3, name="first")
            self.second = Bidirectional(LSTM(2), name="second")

        def forward(self, x):
            return self.second(self.first(x))

    picture = plot_model(Own(), None, show_layer_names=True)
    assert {"first", "second", "Bidirectional(LSTM)"} <= set(texts(picture))
    assert "<path" not in picture.svg
    assert picture.desc == "2 boxes: Dense first; Bidirectional(LSTM) second."


def test_a_subclass_that_is_built_shows_the_shapes_it_has_seen():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.first = Dense(3)

        def forward(self, x):
            return self.first(x)

    model = Own()
    model.build((None, 4))
    assert "(None, 3)" in texts(plot_model(model, None, show_shapes=True))


def test_arrows_end_at_the_frame_of_a_subclass_inside():
    class Own(Model):
        def __init__(self):
            super().__init__(name="own")
            self.first = Dense(4)

        def forward(self, x):
            return self.first(x)

    x = Input((4,))
    picture = plot_model(Model(x, Dense(1)(Own()(x))), None, expand_nested=True)
    assert "own (Own)" in texts(picture) and len(rectangles(picture)[1]) == 1
    assert picture.svg.count("<path") == 4  # two arrows, a line and a head each


def test_a_layer_called_on_its_own_output_has_an_arrow_to_itself():
    x, twice = Input((4,)), Dense(4)
    picture = plot_model(Model(x, twice(twice(x))), None)
    assert "Dense leads to Dense" in picture.desc
    assert picture.svg.count("<path") == 4  # two arrows, a line and a head each


def test_a_shared_layer_is_one_box():
    a, b, shared = Input((4,)), Input((4,)), Dense(2, name="shared")
    shown = texts(plot_model(Model([a, b], shared(a) - shared(b)), None, show_layer_names=True))
    assert shown.count("shared") == 1


def test_a_model_cut_out_of_another_starts_with_an_input():
    x = Input((4,))
    middle = Dense(3, name="middle")(x)
    model = Model(middle, Dense(2)(middle))
    assert plot_model(model, None).desc == "2 boxes: InputLayer leads to Dense."


def test_arrows_reach_the_inputs_that_a_dict_names():
    left, right = Input((2,), name="left"), Input((2,), name="right")
    inner = Model({"left": left, "right": right}, Dense(1)(left) + right, name="inner")
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model([a, b], inner({"right": b, "left": a}))
    text = str(model_to_dot(model, expand_nested=True))
    names = {name: node for node, name in re.findall(r"(n\d+) \[label=\"\w+\\nName: (\w+)", text)}
    assert f"{names['a']} -> {names['left']};" in text
    assert f"{names['b']} -> {names['right']};" in text


def test_an_empty_model_gives_an_empty_picture():
    assert rectangles(plot_model(Sequential(name="empty"), None)) == ([], [])


def test_names_that_are_not_xml_are_escaped():
    model = Sequential([Dense(1, name="<b>&x")], name="a<b")
    picture = plot_model(model, None, show_layer_names=True)
    assert "<b>&x" in texts(picture) and picture.title == "a<b (Sequential)"


def test_long_graphs_name_the_first_connections_and_count_the_rest():
    model = Sequential([Activation("relu") for _ in range(60)])
    assert "and 19 more connections" in plot_model(model, None).desc


def test_a_function_inside_is_shown_by_its_name():
    x = Input((4,))
    picture = plot_model(Model(x, np.expand_dims(Lambda(np.exp)(x), -1)), None)
    assert "ExpandDims" in texts(picture) and "Lambda" in texts(picture)


def test_a_notebook_shows_the_table_and_the_picture():
    model = Sequential([Input((4,)), Dense(3, name="scores")])
    page = model._repr_html_()
    assert page.index("</table>") < page.index("<svg") and "scores" in page[page.index("<svg") :]
    ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert "<svg" in Sequential([Dense(1)])._repr_html_()
