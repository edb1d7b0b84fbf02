"""Where names come from, and what all of them take: lists, Variables, placeholders."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from minikeras import GradientTape, Input, KerasTensor, Variable, ops
from minikeras.layers import Dense
from minikeras.models import Model
from minikeras.ops import linalg as linalg_names
from minikeras.ops import nn as nn_names
from minikeras.ops import numpy as numpy_names

NAMESPACES = ["image", "linalg", "nn", "numpy"]


@pytest.mark.parametrize("module", sorted(ops._TAIL))
def test_names_loaded_on_first_use_are_in_their_module(module):
    found = importlib.import_module(f"minikeras.ops.{module}")
    for name in ops._TAIL[module].split():
        assert getattr(ops, name) is getattr(found, name)


@pytest.mark.parametrize("module", ["core", "fourier", "linalg", "loops", "nn", "numpy", "special"])
def test_no_name_of_a_namespace_is_forgotten(module):
    names = importlib.import_module(f"minikeras.ops.{module}").__all__
    assert set(names) <= set(ops.__all__)


def test_every_name_is_listed_once_and_exists():
    assert len(set(ops.__all__)) == len(ops.__all__)
    assert set(ops.__all__) <= set(dir(ops))
    for name in ops.__all__:
        assert callable(getattr(ops, name)) or name in NAMESPACES


def test_no_module_hides_the_function_of_its_name():
    for found in pkgutil.walk_packages(ops.__path__, "minikeras.ops."):
        importlib.import_module(found.name)
    hidden = [name for name in ops.__all__ if isinstance(getattr(ops, name), ModuleType)]
    assert hidden == NAMESPACES


def test_long_tail_is_not_loaded_with_the_package(root):
    code = "import sys, minikeras; print('minikeras.ops.numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'sums'"):
        ops.sums  # noqa: B018


@pytest.mark.parametrize("module", [numpy_names, linalg_names])
def test_rows_of_the_tables_have_a_docstring_and_a_signature(module):
    for name in module.TABLE:
        made = getattr(module, name)
        assert made.__doc__.startswith("``num") and made.__name__ == name
        assert made.__module__ == module.__name__
        assert inspect.signature(made).parameters


# What the rows of the tables take.


def test_arguments_are_taken_by_keras_names():
    x = np.arange(6.0)
    np.testing.assert_array_equal(ops.reshape(x=x, newshape=(2, 3)), x.reshape(2, 3))
    np.testing.assert_array_equal(ops.matmul(x1=x, x2=x), x @ x)
    np.testing.assert_array_equal(ops.sum(ops.reshape(x, (2, 3)), 1, True), [[3.0], [12.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.sum([1.0], axes=0), "'axes' but does not know it; did you mean 'axis'"),
        (lambda: ops.sum([1.0], 0, axis=0), "ops.sum got the argument 'axis' twice"),
        (
            lambda: ops.sum(),
            "expected the arguments x, axis, keepdims, got 0 by place; 'x' is miss",
        ),
        (lambda: ops.add([1.0]), "'x2' is missing"),
        (lambda: ops.exp([1.0], 1), "ops.exp expected the arguments x, got 2 by place"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_python_numbers_take_the_default_types():
    assert ops.exp([1.0, 2.0]).dtype == "float32"
    assert ops.add([1, 2], 1).dtype == "int32"
    assert ops.add(1.0, 2).dtype == "float32"
    assert ops.stack([[1.0], [2.0]]).dtype == "float32"


def test_integers_beside_floats_take_their_type():
    whole, half = np.arange(3), np.ones(3, np.float16)
    assert ops.multiply(whole, half).dtype == "float16"
    assert ops.multiply(whole, 0.5).dtype == "float32"
    assert ops.sqrt(whole).dtype == "float32"
    assert ops.add(np.float64([1.0]), 1).dtype == "float64"


def test_a_list_of_traced_values_is_stacked():
    a, b = Variable([1.0, 2.0]), Variable([3.0, 4.0])
    with GradientTape() as tape:
        y = ops.sum([a, b])
    np.testing.assert_array_equal(tape.gradient(y, [a, b]), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("exp", ()),
        ("cast", ("float64",)),
        ("logsumexp", (-1,)),
        ("layer_normalization", ()),
        ("one_hot", (3,)),
        ("top_k", (2,)),
        ("pad", (((0, 0), (1, 1)),)),
        ("unstack", (None, 1)),
        ("quantile", (0.5, -1)),
        ("slice_update", ((0, 0), np.zeros((1, 1), np.float32))),
    ],
)
def test_placeholders_give_placeholders(name, arguments):
    found = getattr(ops, name)(Input((4,)), *arguments)
    first = found[0] if isinstance(found, tuple | list) else found
    assert isinstance(first, KerasTensor) and first.shape[0] is None


def test_ops_are_nodes_of_a_functional_model(rng):
    inputs = Input((4,))
    hidden = ops.relu(ops.add(Dense(3)(inputs), 1.0))
    model = Model(inputs, ops.concatenate([hidden, ops.square(hidden)], axis=-1))
    x = rng.standard_normal((5, 4)).astype(np.float32)
    y = model.predict(x, verbose=0)
    np.testing.assert_allclose(y[:, 3:], y[:, :3] ** 2, rtol=1e-6)


def test_namespaces_hold_the_same_functions():
    assert ops.numpy.sum is ops.sum
    assert ops.linalg.det is ops.det
    assert ops.nn.softmax is ops.softmax
    assert set(nn_names.__all__) <= set(ops.__all__)


@pytest.mark.parametrize("module", [numpy_names, linalg_names])
def test_the_page_of_ops_has_the_rows_of_the_tables(module, root):
    page = (root / "docs" / "api" / "ops.md").read_text("utf-8")
    for name in module.TABLE:
        made = getattr(module, name)
        arguments = ", ".join(map(str, inspect.signature(made).parameters.values()))
        title = made.__doc__.split("``")[1]
        assert f"| `{name}` | {arguments} | {title} |\n" in page


@pytest.mark.parametrize("name", ["argmax", "argmin", "argsort", "count_nonzero", "sum", "prod"])
def test_places_counts_and_sums_of_integers_are_of_the_type_that_numpy_gives(name):
    x = np.arange(4, dtype="int32")
    found, expected = (np.asarray(getattr(module, name)(x)) for module in (ops, np))
    assert found.dtype == expected.dtype == np.intp
