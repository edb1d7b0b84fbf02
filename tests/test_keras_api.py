"""The page of Keras's names says what is true, and every name that is missing has a reason."""

import importlib.util
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _load():
    spec = importlib.util.spec_from_file_location("keras_api", ROOT / "tools" / "keras_api.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


keras_api = _load()
NAMES = keras_api.read_list()
MISSING = [
    f"{module}.{name}"
    for module, names in NAMES.items()
    for name in names
    if not keras_api.has(f"{module}.{name}")
]


def test_the_page_is_what_the_tool_writes():
    written = (ROOT / "docs" / "keras_api.md").read_text("utf-8")
    assert written == keras_api.page(), "run python tools/keras_api.py"


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_name_has_a_reason(name):
    assert keras_api.reason(name), f"add {name}, or say in tools/keras_api.py why it is missing"


def test_no_reason_is_given_for_names_that_are_there():
    needed = {
        next(pattern for pattern in keras_api.REASONS if fnmatchcase(name, pattern))
        for name in MISSING
    }
    assert set(keras_api.REASONS) == needed


@pytest.mark.parametrize(
    "module",
    [
        "activations",
        "backend",
        "constraints",
        "initializers",
        "losses",
        "metrics",
        "ops",
        "optimizers",
        "optimizers.schedules",
        "random",
        "regularizers",
        "tree",
    ],
)
def test_a_module_that_was_complete_stays_complete(module):
    assert not [name for name in MISSING if name.rpartition(".")[0] == f"keras.{module}"]


def test_layers_lack_only_pictures_sound_and_other_libraries():
    reasons = {keras_api.reason(name) for name in MISSING if name.startswith("keras.layers.")}
    assert reasons <= {
        keras_api.PICTURES,
        keras_api.SOUND,
        keras_api.BOXES,
        keras_api.OTHER_LIBRARY,
        keras_api.REASONS["keras.layers.Pipeline"],
    }


def test_names_are_listed_once_and_in_order():
    for names in NAMES.values():
        assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("keras.layers.Dense", True),
        ("keras.Layer.add_loss", True),
        ("keras.metrics.Metric.dtype", True),
        ("keras.preprocessing.sequence.pad_sequences", True),
        ("keras.layers.Dence", False),
        ("keras.no_such_module.Dense", False),
        ("keras.Layer.add_los", False),
    ],
)
def test_a_name_is_looked_for_where_keras_has_it(name, there):
    assert keras_api.has(name) is there
