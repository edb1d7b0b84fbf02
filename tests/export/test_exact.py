"""Models as NumPy code give the bits of ``predict``, however many samples there are."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, tree
from tests.export import batches, examples, networks
from tests.export.test_python import compare, exported

LAYERS = dict(batches.contract_cases())
LAYERS |= {
    title: make
    for title, make in examples.layer_calls()
    if "Resizing one image" not in title and "Resizing bytes" not in title
}


def sizes_for(model, values):
    """Return how many samples to try: as given where the model holds arrays, such as their mask."""
    held = [tree.flatten([node.args, node.kwargs]) for node in model._graph.nodes]
    if any(isinstance(leaf, np.ndarray) for leaves in held for leaf in leaves):
        return (len(values[0]),)
    return batches.SIZES


@pytest.mark.parametrize("title", LAYERS)
def test_layer(title, tmp_path):
    model, values = LAYERS[title]()
    predict = exported(model, tmp_path / "model.py")["predict"]
    for size in sizes_for(model, values):
        compare(model, predict, batches.many(values, size))


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_network(name, tmp_path):
    model, values = networks.made(name)
    predict = exported(model, tmp_path / "model.py")["predict"]
    for size in batches.SIZES:
        if size <= len(values[0]):
            compare(model, predict, [value[:size] for value in values])


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_inputs_that_do_not_lie_in_a_row(name, tmp_path):
    model, values = networks.made(name)
    predict = exported(model, tmp_path / "model.py")["predict"]
    values = [value[:33] for value in values]
    compare(model, predict, [np.asfortranarray(value) for value in values])
    compare(model, predict, [value[::-2] for value in values])
    compare(model, predict, [np.repeat(value, 2, axis=-1)[..., ::2] for value in values])


@pytest.mark.parametrize("name", ["lenet", "recurrent_stack", "transformer"])
def test_several_batches(name, tmp_path):
    model, values = networks.made(name)
    predict = exported(model, tmp_path / "model.py")["predict"]
    compare(model, predict, batches.many(values, 257))
    compare(model, predict, values, batch_size=32)
    compare(model, predict, values, batch_size=7)


def test_bad_numbers_stay_where_they_are(tmp_path):
    model, (x,) = networks.made("lenet")
    x[3, 4, 5], x[7] = np.nan, np.inf
    with np.errstate(all="ignore"):
        compare(model, exported(model, tmp_path / "model.py")["predict"], [x])


def test_the_file_is_the_same_for_layers_in_a_sequential_and_in_a_graph(tmp_path):
    model, values = networks.made("lenet")
    other, _ = networks.made("functional_lenet")
    other.set_weights(model.get_weights())
    compare(other, exported(model, tmp_path / "model.py")["predict"], values)


@pytest.mark.parametrize("filters", [1, 2, 5, 8, 33])
def test_first_prediction_is_that_of_all_later_ones(filters, tmp_path):
    model = Sequential(
        [
            Input((15, 13, 4)),
            layers.Conv2D(filters, 3, activation="tanh", bias_initializer="normal"),
            layers.MaxPooling2D(),
        ]
    )
    x = networks.normal(40, 15, 13, 4)
    first = model.predict(x, verbose=0)
    np.testing.assert_array_equal(first, model.predict(x, verbose=0))
    compare(model, exported(model, tmp_path / "model.py")["predict"], [x])


PROGRAM = """
import importlib, sys
import numpy as np

for name in sys.argv[1:]:
    with np.load(f"{name}_data.npz") as data:
        inputs = [data[key] for key in data if key.startswith("input")]
        wanted = [data[key] for key in data if key.startswith("output")]
    found = importlib.import_module(name).predict(*inputs)
    found = found if isinstance(found, list) else [found]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
assert not any(module.startswith("minikeras") for module in sys.modules)
"""


def test_files_need_numpy_alone(tmp_path):
    names = ["lenet", "resnet", "masked_recurrent_stack", "masked_transformer", "text_classifier"]
    for name in names:
        model, values = networks.made(name)
        model.export(tmp_path / f"{name}.py")
        arrays = {f"input_{i}": value for i, value in enumerate(values)}
        outputs = examples.predictions(model, values)
        arrays |= {f"output_{i}": value for i, value in enumerate(outputs)}
        np.savez(tmp_path / f"{name}_data.npz", **arrays)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, *names]
    subprocess.run(command, check=True, cwd=tmp_path, env=environment)


OTHER = """
import pathlib, runpy, sys
from tests.export import networks
from tests.export.test_python import compare, exported

for name in sys.argv[2:]:
    model, values = networks.made(name)
    predict = exported(model, pathlib.Path(sys.argv[1], "model.py"))["predict"]
    for size in (1, 33):
        compare(model, predict, [value[:size] for value in values])
"""


def test_another_processor_gives_other_bits_and_both_the_same(tmp_path):
    names = ["lenet", "signals", "recurrent_stack", "masked_transformer"]
    environment = {**os.environ, "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "2"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-c", OTHER, str(tmp_path), *names]
    subprocess.run(command, check=True, env=environment)
