"""``activations``: Keras's names and defaults, what they accept, names and configurations."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, activations, config, ops, registry

# As printed by inspect.signature for Keras 3.15.
KERAS = {
    "celu": "(x, alpha=1.0)",
    "elu": "(x, alpha=1.0)",
    "exponential": "(x)",
    "gelu": "(x, approximate=False)",
    "glu": "(x, axis=-1)",
    "hard_shrink": "(x, threshold=0.5)",
    "hard_sigmoid": "(x)",
    "hard_silu": "(x)",
    "hard_swish": "(x)",
    "hard_tanh": "(x)",
    "leaky_relu": "(x, negative_slope=0.2)",
    "linear": "(x)",
    "log_sigmoid": "(x)",
    "log_softmax": "(x, axis=-1)",
    "mish": "(x)",
    "relu": "(x, negative_slope=0.0, max_value=None, threshold=0.0)",
    "relu6": "(x)",
    "selu": "(x)",
    "sigmoid": "(x)",
    "silu": "(x)",
    "soft_shrink": "(x, threshold=0.5)",
    "softmax": "(x, axis=-1)",
    "softplus": "(x)",
    "softsign": "(x)",
    "sparse_plus": "(x)",
    "sparse_sigmoid": "(x)",
    "sparsemax": "(x, axis=-1)",
    "squareplus": "(x, b=4)",
    "swish": "(x)",
    "tanh": "(x)",
    "tanh_shrink": "(x)",
    "threshold": "(x, threshold, default_value)",
}
OURS = {"identity": "(x)", "step": "(x)"}
NAMES = sorted(KERAS | OURS)
ARGUMENTS = {"threshold": (0.5, -1.0)}


def call(name, x):
    return getattr(activations, name)(x, *ARGUMENTS.get(name, ()))


@pytest.mark.parametrize(("name", "signature"), (KERAS | OURS).items())
def test_arguments_and_defaults_are_kerass(name, signature):
    parameters = inspect.signature(getattr(activations, name)).parameters.values()
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    assert str(inspect.Signature(plain)) == signature


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_public_and_leads_to_its_function(name):
    assert name in activations.__all__
    assert activations.get(name) is getattr(activations, name)


def test_nothing_else_is_registered():
    ours = registry.registered("activation").values()
    names = {one.__name__ for one in ours if activations.is_builtin(one)}
    assert names == set(NAMES) - {"identity", "swish", "hard_swish"}


def test_second_names_are_the_same_functions():
    assert activations.swish is activations.silu
    assert activations.hard_swish is activations.hard_silu
    assert activations.identity is activations.linear


# The numbers of the course.


def test_sigmoid_of_the_course():
    got = activations.sigmoid(np.array([0.3, 0.7, 1.1]))
    np.testing.assert_allclose(got, [0.57444252, 0.66818777, 0.75026011], atol=5e-9)


def test_softmax_of_the_course():
    got = activations.softmax(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(got, [0.09003057, 0.24472847, 0.66524096], atol=5e-9)


def test_the_three_layer_network_of_the_course():
    x = np.array([1.0, 0.5])
    w1, b1 = np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), np.array([0.1, 0.2, 0.3])
    w2, b2 = np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]), np.array([0.1, 0.2])
    w3, b3 = np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2])
    z1 = activations.sigmoid(ops.dense(x, w1, b1))
    z2 = activations.sigmoid(ops.dense(z1, w2, b2))
    y = activations.identity(ops.dense(z2, w3, b3))
    np.testing.assert_allclose(z1, [0.57444252, 0.66818777, 0.75026011], atol=5e-9)
    np.testing.assert_allclose(z2, [0.62624937, 0.77101070], atol=5e-9)
    np.testing.assert_allclose(y, [0.31682708, 0.69627909], atol=5e-9)


def test_step_is_zero_at_zero_and_has_no_slope():
    with GradientTape() as tape:
        x = tape.watch(np.array([-1.0, 0.0, 2.0]))
        y = activations.step(x)
    assert y.tolist() == [0.0, 0.0, 1.0]
    assert tape.gradient(y, x).tolist() == [0.0, 0.0, 0.0]


# What they accept.


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"identity", "linear"}))
@pytest.mark.parametrize(
    "x",
    [
        [[-1, 0], [1, 2]],
        [[-1.0, 0.0], [1.0, 2.0]],
        np.array([[-1, 0], [1, 2]]),
        np.array([[-1, 0], [1, 2]], np.int8),
        np.array([[-1, 0], [1, 2]], ">f4"),
        Variable([[-1.0, 0.0], [1.0, 2.0]]),
    ],
    ids=["ints", "floats", "int64", "int8", "big endian", "Variable"],
)
def test_lists_integers_and_variables_become_float32(name, x):
    expected = call(name, np.array([[-1.0, 0.0], [1.0, 2.0]], np.float32))
    got = call(name, x)
    assert type(got) is np.ndarray
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - {"glu", "softmax", "log_softmax", "sparsemax"})
)
def test_a_number_is_taken(name):
    np.testing.assert_array_equal(call(name, 0.75), call(name, np.array([0.75], np.float32))[0])


def test_python_numbers_become_the_default_float_type():
    config.set_floatx("float64")
    assert activations.relu([1, 2]).dtype == np.float64
    assert activations.tanh(0.5).dtype == np.float64


@given(st.sampled_from(["float16", "float32", "float64"]), st.sampled_from(NAMES))
def test_dtype_in_is_dtype_out(dtype, name):
    x = np.array([[-1.0, 2.0], [0.5, 0.0]], dtype)
    assert call(name, x).dtype == dtype


@pytest.mark.parametrize(
    "x",
    [np.array([1j]), np.array(["a"]), np.array([None]), "relu"],
    ids=["complex", "text", "object", "name"],
)
def test_what_is_no_real_number_is_refused(x):
    with pytest.raises(TypeError, match="an activation expected real numbers, got dtype"):
        activations.relu(x)


@pytest.mark.parametrize("name", NAMES)
def test_memory_layouts_and_read_only_arrays_give_the_same(name, rng):
    x = rng.standard_normal((4, 6))
    expected = call(name, x)
    for other in (np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x[::-1][::-1]):
        other.setflags(write=False)
        np.testing.assert_allclose(call(name, other), expected, rtol=1e-14, atol=1e-16)


# Names and configurations.


def test_none_is_linear():
    assert activations.get(None) is activations.linear


def test_a_callable_is_itself():
    assert activations.get(np.tanh) is np.tanh


def test_a_misspelt_name_is_corrected():
    with pytest.raises(ValueError, match="unknown activation 'sigmiod'; did you mean 'sigmoid'?"):
        activations.get("sigmiod")


def test_a_number_is_no_activation():
    with pytest.raises(TypeError, match="activation must be a name.*got 3 "):
        activations.get(3)


@pytest.mark.parametrize("name", NAMES)
def test_serialize_gives_a_name_that_leads_back(name):
    function = getattr(activations, name)
    data = activations.serialize(function)
    assert isinstance(data, str) and data in KERAS | OURS
    assert activations.deserialize(data) is function


def test_an_object_is_saved_by_its_configuration():
    @registry.register("activation")
    class Scaled(registry.Configurable):
        def __init__(self, factor=1.0):
            self.factor = factor

        def __call__(self, x):
            return self.factor * x

    data = activations.serialize(Scaled(3.0))
    assert data["class_name"] == "Scaled" and data["config"] == {"factor": 3.0}
    assert activations.deserialize(data)(2.0) == 6.0


def test_a_function_without_a_name_to_find_it_by_is_not_serialized():
    with pytest.raises(ValueError, match=r"activation <lambda> is not registered.*register\("):
        activations.serialize(lambda x: x)


def test_only_our_own_are_builtin():
    assert all(activations.is_builtin(getattr(activations, name)) for name in NAMES)
    assert not activations.is_builtin(np.tanh)
    assert not activations.is_builtin(None)
