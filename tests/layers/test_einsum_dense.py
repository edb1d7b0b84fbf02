"""EinsumDense: equations that are understood, and those that are refused."""

import numpy as np
import pytest

from minikeras.layers.einsum_dense import EinsumDense


@pytest.mark.parametrize(
    ("equation", "output_shape", "shape", "bias_axes"),
    [
        ("ab,bc->ac", 3, (2, 4), "c"),
        ("abc,cd->abd", (None, 3), (2, 5, 4), "d"),
        ("abc,cde->abde", (5, 2, 3), (2, 5, 4), "de"),
        ("abcd,cde->abe", (None, 3), (2, 5, 2, 4), "e"),
        ("abc,cd->adb", (3, 5), (2, 5, 4), "d"),
        ("abc,bcd->abd", (5, 3), (2, 5, 4), "b"),
        ("...ab,bc->...ac", (4, 3), (2, 5, 4, 2), "c"),
        ("ab...,bc->ac...", 3, (2, 4, 5, 2), "c"),
    ],
)
def test_values_are_those_of_einsum(rng, equation, output_shape, shape, bias_axes):
    x = rng.standard_normal(shape).astype("float32")
    layer = EinsumDense(equation, output_shape, "elu", bias_axes, bias_initializer="normal")
    got = layer(x)
    z = np.einsum(equation, x, layer.kernel.value) + layer.bias.value
    np.testing.assert_allclose(got, np.where(z > 0, z, np.expm1(z)), rtol=1e-4, atol=1e-6)


def test_first_weights_follow_the_fans_of_the_equation():
    layer = EinsumDense("abc,cde->abde", (None, 20, 50), kernel_initializer="he_uniform")
    layer.build((None, 3, 30))
    np.testing.assert_allclose(np.abs(layer.kernel.value).max(), np.sqrt(6 / 30), rtol=0.01)


@pytest.mark.parametrize(
    "equation", ["ab,bc", "ab,bc->", "ab->ac", "...ab,bc->ac", "a...b,bc->ac", "...a...,ab->b"]
)
def test_an_equation_of_another_form_is_refused(equation):
    with pytest.raises(ValueError, match="expected an equation such as 'ab,bc->ac'"):
        EinsumDense(equation, 3)


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("aab,bc->ac", "each letter once in 'aab'"),
        ("ab,bd->ac", "axis 'd' in the input or the output too"),
        ("ab,b->ac", "axis 'c' in the others too"),
    ],
)
def test_letters_that_say_no_shape_are_named(equation, message):
    with pytest.raises(ValueError, match=message):
        EinsumDense(equation, 3)


def test_a_bias_of_no_output_axis_is_refused():
    with pytest.raises(ValueError, match="bias_axes among the output's axes 'ac', got 'b'"):
        EinsumDense("ab,bc->ac", 3, bias_axes="b")


@pytest.mark.parametrize(
    ("equation", "output_shape", "shape", "message"),
    [
        ("ab,bc->ac", (2, 3), (None, 4), r"output_shape to have 1 lengths .* got \(2, 3\)"),
        ("ab,bc->ac", 3, (None, 4, 5), r"an input of 2 axes for equation 'ab,bc->ac'"),
        ("...abc,cd->...abd", (2, 3), (None, 4), r"an input of at least 3 axes"),
        ("abc,cd->abd", (6, 3), (None, 5, 4), r"axis 'b' to have one length .* got 5 and 6"),
        ("abc,cd->abd", (None, 3), (None, 5, None), r"every length of its weights to be known"),
    ],
)
def test_shapes_that_do_not_fit_the_equation_are_named(equation, output_shape, shape, message):
    with pytest.raises(ValueError, match=message):
        EinsumDense(equation, output_shape, name="mix").build(shape)


def test_an_input_of_other_features_is_refused_later():
    layer = EinsumDense("ab,bc->ac", 3)
    layer(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"built for a kernel of shape \(4, 3\)"):
        layer(np.zeros((2, 5)))


def test_integers_become_floats():
    assert EinsumDense("ab,bc->ac", 3)(np.ones((2, 4), int)).dtype == np.float32
