"""plot_model and model_to_dot: files, DOT text, errors."""

import re
import sys
import types

import pytest

from minikeras import Input, Sequential, utils
from minikeras.layers import Dense


@pytest.fixture
def model():
    inner = Sequential([Dense(3, name='a"b')], name="inner")
    return Sequential([Input((4,)), inner, Dense(2, name="out")], name="outer")


@pytest.fixture
def without_cairosvg(monkeypatch):
    monkeypatch.setitem(sys.modules, "cairosvg", None)


def test_svg_file_holds_the_picture(model, tmp_path):
    picture = utils.plot_model(model, tmp_path / "m.svg")
    assert (tmp_path / "m.svg").read_text("utf-8") == picture.svg == picture._repr_svg_()


def test_png_without_the_extra_is_written_as_svg_with_a_warning(
    model, tmp_path, monkeypatch, without_cairosvg
):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=r"minikeras-numpy\[png\].*wrote 'model.svg'"):
        utils.plot_model(model)
    assert [path.name for path in tmp_path.iterdir()] == ["model.svg"]


def test_png_is_drawn_by_cairosvg_at_the_dpi(model, tmp_path, monkeypatch):
    calls = []

    def svg2png(bytestring, scale):
        calls.append((bytestring.decode(), scale))
        return b"png"

    monkeypatch.setitem(sys.modules, "cairosvg", types.SimpleNamespace(svg2png=svg2png))
    picture = utils.plot_model(model, tmp_path / "m.png", dpi=192)
    assert (tmp_path / "m.png").read_bytes() == b"png"
    assert calls == [(picture.svg, 2.0)]


def test_png_has_the_pixels(model, tmp_path):
    pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    utils.plot_model(model, tmp_path / "m.png")
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_dot_file_and_dot_text_are_the_same(model, tmp_path):
    utils.plot_model(model, tmp_path / "m.dot", show_layer_names=True, rankdir="LR", dpi=96)
    graph = utils.model_to_dot(model, rankdir="LR", dpi=96)
    assert (tmp_path / "m.dot").read_text("utf-8") == graph.to_string() + "\n" == f"{graph}\n"
    graph.write(tmp_path / "again.dot")
    assert (tmp_path / "again.dot").read_text("utf-8") == f"{graph}\n"
    assert graph._repr_svg_().startswith("<svg")


def test_dot_text_has_nodes_edges_and_clusters(model):
    text = utils.model_to_dot(model, expand_nested=True).to_string()
    assert r'n1 [label="Dense\nName: a\"b"];' in text
    assert 'subgraph cluster_0 {\n    label="inner (Sequential)";' in text
    assert re.findall(r"n\d -> n\d;", text) == ["n0 -> n1;", "n1 -> n2;"]


def test_dot_text_of_the_model_unexpanded_has_one_node_for_the_inner_one(model):
    text = utils.model_to_dot(model, show_layer_names=False).to_string()
    assert text.count("label=") == 3 and '[label="Sequential"]' in text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"to_file": "m.bmp"}, ValueError, "ends in .svg, .png, .pdf, .dot, got 'm.bmp'"),
        ({"rankdir": "BT"}, ValueError, "unknown rankdir 'BT'"),
        ({"dpi": 0}, ValueError, "dpi must be a finite number above 0"),
        ({"show_shape": True}, TypeError, "did you mean 'show_shapes'"),
    ],
)
def test_wrong_arguments_are_named(model, arguments, error, message):
    with pytest.raises(error, match=message):
        utils.plot_model(model, **{"to_file": None, **arguments})


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="expected a model to draw.*Dense"):
        utils.plot_model(Dense(1), None)
    with pytest.raises(TypeError, match="expected a model to draw"):
        utils.model_to_dot([Dense(1)])
