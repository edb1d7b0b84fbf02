"""Settings by name, names of dtypes, placeholders, and every name that Keras's utils have."""

import numpy as np
import pytest

from minikeras import Input, utils


def test_settings_are_attributes_and_items():
    settings = utils.Config(rate=0.1)
    settings.units = 3
    settings["name"] = "x"
    assert settings.as_dict() == {"rate": 0.1, "units": 3, "name": "x"}
    assert list(settings) == ["name", "rate", "units"] and len(settings) == 3
    assert settings.pop("name") == "x" and settings.get("name", 7) == 7 and "rate" in settings
    del settings["units"]
    settings.update(rate=0.2)
    assert repr(settings) == "<Config {'rate': 0.2}>" and list(settings.items()) == [("rate", 0.2)]
    assert list(settings.keys()) == ["rate"] and list(settings.values()) == [0.2]


def test_a_frozen_config_does_not_change():
    settings = utils.Config(rate=0.1)
    settings.freeze()
    assert settings.frozen
    for change in [
        lambda: settings.update(rate=1),
        lambda: settings.pop("rate"),
        lambda: settings.__setitem__("rate", 1),
        lambda: settings.__delitem__("rate"),
    ]:
        with pytest.raises(ValueError, match="call unfreeze"):
            change()
    settings.unfreeze()
    settings.rate = 1


def test_a_misspelt_setting_is_recognised():
    with pytest.raises(AttributeError, match="no setting 'rat'; did you mean 'rate'"):
        utils.Config(rate=0.1).rat  # noqa: B018


def test_dtypes_have_one_name():
    names = [utils.standardize_dtype(d) for d in (None, float, int, bool, "float16", np.int8)]
    assert names == ["float32", "float32", "int32", "bool", "float16", "int8"]
    assert utils.standardize_dtype("string") == "string"
    with pytest.raises(ValueError, match="unknown dtype 'float31'"):
        utils.standardize_dtype("float31")


def test_placeholders_are_told_from_arrays():
    assert utils.is_keras_tensor(Input((2,))) and not utils.is_keras_tensor(np.ones(2))


def test_sequence_is_another_name_of_py_dataset():
    assert utils.Sequence is utils.PyDataset
