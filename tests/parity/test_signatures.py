"""Arguments have Keras's names, order and defaults.

Ours may take more arguments, and may have a default where Keras has none. What every layer, metric
or loss takes (``name``, ``dtype``) may come through ``**kwargs``.
"""

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

EVERYWHERE = {"name", "dtype", "trainable"}
QUANTIZED = {"lora_rank", "lora_alpha", "quantization_config"}
SPARSE = {"sparse", "ragged"}

# Full name -> arguments that are deliberately missing or have another default.
EXCEPTIONS: dict[str, set[str]] = {
    "keras.Layer": {"autocast"},  # inputs become what the weights are
    "keras.layers.Layer": {"autocast"},
    "keras.layers.Dense": QUANTIZED,  # weights are floats, and whole matrices
    "keras.layers.EinsumDense": QUANTIZED | {"gptq_unpacked_column_size"},
    "keras.layers.Embedding": {"quantization_config"},
    "keras.layers.InputLayer": SPARSE | {"input_tensor", "name"},  # arrays are dense
    "keras.Model.export": {"format", "input_signature"},  # no TensorFlow to write for
    "keras.optimizers.Optimizer.from_config": {"custom_objects"},  # see custom_object_scope
    "keras.KerasTensor": SPARSE | {"record_history", "dtype"},  # the dtype is config.floatx()
    # There are no devices to spread a Variable over; its name is "variable" where none is given.
    "keras.Variable": {"autocast", "aggregation", "synchronization", "name", "layout"},
    "keras.ops.stop_gradient": {"variable"},  # the first, and given by position
    "keras.saving.save_weights": {"max_shard_size"},  # one file is enough
    # Methods.
    "keras.Layer.add_weight": {"overwrite_with_gradient"},  # of quantized training
    "keras.Model.save_weights": {"max_shard_size"},
    "keras.Model.train_step": {"state"},  # of jax, where state is handed around
    "keras.Model.test_step": {"state"},
    "keras.Model.predict_step": {"state"},
    "keras.Sequential.add": {"rebuild"},  # an argument for Keras's own use
    "keras.Sequential.pop": {"rebuild"},
    "keras.random.SeedGenerator.next": {"ordered"},  # there are no threads to keep in order
}  # fmt: skip


def _load():
    spec = importlib.util.spec_from_file_location("keras_api", ROOT / "tools" / "keras_api.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


keras_api = _load()
CASES = [
    f"{module}.{name}"
    for module, names in keras_api.read_list().items()
    for name in names
    if keras_api.has(f"{module}.{name}")
]


def parameters(thing: Any) -> list[inspect.Parameter] | None:
    """Return what a class or function takes, without self; None if it does not tell."""
    try:
        found = inspect.signature(thing.__init__ if inspect.isclass(thing) else thing)
    except (TypeError, ValueError):
        return None
    return [one for one in found.parameters.values() if one.name != "self"]


def same(theirs: Any, our: Any) -> bool:
    """Whether two defaults are the same, if differently written."""
    if isinstance(theirs, str) and isinstance(our, str):
        return theirs.lower() == our.lower()  # "Zeros" and "zeros" name one initializer
    if isinstance(theirs, tuple) and isinstance(our, int):
        return theirs == (our,) * len(theirs)  # strides of 1 along every axis
    return theirs is our or bool(theirs == our)


def differences(theirs: Any, our: Any, excused: set[str]) -> list[str]:
    """Return what differs between the arguments of the two, but for those excused."""
    wanted, given = parameters(theirs), parameters(our)
    if wanted is None or given is None:
        return []
    kinds = {one.kind for one in given}
    by_name = {one.name: one for one in given}
    found = []
    named = [
        one
        for one in wanted
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD) and one.name not in excused
    ]
    for one in named:
        if one.name not in by_name:
            if inspect.Parameter.VAR_KEYWORD not in kinds or one.name not in EVERYWHERE:
                found.append(f"{one.name} is missing")
        elif one.default is not one.empty and not same(one.default, by_name[one.name].default):
            found.append(f"{one.name}={one.default!r}, here {by_name[one.name].default!r}")
    order = [one.name for one in named if one.name in by_name]
    ours = [one.name for one in given if one.name in order]
    if ours != order:
        found.append(f"the order is {order}, here {ours}")
    return found


@pytest.fixture(scope="session")
def listed(keras):
    """Keras, of the version that tools/keras_api.txt lists: others have other arguments."""
    if keras.__version__.split(".")[:2] != keras_api.version().split(".")[:2]:
        pytest.skip(f"the list is of {keras_api.version()}, installed is {keras.__version__}")
    return keras


def pair(name: str) -> tuple[Any, Any]:
    """Return what Keras and minikeras have of that name; None for an attribute of an instance."""
    parent, _, last = name.rpartition(".")
    if parent in keras_api.METHODS:
        return keras_api.find(name), getattr(type(keras_api.example(parent)), last, None)
    return keras_api.find(name), keras_api.find(keras_api.ours(name))


@pytest.mark.parametrize("name", CASES)
def test_arguments_are_those_of_keras(name, listed):
    theirs, our = pair(name)
    if callable(theirs) and callable(our):
        assert not differences(theirs, our, EXCEPTIONS.get(name, set()))


@pytest.mark.parametrize(
    ("name", "argument"), [(name, one) for name in EXCEPTIONS for one in sorted(EXCEPTIONS[name])]
)
def test_an_exception_is_needed(name, argument, listed):
    assert differences(*pair(name), EXCEPTIONS[name] - {argument})


def test_the_list_is_of_the_installed_keras(listed):
    assert keras_api.installed() == keras_api.read_list()
