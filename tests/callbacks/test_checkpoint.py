"""Saving the model while it trains."""

import os

import numpy as np
import pytest

import minikeras
from minikeras.callbacks import CallbackList, ModelCheckpoint
from minikeras.layers import Dense, Input

X = np.random.default_rng(0).standard_normal((8, 2))


@pytest.fixture
def saved(model):
    """The files that the model was asked to write, as (method, path)."""
    calls = []

    def note(method):
        def save(path, overwrite=True):
            assert overwrite
            calls.append((method, path))

        return save

    model.save, model.save_weights = note("save"), note("save_weights")
    return calls


def paths(saved):
    return [path for _, path in saved]


def test_the_model_is_saved_after_every_epoch(run, saved, losses):
    run(ModelCheckpoint("m.keras"), losses(1.0, 2.0, 0.5))
    assert saved == [("save", "m.keras")] * 3


def test_weights_are_saved_alone(run, saved, losses):
    run(ModelCheckpoint("m.weights.h5", save_weights_only=True), losses(1.0))
    assert saved == [("save_weights", "m.weights.h5")]


def test_only_the_best_is_saved(run, saved, losses):
    run(ModelCheckpoint("{epoch}.keras", save_best_only=True), losses(1.0, 2.0, 0.5, 0.5))
    assert paths(saved) == ["1.keras", "3.keras"]


def test_higher_is_better_for_an_accuracy(run, saved):
    epochs = [{"val_accuracy": value} for value in (0.5, 0.4, 0.6)]
    run(ModelCheckpoint("{epoch}.keras", "val_accuracy", save_best_only=True), epochs)
    assert paths(saved) == ["1.keras", "3.keras"]


def test_the_mode_says_what_is_better(run, saved):
    epochs = [{"size": value} for value in (0.5, 0.4, 0.6)]
    save = ModelCheckpoint("{epoch}.keras", "size", save_best_only=True, mode="min")
    run(save, epochs)
    assert paths(saved) == ["1.keras", "2.keras"] and save.best == 0.4


def test_a_threshold_is_to_be_beaten_first(run, saved, losses):
    save = ModelCheckpoint("{epoch}.keras", save_best_only=True, initial_value_threshold=0.75)
    run(save, losses(1.0, 0.5, 0.6))
    assert paths(saved) == ["2.keras"]


def test_the_best_of_an_earlier_training_counts(run, saved, losses):
    save = ModelCheckpoint("{epoch}.keras", save_best_only=True)
    run(save, losses(0.5))
    run(save, losses(1.0, 0.25))
    assert paths(saved) == ["1.keras", "2.keras"]


def test_the_name_is_made_of_epoch_and_logs(run, saved, losses):
    run(ModelCheckpoint("{epoch:02d}-{val_loss:.2f}.keras"), losses(1.0, 2.0))
    assert paths(saved) == ["01-1.00.keras", "02-2.00.keras"]


def test_it_saves_after_every_so_many_batches_of_all_epochs(run, saved, losses):
    run(ModelCheckpoint("{epoch}-{batch}.keras", save_freq=4), losses(1.0, 2.0, 0.5), steps=3)
    assert paths(saved) == ["2-1.keras", "3-2.keras"]


def test_batches_cost_nothing_when_epochs_are_saved():
    listed = CallbackList([ModelCheckpoint("m.keras")])
    listed.on_train_batch_end(0, lambda: pytest.fail("logs were computed"))


def test_a_missing_metric_is_a_warning_and_the_model_is_saved(run, saved):
    with pytest.warns(UserWarning, match="monitors 'val_loss', which is not there, and saves in"):
        run(ModelCheckpoint("m.keras", save_best_only=True), [{"loss": 1.0}] * 2)
    assert len(saved) == 2


def test_what_it_does_is_told(run, saved, losses, capsys):
    run(ModelCheckpoint("m.keras", save_best_only=True, verbose=1), losses(1.0, 2.0, 0.5))
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: saved m.keras",
        "Epoch 2: val_loss is not better than 1.00000",
        "Epoch 3: val_loss went from 1.00000 to 0.50000",
        "Epoch 3: saved m.keras",
    ]


