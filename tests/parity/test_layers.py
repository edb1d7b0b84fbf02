"""Every layer beside real Keras's: names and shapes of weights, outputs, gradients.

The cases are data, a file a family in ``layer_cases/``: a title, a function that makes the layer
from a library's ``layers``, the inputs (a shape with the batch axis, a list of shapes, or a
function of a random generator that gives arrays), and, where wanted, options:

- ``call``: keyword arguments of the call;
- ``args``: True when the inputs are positional arguments of their own rather than one list;
- ``gradients``: False where the output has none;
- ``shape``: False where the output's shape cannot be known beforehand;
- ``weights``: False to leave each library its first weights (they are constants);
- ``atol``: allowed difference, default 1e-5.
"""

import importlib
import pkgutil

import numpy as np
import pytest

import minikeras
from tests.parity import layer_cases

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning"),
]


def cases():
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for title, make, inputs, *options in family.CASES:
            yield pytest.param(make, inputs, *(options or [{}]), id=f"{module.name}: {title}")


def arrays(inputs):
    """Return the inputs as a list, and whether the layer takes them as one list."""
    rng = np.random.default_rng(0)
    if callable(inputs):
        made = inputs(rng)
    elif isinstance(inputs, list):
        made = [rng.standard_normal(shape).astype("float32") for shape in inputs]
    else:
        made = rng.standard_normal(inputs).astype("float32")
    return (list(made), True) if isinstance(made, list | tuple) else ([made], False)


def flat(outputs):
    if isinstance(outputs, dict):
        return [item for key in sorted(outputs) for item in flat(outputs[key])]
    if isinstance(outputs, list | tuple):
        return [item for output in outputs for item in flat(output)]
    return [] if outputs is None else [outputs]


def sample_weights(layer):
    """Return arrays for all weights: what is a variance stays positive, integers stay."""
    rng = np.random.default_rng(1)
    values = []
    for weight in layer.weights:
        if np.dtype(str(weight.dtype)).kind != "f" or "seed" in weight.name:
            values.append(np.asarray(weight))
        elif "variance" in weight.name:
            values.append(rng.uniform(0.5, 2.0, weight.shape).astype("float32"))
        else:
            values.append(0.5 * rng.standard_normal(weight.shape).astype("float32"))
    return values


def is_seed(weight):
    return "seed_generator" in weight.name


def shape_of(shape):
    return [tuple(s) for s in shape] if shape and isinstance(shape[0], tuple | list) else shape


@pytest.mark.parametrize(("make", "inputs", "options"), list(cases()))
def test_layer(keras, jax, make, inputs, options):
    values, as_list = arrays(inputs)
    atol = options.get("atol", 1e-5)
    positional = options.get("args", False)
    call = options.get("call", {})

    def given(items):
        return items if positional else [items] if as_list else [items[0]]

    ours, theirs = make(minikeras.layers), make(keras.layers)
    got = ours(*given(values), **call)
    build(keras, theirs, given, values, call)
    weights = [w for w in theirs.weights if not is_seed(w)]
    assert [(w.name, tuple(w.shape)) for w in ours.weights] == [
        (w.name, tuple(w.shape)) for w in weights
    ]
    assert [w.name for w in ours.trainable_variables] == [
        w.name for w in theirs.trainable_variables
    ]
    if options.get("weights", True) and weights:
        drawn = sample_weights(ours)
        ours.set_weights(drawn)
        for weight, value in zip(weights, drawn, strict=True):
            weight.assign(value)
        got = ours(*given(values), **call)
    got = flat(got)

    rng = np.random.default_rng(2)
    towards = [
        rng.standard_normal(y.shape).astype("float32") if y.dtype.kind == "f" else None for y in got
    ]
    real = [i for i, value in enumerate(values) if value.dtype.kind == "f"]
    trainable = [np.asarray(v) for v in theirs.trainable_variables]
    non_trainable = [np.asarray(v) for v in theirs.non_trainable_variables]

    def total(outputs, multiply):
        parts = zip(flat(outputs), towards, strict=True)
        return sum(multiply(y * c) for y, c in parts if c is not None)

    def compute(variables, floats):
        items = list(values)
        for i, value in zip(real, floats, strict=True):
            items[i] = value
        outputs, state = theirs.stateless_call(variables, non_trainable, *given(items), **call)
        return 1.0 * total(outputs, lambda p: p.sum()), (outputs, state)

    # Compiled as one: operation by operation, the compiler would take most of the time.
    inputs = trainable, [values[i] for i in real]
    if options.get("gradients", True):
        everything = jax.value_and_grad(compute, argnums=(0, 1), has_aux=True)
        (_, (want, state)), expected = jax.jit(everything)(*inputs)
    else:
        _, (want, state) = jax.jit(compute)(*inputs)

    want = flat(want)
    assert len(got) == len(want)
    for mine, other in zip(got, want, strict=True):
        assert mine.shape == tuple(other.shape)
        np.testing.assert_allclose(mine, np.asarray(other), atol=atol, rtol=1e-5)
    changed = [
        np.asarray(value)
        for value, variable in zip(state, theirs.non_trainable_variables, strict=True)
        if not is_seed(variable)
    ]
    for mine, other in zip(ours.non_trainable_variables, changed, strict=True):
        np.testing.assert_allclose(mine.value, other, atol=atol, rtol=1e-5)
    if options.get("shape", True) and not positional:
        shapes = [(None, *value.shape[1:]) for value in values]
        shape = shapes if as_list else shapes[0]
        assert shape_of(ours.compute_output_shape(shape)) == shape_of(
            theirs.compute_output_shape(shape)
        )
    if not options.get("gradients", True):
        return

    if options.get("weights", True) and weights:
        ours.set_weights(drawn)
    with minikeras.GradientTape() as tape:
        items = list(values)
        for i in real:
            items[i] = tape.watch(values[i])
        mine = total(ours(*given(items), **call), np.sum)
    found = tape.gradient(
        mine, [*ours.trainable_variables, *(items[i] for i in real)], unconnected_gradients="zero"
    )
    scale = 1.0 + max([float(np.abs(np.asarray(e)).max(initial=0)) for e in flat(expected)] or [0])
    for gradient, other in zip(found, flat(expected), strict=True):
        np.testing.assert_allclose(gradient, np.asarray(other), atol=atol * scale, rtol=1e-4)


def build(keras, layer, given, values, call):
    """Make the weights of a Keras layer on placeholders, which compiles nothing."""
    try:
        placeholders = [keras.KerasTensor(value.shape, dtype=value.dtype.name) for value in values]
        layer(*given(placeholders), **call)
    except Exception:  # some layers, and some arguments, want numbers
        layer(*given(values), **call)
