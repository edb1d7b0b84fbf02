"""Callbacks made of functions."""

import pytest

from minikeras.callbacks import Callback, CallbackList, LambdaCallback

HOOKS = [name for name in dir(Callback) if name.startswith("on_") and name != "on_close"]


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_can_be_given(name):
    seen = []
    called = CallbackList([LambdaCallback(**{name: lambda *args: seen.append(args)})])
    if "batch" in name or "epoch" in name:
        getattr(called, name)(3, {"loss": 0.5})
        assert seen == [(3, {"loss": 0.5})]
    else:
        getattr(called, name)({"loss": 0.5})
        assert seen == [({"loss": 0.5},)]


def test_positional_arguments_come_in_keras_order(run):
    seen = []
    callback = LambdaCallback(lambda e, logs: seen.append("b"), lambda e, logs: seen.append("e"))
    run([callback], [{"loss": 1.0}])
    assert seen == ["b", "e"]


def test_a_misspelt_hook_is_refused():
    with pytest.raises(TypeError, match=r"no hook 'on_epochs_end'; did you mean 'on_epoch_end'\?"):
        LambdaCallback(on_epochs_end=print)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"on_epoch_end must be a function, got 3 \(int\)"):
        LambdaCallback(on_epoch_end=3)


def test_repr_and_config_show_what_was_given():
    callback = LambdaCallback(on_train_end=print)
    assert repr(callback) == "LambdaCallback(on_train_end=print)"
    assert callback.get_config() == {"on_train_end": print}
    assert LambdaCallback.from_config(callback.get_config()).on_train_end is print