def test_folders_are_made_and_weights_can_be_loaded(tmp_path):
    minikeras.set_random_seed(0)
    model = minikeras.Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    kept = []
    keep = minikeras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: kept.append(model.get_weights())
    )
    save = ModelCheckpoint(tmp_path / "a" / "b" / "{epoch}.npz", save_weights_only=True)
    model.fit(X, X[:, :1], epochs=3, verbose=0, callbacks=[save, keep])
    model.load_weights(tmp_path / "a" / "b" / "2.npz")
    for one, two in zip(model.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_name_that_the_logs_lack_is_named(run, saved, losses):
    with pytest.raises(ValueError, match="names 'val_mae', which is not there; available: epoch"):
        run(ModelCheckpoint("{val_mae}.keras"), losses(1.0))


def compiled(**options):
    model = minikeras.Sequential([Input((2,)), Dense(1, **options)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def fit(model, *callbacks, **options):
    before = model.get_weights()
    try:
        model.fit(X, X[:, :1], verbose=0, callbacks=list(callbacks), **options)
    except Exception:
        for one, two in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)  # it was noticed before training
        raise


def test_a_name_that_no_log_will_have_is_refused_before_training(tmp_path):
    save = ModelCheckpoint(tmp_path / "{val_los:.2f}.keras")
    with pytest.raises(ValueError, match="'val_los', which will not be .* did you mean 'val_loss'"):
        fit(compiled(), save, validation_split=0.5)
    assert list(tmp_path.iterdir()) == []


def test_names_that_logs_may_have_are_accepted(tmp_path):
    save = ModelCheckpoint(tmp_path / "{epoch}-{val_mae:.2f}-{learning_rate:.1f}.keras")
    rate = minikeras.callbacks.LearningRateScheduler(lambda epoch: 0.1)
    fit(compiled(), rate, save, validation_split=0.5)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_callback_may_add_a_name(tmp_path):
    add = minikeras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(mine=2.0))
    fit(compiled(), add, ModelCheckpoint(tmp_path / "{mine:.0f}.keras"))
    assert [path.name for path in tmp_path.iterdir()] == ["2.keras"]


NO_VALIDATION = {
    "none": ({}, {}),
    "none, weights": ({}, {"save_weights_only": True}),
    "every second epoch": ({"validation_split": 0.5, "validation_freq": 2}, {}),
    "some epochs": ({"validation_split": 0.5, "validation_freq": [1, 3]}, {}),
    "batches are saved": ({"validation_split": 0.5}, {"save_freq": 2}),
}


@pytest.mark.parametrize("case", NO_VALIDATION)
def test_a_name_of_validation_is_refused_before_training_without_it(tmp_path, case):
    options, arguments = NO_VALIDATION[case]
    ending = "weights.h5" if "save_weights_only" in arguments else "keras"
    save = ModelCheckpoint(tmp_path / f"m-{{val_loss:.2f}}.{ending}", **arguments)
    with pytest.raises(ValueError, match="names 'val_loss', .* only after a validation; .*'loss'"):
        fit(compiled(), save, epochs=4, **options)
    assert list(tmp_path.iterdir()) == []


def test_missing_validation_is_noticed_before_a_generator_gives_a_batch(tmp_path):
    def batches():
        pytest.fail("a batch was read")
        yield

    model = compiled()
    with pytest.raises(ValueError, match="give fit validation_data"):
        model.fit(batches(), verbose=0, callbacks=ModelCheckpoint(tmp_path / "{val_loss}.keras"))


def test_all_epochs_that_are_run_may_be_the_validated_ones(tmp_path):
    save = ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.0f}.keras")
    frequency = {"validation_freq": [3, 4], "initial_epoch": 2, "epochs": 4}
    fit(compiled(kernel_initializer="zeros"), save, validation_data=(X, 0 * X[:, :1]), **frequency)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3-0.keras", "4-0.keras"]


def test_another_callback_may_add_what_validation_would(tmp_path):
    class Mine(minikeras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = 2.0

    fit(compiled(), Mine(), ModelCheckpoint(tmp_path / "{val_loss:.0f}.keras"))
    assert [path.name for path in tmp_path.iterdir()] == ["2.keras"]


def test_a_step_of_ones_own_may_show_what_it_likes(tmp_path):
    class Mine(minikeras.Sequential):
        def train_step(self, data):
            return {**super().train_step(data), "mine": 3.0}

    model = Mine([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    save = ModelCheckpoint(tmp_path / "{mine:.0f}.npz", save_weights_only=True)
    fit(model, save)
    assert [path.name for path in tmp_path.iterdir()] == ["3.npz"]


def test_a_model_that_no_file_can_hold_is_refused_before_training(tmp_path):
    model = compiled(kernel_constraint=np.positive)
    with pytest.raises(TypeError, match="a file cannot hold"):
        fit(model, ModelCheckpoint(tmp_path / "m.keras"))
    fit(model, ModelCheckpoint(tmp_path / "m.npz", "loss", save_weights_only=True))


def test_a_model_that_saves_itself_in_its_own_way_may_hold_anything(tmp_path):
    class Mine(minikeras.Sequential):
        def save(self, filepath, overwrite=True):
            np.save(filepath, self.get_weights()[0])

    model = Mine([Input((2,)), Dense(1, kernel_constraint=np.positive)])
    model.compile("sgd", "mse")
    fit(model, ModelCheckpoint(tmp_path / "m.keras"))
    assert (tmp_path / "m.keras.npy").exists()


def test_a_place_where_nothing_can_be_written_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        fit(compiled(), ModelCheckpoint(tmp_path / "file" / "m.keras"))
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="m.keras' is a folder"):
        fit(compiled(), ModelCheckpoint(tmp_path / "m.keras"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused_before_training(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        fit(compiled(), ModelCheckpoint(tmp_path / "m.keras"))


def test_a_folder_in_the_way_is_named(run, saved, losses, tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="m.keras' is a folder"):
        run(ModelCheckpoint(tmp_path / "m.keras"), losses(1.0))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"filepath": "m"}, ValueError, r"must end in .keras to save .* write 'm.keras'"),
        ({"filepath": "m.h5"}, ValueError, r"the whole model, got 'm.h5'; write 'm.keras'"),
        ({"filepath": "m.npz"}, ValueError, "to save the whole model"),
        ({"filepath": "m.keras", "save_weights_only": True}, ValueError, "to save weights"),
        ({"filepath": "{epoch.keras"}, ValueError, "is no format"),
        ({"filepath": "{}.keras"}, ValueError, "is no format: Replacement index 0"),
        ({"filepath": "{loss:d}.keras"}, ValueError, "is no format: Unknown format code 'd'"),
        ({"filepath": "{epoch:.2q}.keras"}, ValueError, "is no format"),
        ({"filepath": "{epoch.name}.keras"}, ValueError, "is no format"),
        ({"filepath": "{batch}.keras"}, ValueError, "'batch', which is there if save_freq is"),
        ({"filepath": "m.keras", "save_freq": "batch"}, ValueError, "save_freq must be 'epoch'"),
        ({"filepath": "m.keras", "save_freq": 0}, ValueError, "save_freq"),
        ({"filepath": "m.keras", "mode": "maximum"}, ValueError, "mode"),
    ],
)
def test_wrong_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        ModelCheckpoint(**options)
