"""Every layer that minikeras registers can be looked into: as text, as HTML, as plain data."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, tree
from minikeras.layers import Layer
from tests.testing.test_contracts import LAYERS

CASES = [(name, i) for name, cases in sorted(LAYERS.items()) for i in range(len(cases))]


class Around(Model):
    """A model that is one layer, whatever that takes and gives."""

    def __init__(self, layer):
        super().__init__()
        self.inner = layer

    def forward(self, x):
        y = self.inner(x)
        return y if hasattr(y, "shape") else tree.flatten(y)


def shapes_filled(shapes, rng):
    if isinstance(shapes, tuple):
        return rng.standard_normal((2, *shapes)).astype("float32")
    return [shapes_filled(shape, rng) for shape in shapes]


def model_of(name, i):
    """Return a model of a contract's case, and data for it."""
    layer, options = LAYERS[name][i]
    layer = type(layer).from_config(layer.get_config()) if isinstance(layer, Layer) else layer()
    x = options.get("inputs")
    if x is None:
        x = shapes_filled(options.get("input_shape", (4,)), np.random.default_rng(3))
    leaves = tree.flatten(x)
    if all(leaf.dtype.kind not in "US" for leaf in leaves):
        return Around(layer), x
    if len(leaves) == 1:
        return Sequential([layer]), x
    kinds = ["string" if leaf.dtype.kind in "US" else "int64" for leaf in leaves]
    given = [Input(leaf.shape[1:], dtype=kind) for leaf, kind in zip(leaves, kinds, strict=True)]
    return Model(given, layer(given)), x


@pytest.mark.parametrize(("name", "i"), CASES)
def test_forward_pass_is_shown_and_leads_to_what_the_model_gives(name, i):
    model, x = model_of(name, i)
    seen = model.trace(x)
    assert str(seen).startswith("Forward pass of")
    ElementTree.fromstring(seen._repr_html_())
    assert json.loads(json.dumps(seen.to_dict()))["steps"]
    for one, other in zip(
        tree.flatten(seen.output), tree.flatten(model(x, training=False)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert not [note for step in seen.steps for note in step.notes if "not shown" in note]


@pytest.mark.parametrize(("name", "i"), CASES)
def test_backward_pass_agrees_with_central_differences(name, i):
    model, x = model_of(name, i)
    y = tree.flatten(model(x, training=False))
    if any(one.dtype.kind != "f" for one in y):
        pytest.skip("gives whole numbers: nothing to differentiate")
    target = [np.full_like(one, 0.25) for one in y]
    seen = model.trace_gradients(x, target if len(y) > 1 else target[0], loss="mse")
    assert str(seen).startswith("Backward pass of")
    ElementTree.fromstring(seen._repr_html_())
    json.dumps(seen.to_dict())
    assert seen.difference < 1e-4
    assert not [note for step in seen.steps for note in step.notes if "not shown" in note]


# Their cases are subclasses with a ``forward`` of their own.
WITHOUT_FORMULA = {"GroupedQueryAttention", "MultiHeadAttention", "Wrapper"}


@pytest.mark.parametrize("name", sorted(set(LAYERS) - WITHOUT_FORMULA))
def test_output_has_a_formula(name):
    model, x = model_of(name, 0)
    steps = [step for step in model.trace(x).steps if step.name != model.name]
    outputs = [one for one in steps[-1].quantities if one.symbol in ("Z", "Z1")]
    assert outputs[0].formula


def test_wide_inputs_are_cut_and_it_is_said_how_much_is_left_out():
    text = str(Sequential([layers.Dense(3)]).trace(np.ones((1, 784))))
    assert "X, input, (1, 784) (8 of 784 columns shown)" in text
    assert "W, kernel, (784, 3) (8 of 784 rows shown)" in text
