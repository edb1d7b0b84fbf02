"""What holds for every registered callback: configuration, repr, unused hooks."""

import pytest

from minikeras import registry
from minikeras.callbacks import Callback, CallbackList

ARGUMENTS = {
    "BackupAndRestore": {"backup_dir": "backup"},
    "CSVLogger": {"filename": "log.csv"},
    "LearningRateScheduler": {"schedule": print},
    "ModelCheckpoint": {"filepath": "model.keras"},
}
REGISTERED = {
    k: v for k, v in registry.registered("callback").items() if "callbacks" in v.__module__
}


@pytest.fixture(params=sorted(REGISTERED))
def callback(request):
    return REGISTERED[request.param](**ARGUMENTS.get(request.param, {}))


def test_all_of_keras_names_are_there():
    assert set(REGISTERED) >= {
        "BackupAndRestore",
        "CSVLogger",
        "EarlyStopping",
        "History",
        "LambdaCallback",
        "LearningRateScheduler",
        "ModelCheckpoint",
        "ProgbarLogger",
        "ReduceLROnPlateau",
        "RemoteMonitor",
        "SwapEMAWeights",
        "TensorBoard",
        "TerminateOnNaN",
    }


def test_the_configuration_makes_an_equal_callback(callback):
    again = registry.deserialize(registry.serialize(callback), "callback")
    assert type(again) is type(callback)
    assert repr(again) == repr(callback)
    assert again.get_config() == callback.get_config()


def test_hooks_that_are_not_used_do_nothing(callback):
    called = CallbackList([callback])
    called.on_test_batch_begin(0)
    called.on_predict_batch_begin(0)
    called.close()
    called.close()


def test_it_is_a_callback(callback):
    assert isinstance(callback, Callback)
