"""Files whose configuration asks for much: nothing is made that large because a file says so."""

import copy
import importlib
import io
import json
import pkgutil
import warnings
import zipfile

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, saving
from minikeras.saving import ModelFileError
from tests.parity import layer_cases
from tests.saving.fuzzing import within_limits

HUGE = [10**6, 10**9, 2**62]


def cases():
    """Yield a layer of each class, of those that are called on arrays alone."""
    seen = set()
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for _, make, inputs, *options in family.CASES:
            found = type(make(layers)).__name__
            settings = options[0] if options else {}
            if found not in seen and set(settings.get("call", {})) <= {"training"}:
                seen.add(found)
                positional = bool(settings.get("args"))
                yield pytest.param(make, inputs, positional, id=found)


def arrays(inputs):
    made = inputs(np.random.default_rng(0)) if callable(inputs) else inputs
    if isinstance(made, np.ndarray | tuple):
        made = [made]
    return [item if isinstance(item, np.ndarray) else np.zeros(item, "float32") for item in made]


def members(make, inputs, positional):
    """Return the members of the file of a model that consists of a layer."""
    values = arrays(inputs)
    given = [
        Input(value.shape[1:], dtype="string" if value.dtype.kind in "USO" else value.dtype.name)
        for value in values
    ]
    layer = make(layers)
    y = layer(*given) if positional else layer(given if len(given) > 1 else given[0])
    file = io.BytesIO()
    Model(given if len(given) > 1 else given[0], y).save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def load(contents, config):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**contents, "config.json": json.dumps(config).encode()}.items():
            archive.writestr(name, content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return saving.load_model(file)


def numbers(data):
    """Return holder and key of all numbers, and of what has none yet."""
    waiting, found = [data], []
    while waiting:
        value = waiting.pop()
        for key in value if isinstance(value, dict) else range(len(value)):
            if isinstance(value[key], dict | list):
                waiting.append(value[key])
            elif isinstance(value[key], int | float | None) and value[key] not in (True, False):
                found.append((value, key))
    return found


@pytest.mark.parametrize(("make", "inputs", "positional"), list(cases()))
def test_any_number_may_be_huge(make, inputs, positional):
    contents = members(make, inputs, positional)
    config = json.loads(contents["config.json"])
    for place in range(len(numbers(config))):
        for number in HUGE:
            changed = copy.deepcopy(config)
            holder, key = numbers(changed)[place]
            holder[key] = number
            try:
                with within_limits(exact=True):
                    load(contents, changed)
            except ModelFileError:
                pass


def changed(model, change):
    file = io.BytesIO()
    model.save(file)
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    change(config["config"]["layers"])
    return contents, config


def test_an_axis_of_an_input_may_not_be_longer_than_any_data():
    def change(entries):
        entries[0]["config"]["batch_shape"] = [None, 2**25, 1]

    model = Sequential([Input((8, 1)), layers.GlobalMaxPooling1D()])
    with pytest.raises(ModelFileError, match="InputLayer has 33554432 as batch_shape, expected at"):
        load(*changed(model, change))


def test_weights_that_the_file_does_not_have_are_not_made():
    def change(entries):
        entries[1]["config"]["units"] = 10**8

    model = Sequential([Input((8,)), layers.Dense(1, name="last")])
    with (
        within_limits(),
        pytest.raises(ModelFileError, match=r"Dense 'last' has a weight of shape \(8, 100000000\)"),
    ):
        load(*changed(model, change))


def test_a_batch_of_a_huge_size_is_not_computed():
    def change(entries):
        entries[0]["config"]["batch_shape"] = [10**7, 32, 32, 3]

    model = Sequential([Input((32, 32, 3)), layers.Conv2D(64, 3), layers.ReLU()])
    with within_limits():
        assert load(*changed(model, change)).input_shape == (10**7, 32, 32, 3)


def test_a_batch_of_a_known_size_keeps_it():
    row = [Input(batch_shape=(4, 5, 3)), layers.LSTM(2, stateful=True, return_sequences=True)]
    model = Sequential([*row, layers.Flatten(), layers.Dense(2)])
    file = io.BytesIO()
    model.save(file)
    again = saving.load_model(file)
    assert again.input_shape == (4, 5, 3) and again.output_shape == model.output_shape
    x = np.ones((4, 5, 3), "float32")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_batch_that_goes_into_another_axis_keeps_its_size():
    x = Input(batch_shape=(4, 3))
    model = Model(x, np.reshape(x, (2, 6)) + np.sum(np.transpose(x)))
    file = io.BytesIO()
    model.save(file)
    assert saving.load_model(file).output_shape == (2, 6)
