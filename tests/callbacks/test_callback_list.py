"""Which hooks are called, in which order, with which logs; and what is not a callback."""

import functools

import numpy as np
import pytest

from minikeras.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ProgbarLogger,
)


class Recorder(Callback):
    """Notes the name of each hook that is called."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_") and name != "on_close":
            return lambda *args: self.calls.append((name, *args))
        return super().__getattribute__(name)


class BatchCounter(Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs))


def never():
    raise AssertionError("logs were computed, but nobody asked for them")


def test_every_hook_reaches_every_callback():
    first, second = Recorder(), Recorder()
    called = CallbackList([first, second])
    called.on_train_begin()
    called.on_epoch_begin(0)
    called.on_train_batch_begin(0)
    called.on_train_batch_end(0, {"loss": 1.0})
    called.on_test_begin()
    called.on_test_batch_begin(0)
    called.on_test_batch_end(0)
    called.on_test_end()
    called.on_epoch_end(0, {"loss": 1.0})
    called.on_train_end()
    called.on_predict_begin()
    called.on_predict_batch_begin(0)
    called.on_predict_batch_end(0)
    called.on_predict_end()
    names = [call[0] for call in first.calls]
    assert names == [
        "on_train_begin",
        "on_epoch_begin",
        "on_train_batch_begin",
        "on_train_batch_end",
        "on_test_begin",
        "on_test_batch_begin",
        "on_test_batch_end",
        "on_test_end",
        "on_epoch_end",
        "on_train_end",
        "on_predict_begin",
        "on_predict_batch_begin",
        "on_predict_batch_end",
        "on_predict_end",
    ]
    assert first.calls == second.calls


@pytest.mark.parametrize("kind", ["train", "test", "predict"])
@pytest.mark.parametrize("end", ["begin", "end"])
def test_logs_are_not_computed_when_no_callback_has_the_batch_hook(kind, end):
    called = CallbackList([EarlyStopping(), History()])
    getattr(called, f"on_{kind}_batch_{end}")(0, never)


def test_logs_are_computed_once_for_several_callbacks():
    computed = []

    def logs():
        computed.append(1)
        return {"loss": 0.5}

    first, second = BatchCounter(), BatchCounter()
    CallbackList([first, second]).on_train_batch_end(3, logs)
    assert first.seen == second.seen == [(3, {"loss": 0.5})]
    assert len(computed) == 1


def test_hooks_under_their_older_names_follow_training_batches_only():
    seen = []

    class Old(Callback):
        def on_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            seen.append(("end", batch, logs["loss"]))

    called = CallbackList([Old()])
    called.on_train_batch_begin(1)
    called.on_train_batch_end(1, {"loss": 0.5})
    called.on_test_batch_end(2, never)
    assert seen == [("begin", 1), ("end", 1, 0.5)]


def test_a_hook_set_on_an_instance_is_called():
    seen = []
    callback = Callback()
    callback.on_train_batch_end = lambda batch, logs: seen.append(batch)
    CallbackList([callback]).on_train_batch_end(4, {})
    assert seen == [4]


def test_a_callback_whose_init_does_not_call_its_base_works(model):
    class Short(Callback):
        def __init__(self):
            self.mine = 1

    short = Short()
    assert short.model is None and short.params is None
    CallbackList([short], model=model, params={"epochs": 1})
    assert short.model is model and short.params == {"epochs": 1}


def test_numbers_in_logs_become_floats_and_nested_metrics_are_taken_apart():
    seen = {}
    callback = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.update(logs))
    logs = {"loss": np.float32(0.5), "n": 3, "more": {"a": np.array(2.0)}, "text": "x"}
    CallbackList([callback]).on_epoch_end(0, logs)
    assert seen == {"loss": 0.5, "n": 3.0, "a": 2.0, "text": "x"}
    assert [type(value) for value in seen.values()] == [float, float, float, str]


def test_predictions_in_logs_stay_arrays():
    seen = {}
    callback = LambdaCallback(on_predict_batch_end=lambda batch, logs: seen.update(logs))
    CallbackList([callback]).on_predict_batch_end(0, {"outputs": np.ones((2, 3))})
    assert seen["outputs"].shape == (2, 3)


def test_what_one_callback_adds_to_the_logs_is_in_the_history_but_not_in_the_callers_dict(run):
    extra = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=1.5))
    given = [{"loss": 0.5}]
    assert run([extra], given).history == {"loss": [0.5], "extra": [1.5]}
    assert given == [{"loss": 0.5}]


def test_an_exception_of_a_callback_passes_through(run):
    def fail(epoch, logs):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run([LambdaCallback(on_epoch_end=fail)], [{"loss": 0.5}])


def test_all_callbacks_are_closed_even_if_one_fails():
    class Fails(Callback):
        def on_close(self):
            raise OSError("disk full")

    closed = []
    last = LambdaCallback(on_close=lambda: closed.append(1))
    called = CallbackList([Fails(), last])
    with pytest.raises(OSError, match="disk full"):
        called.close()
    assert closed == [1]


def test_keras_signature_of_a_custom_loop_works(model):
    called = CallbackList([], add_history=True, model=model, epochs=3, verbose=0, steps=2)
    assert model.history is called.history
    assert model.history.params == {"epochs": 3, "verbose": 0, "steps": 2}


def test_a_history_and_a_progress_bar_given_by_the_user_are_not_doubled(model):
    history, bar = History(), ProgbarLogger()
    called = CallbackList([bar, history], add_history=True, add_progbar=True, model=model)
    assert called.callbacks == [bar, history]
    assert model.history is history


def test_appended_callbacks_get_model_params_and_batches(model):
    called = CallbackList(model=model, params={"epochs": 2})
    counter = BatchCounter()
    called.append(counter)
    called.on_train_batch_end(0, {"loss": 1.0})
    assert counter.model is model and counter.params == {"epochs": 2}
    assert counter.seen == [(0, {"loss": 1.0})]


def test_a_single_callback_and_nested_lists_are_taken():
    a, b = Callback(), Callback()
    assert CallbackList(a).callbacks == [a]
    assert CallbackList([a, (b,)]).callbacks == [a, b]


def test_the_users_list_is_left_alone(model):
    given = [EarlyStopping()]
    CallbackList(given, add_history=True, add_progbar=True, model=model)
    assert len(given) == 1


def print_loss(epoch, logs):
    """A function, not a callback."""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([EarlyStopping], r"callbacks\[0\] .* the class EarlyStopping; .* parentheses\? Write"),
        ([History(), dict], r"callbacks\[1\] .* the class dict; derive it from"),
        (EarlyStopping, r"callbacks expected an instance of Callback, got the class"),
        ([[print_loss]], r"callbacks\[0\]\[0\] .*LambdaCallback\(on_epoch_end=print_loss\)"),
        (["EarlyStopping"], r"the string 'EarlyStopping'; give an instance such as"),
        ({"a": History()}, r"callbacks expected an instance of Callback, got \{"),
        ([3], r"got 3 \(int\); give a list of callbacks"),
        ([None], r"callbacks\[0\] expected .* got None"),
        ([functools.partial(print_loss)], r"callbacks\[0\] expected an instance of Callback"),
    ],
)
def test_what_is_not_a_callback_is_named(given, message):
    with pytest.raises(TypeError, match=message):
        CallbackList(given)


def test_a_callback_of_another_library_is_named():
    class Foreign:
        def on_epoch_end(self, epoch, logs=None):
            pass

    with pytest.raises(TypeError, match="Foreign; derive its class from"):
        CallbackList([Foreign()])
