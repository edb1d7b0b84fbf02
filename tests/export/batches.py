"""Layers, and batches of any size for them, for the tests of exact exports."""

import importlib
import pkgutil
from collections.abc import Iterator

import numpy as np

import minikeras
from minikeras import Input, Model
from minikeras.layers import Layer
from tests.testing import layer_cases

SIZES = (1, 2, 31, 32, 33, 100)

# What a file without text and hashes cannot hold.
REFUSED = {"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"}


def contract_cases() -> Iterator[tuple[str, object]]:
    """Yield title, and function that gives model and inputs: what the contracts are checked on."""
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for kind, cases in family.LAYERS.items():
            for i, (layer, settings) in enumerate(cases):
                layer = layer if isinstance(layer, Layer) else layer()
                known = type(layer).__module__.startswith("minikeras.")
                if known and kind not in REFUSED:
                    title = f"contract {module.name}: {kind} {i}"
                    yield title, lambda args=(layer, settings): _model(*args)


def _model(layer, settings):
    minikeras.set_random_seed(0)
    layer = type(layer).from_config(layer.get_config())
    values = settings.get("inputs")
    if values is None:
        rng = np.random.default_rng(0)
        shapes = settings.get("input_shape", (4,))
        shapes = shapes if isinstance(shapes, list) else [shapes]
        values = [rng.standard_normal((3, *shape)).astype("float32") for shape in shapes]
        as_list = isinstance(settings.get("input_shape"), list)
    else:
        as_list = isinstance(values, list)
        values = [np.asarray(value) for value in (values if as_list else [values])]
        values = [v.astype("float32") if v.dtype.kind == "f" else v for v in values]
    given = [Input(value.shape[1:], dtype=str(value.dtype)) for value in values]
    model = Model(given, layer(given if as_list else given[0]))
    for weight in layer.weights:
        if weight.dtype.kind == "f" and "variance" not in weight.name:
            rng = np.random.default_rng(len(weight.path))
            weight.assign(weight.numpy() + 0.1 * rng.standard_normal(weight.shape))
    return model, values


def many(values, size, seed=0):
    """Return a batch of any size: the samples again and again, floats a little larger each time."""
    rng = np.random.default_rng(seed)
    found = []
    for value in values:
        rows = np.resize(np.arange(len(value)), size)
        more = value[rows]
        if (
            value.dtype.kind == "f" and (value % 1.0).any()
        ):  # zeros stay zeros: they may mean that a step is masked
            factors = 1.0 + 0.1 * rng.standard_normal((size, *[1] * (value.ndim - 1)))
            factors[: len(value)] = 1.0
            more = (more * factors).astype(value.dtype)
        found.append(more)
    return found
