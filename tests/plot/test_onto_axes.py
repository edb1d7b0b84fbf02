"""Pictures of several parts on matplotlib's axes."""

import numpy as np
import pytest

from minikeras import Input, Sequential, plot
from minikeras.layers import Conv2D, Dense, Flatten

plt = pytest.importorskip("matplotlib.pyplot")

IMAGES = np.random.default_rng(0).random((6, 5, 5))


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    figure.canvas.draw()  # nothing about it warns, see pyproject.toml
    plt.close(figure)


@pytest.fixture
def dense():
    return Sequential([Input((3,)), Dense(4, "tanh"), Dense(2)])


@pytest.fixture
def convolution():
    return Sequential([Input((5, 5, 1)), Conv2D(3, 2), Flatten(), Dense(2)])


def texts(ax):
    return [one.get_text() for one in ax.texts]


def test_network_has_a_line_for_each_edge_and_a_circle_for_each_neuron(ax, dense):
    assert plot.network(dense, ax=ax) is ax
    assert len(ax.lines) == 3 * 4 + 4 * 2
    assert len(ax.collections) == 3 + 4 + 2
    assert "20 edges" in texts(ax)


def test_network_lit_by_a_sample_shows_its_numbers(ax, dense):
    plot.network(dense, [1.0, -2.0, 0.0], ax=ax, input_names=["a", "b", "c"])
    assert {"1.00", "−2.00", "0", "a", "b", "c"} <= set(texts(ax))


def test_wide_network_has_dots(ax):
    plot.network(Sequential([Input((30,)), Dense(2)]), max_units=4, ax=ax)
    assert "⋮" in texts(ax)


def test_images_have_axes_each_with_their_caption(ax):
    assert plot.images(IMAGES, [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 0], ax=ax, columns=4) is ax
    assert [one.get_xlabel() for one in ax.child_axes] == ["0", "1", "2", "3", "4", "5 ≠ 0"]
    right, wrong = (ax.child_axes[i].spines["left"].get_edgecolor() for i in (0, 5))
    assert right != wrong


def test_filters_and_feature_maps_have_axes_each(ax, convolution):
    plot.filters(convolution.layers[0], ax=ax)
    assert len(ax.child_axes) == 3
    assert all(one.images for one in ax.child_axes)
    assert any("orange down to" in one for one in texts(ax))
    plot.feature_maps(convolution, IMAGES[0][..., np.newaxis], 0, ax=ax)
    assert len(ax.child_axes) == 6
    assert "3 channels of 4 x 4" in ax.get_title()


def test_histograms_have_axes_each(ax, dense):
    assert plot.weight_histograms(dense, ax=ax) is ax
    assert len(ax.child_axes) == 4
    assert ax.child_axes[0].get_title() == dense.weights[0].path
    plot.activation_histograms(dense, np.ones((5, 3)) * np.arange(3.0), ax=ax)
    assert len(ax.child_axes) == 4 + 3


def test_axes_inside_do_not_overlap(ax):
    plot.images(IMAGES, ax=ax, columns=3)
    boxes = [one.get_position() for one in ax.child_axes]
    for i, one in enumerate(boxes):
        assert all(not one.overlaps(other) for other in boxes[:i])


@pytest.mark.parametrize("name", ["network", "weight_histograms", "images"])
def test_what_are_no_axes_is_refused(name, dense):
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got 3"):
        getattr(plot, name)(IMAGES if name == "images" else dense, ax=3)
