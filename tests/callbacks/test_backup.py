"""Trainings that are killed and started again end as if nothing had happened."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras.callbacks import (
    BackupAndRestore,
    Callback,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    _plain,
)
from minikeras.data import PyDataset
from minikeras.layers import Dense, Dropout, Input
from minikeras.optimizers import SGD, Adam, AdamW, MultiOptimizer, OptimizerMap
from minikeras.optimizers.schedules import CosineDecay

RNG = np.random.default_rng(0)
X = RNG.standard_normal((22, 4)).astype("float32")
Y = (X[:, :1] * X[:, 1:2]).astype("float32")
STEPS, EPOCHS = 6, 4  # batches of 4


class PowerCut(BaseException):
    pass


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Do not wait for the disk in each of hundreds of backups."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


class Crash(Callback):
    """Raises after so many batches of all epochs."""

    def __init__(self, after):
        self._after = after

    def _state(self):
        return {}

    def on_train_batch_end(self, batch, logs=None):
        self._after -= 1
        if self._after == 0:
            raise PowerCut


def make_model(optimizer=None):
    minikeras.set_random_seed(3)
    model = minikeras.Sequential(
        [Input((4,)), Dense(8, "tanh"), Dropout(0.4), Dropout(0.2, seed=5), Dense(1)]
    )
    model.compile(optimizer or Adam(0.01), "mse", metrics=["mae"])
    return model


def train(*callbacks, x=X, y=Y, optimizer=None, **options):
    model = make_model(optimizer)
    options = {"batch_size": 4, "epochs": EPOCHS, "verbose": 0, **options}
    data = (x, y) if y is not None else (x(),)
    history = model.fit(*data, callbacks=list(callbacks), **options)
    return model, history


def assert_equal(one, two):
    for a, b in zip(one[0].get_weights(), two[0].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    a, b = one[0].optimizer.state(), two[0].optimizer.state()
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])
    assert one[1].history == two[1].history and one[1].epoch == two[1].epoch


def check(tmp_path, crashes, make=lambda: [], save_freq=1, **options):
    """Crash after each number of batches in turn, then train to the end."""
    options = {name: value() if name == "optimizer" else value for name, value in options.items()}
    optimizer = options.pop("optimizer", None)

    def again(*callbacks):
        copy = type(optimizer).from_config(optimizer.get_config()) if optimizer else None
        return train(*callbacks, *make(), optimizer=copy, **options)

    for crash in crashes:
        with pytest.raises(PowerCut):
            again(Crash(crash), BackupAndRestore(tmp_path / "backup", save_freq))
    ended = again(BackupAndRestore(tmp_path / "backup", save_freq))
    assert_equal(ended, again())
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("crash", [1, 2, 5, 6, 7, 12, 18, 23, 24])
def test_a_training_goes_on_after_any_batch(tmp_path, crash):
    check(tmp_path, [crash])


@pytest.mark.parametrize("save_freq", ["epoch", 2, 5, 6, 7])
@pytest.mark.parametrize("crashes", [[1], [8], [13, 1, 7]])
def test_a_training_goes_on_from_the_last_backup(tmp_path, crashes, save_freq):
    check(tmp_path, crashes, save_freq=save_freq)


def halve(epoch, rate):
    return rate * 0.5


class Noisy(Callback):
    """Draws from the global stream at moments of its own."""

    def on_epoch_begin(self, epoch, logs=None):
        minikeras.random.generator().random(3)

    def on_train_batch_begin(self, batch, logs=None):
        np.random.rand()  # noqa: NPY002


class Counting(Callback):
    def __init__(self):
        self.seen = {"batches": []}

    def on_train_batch_end(self, batch, logs=None):
        self.seen["batches"].append(batch)

    def on_epoch_end(self, epoch, logs=None):
        logs["seen"] = len(self.seen["batches"])


@pytest.mark.parametrize("crash", [3, 6, 10, 17])
@pytest.mark.parametrize(
    "make",
    [
        lambda: [LearningRateScheduler(halve)],
        lambda: [ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=0.01)],
        lambda: [EarlyStopping("mae", mode="min", restore_best_weights=True, patience=2)],
        lambda: [Noisy(), Counting()],
    ],
)
def test_the_other_callbacks_go_on_too(tmp_path, crash, make):
    check(tmp_path, [crash], make)


@pytest.mark.parametrize("crash", [7, 14])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: SGD(CosineDecay(0.1, 20), momentum=0.9),
        lambda: AdamW(0.01, use_ema=True, gradient_accumulation_steps=4),
        lambda: MultiOptimizer(OptimizerMap(SGD(0.1), {".*kernel": Adam(0.01)})),
        lambda: SGD(0.1, gradient="numerical"),
    ],
    ids=["schedule", "average", "several", "numerical"],
)
def test_every_optimizer_goes_on(tmp_path, crash, optimizer):
    check(tmp_path, [crash], optimizer=optimizer)


def draw():
    """Batches that depend on NumPy's global state."""
    while True:
        rows = np.random.permutation(len(X))[:4]  # noqa: NPY002
        yield X[rows], Y[rows]


def once():
    for k in range(3, 3 + STEPS * EPOCHS):
        yield X[k % 9 :][:4], Y[k % 9 :][:4]


class Augmented(PyDataset):
    num_batches = 5

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(5)

    def __getitem__(self, index):
        rows = slice(4 * index, 4 * index + 4)
        return X[rows] + 0.1 * self.rng.standard_normal((4, 4), "f"), Y[rows]


@pytest.mark.filterwarnings("ignore:the data ran out")
@pytest.mark.parametrize("crash", [1, 4, 8, 9])
@pytest.mark.parametrize(
    "options",
    [
        {"steps_per_epoch": 4},
        {"shuffle": "batch"},
        {"shuffle": False, "validation_split": 0.2},
        {"x": draw, "y": None, "steps_per_epoch": 5},
        {"x": once, "y": None, "steps_per_epoch": 5},
        {"x": Augmented, "y": None},
        {"x": Augmented, "y": None, "steps_per_epoch": 4, "shuffle": False},
        {"x": lambda: [(X[:4], Y[:4]), (X[4:], Y[4:])], "y": None, "epochs": 8},
    ],
    ids=lambda options: "-".join(options) + getattr(options.get("x"), "__name__", ""),
)
def test_the_data_go_on_where_they_were(tmp_path, crash, options):
    check(tmp_path, [crash], **options)


@pytest.mark.filterwarnings("ignore:the data ran out")
def test_a_generator_that_has_ended_stays_so(tmp_path):
    check(tmp_path, [STEPS * EPOCHS], x=once, y=None, save_freq=STEPS * EPOCHS)


class OwnStep(minikeras.Model):
    """A custom step with an optimizer and a metric of its own."""

    def __init__(self):
        super().__init__()
        self.dense, self.drop, self.out = Dense(6, "tanh"), Dropout(0.3), Dense(1)
        self.second = SGD(0.05, momentum=0.9)
        self.largest = minikeras.metrics.Mean(name="largest")

    def forward(self, x, training=False):
        return self.out(self.drop(self.dense(x), training=training))

    def train_step(self, data):
        x, y = data
        with minikeras.GradientTape() as tape:
            loss = np.mean((self(x, training=True) - y) ** 2)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply(gradients[:2], variables[:2])
        self.second.apply(gradients[2:], variables[2:])
        self.largest.update_state(float(loss))
        return {"loss": float(loss), "largest": self.largest.result()}


@pytest.mark.parametrize("crash", [6, 9])
def test_a_model_with_a_step_of_its_own_goes_on(tmp_path, crash):
    def run(*callbacks):
        minikeras.set_random_seed(1)
        model = OwnStep()
        model.build((None, 4))
        model.compile(Adam(0.01), loss="mse")
        return model, model.fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=list(callbacks))

    with pytest.raises(PowerCut):
        run(BackupAndRestore(tmp_path / "b", save_freq=1), Crash(crash))
    assert_equal(run(BackupAndRestore(tmp_path / "b", save_freq=1)), run())


def test_a_training_that_was_to_stop_does_not_go_on(tmp_path):
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    class Fail(Callback):
        def on_train_end(self, logs=None):
            raise PowerCut

    with pytest.raises(PowerCut):
        train(BackupAndRestore(tmp_path), Stop(), Fail())
    model, history = train(BackupAndRestore(tmp_path), Stop())
    assert history.epoch == [0, 1]
    assert_equal((model, history), train(Stop()))


def test_without_a_backup_nothing_changes(tmp_path):
    assert_equal(train(BackupAndRestore(tmp_path / "a" / "b")), train())
    assert (tmp_path / "a").exists() and not (tmp_path / "a" / "b").exists()


def test_a_kept_backup_is_the_end_of_the_training(tmp_path):
    first = train(BackupAndRestore(tmp_path, delete_checkpoint=False))
    second = train(BackupAndRestore(tmp_path, delete_checkpoint=False))
    assert_equal(first, second)
    longer = train(BackupAndRestore(tmp_path), epochs=EPOCHS + 2)
    assert_equal(longer, train(epochs=EPOCHS + 2))


def crashed(folder, **options):
    with pytest.raises(PowerCut):
        train(BackupAndRestore(folder, **options), Crash(15))
    return folder / "latest.npz"


@pytest.mark.parametrize("length", [0, 10, 1000, -10])
def test_a_damaged_backup_is_named(tmp_path, length):
    file = crashed(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"latest.npz is damaged or no backup"):
        train(BackupAndRestore(tmp_path))


def change(file, part, value):
    """Write another value into a backup; None takes it out."""
    saved = _plain.read(file)
    *way, last = part.split(".")
    holder = saved
    for name in way:
        holder = holder[name]
    holder.pop(last)
    if value is not None:
        holder[last] = value
    _plain.write(file, saved)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("epoch", None),
        ("epoch", "2"),
        ("done", -1),
        ("model", None),
        ("model", [1]),
        ("model.weights", ["a", "b"]),
        ("model.optimizers", [1]),
        ("model.metrics", {"a": 1}),
        ("callbacks", [("History", 3)]),
        ("random", {}),
    ],
)
def test_a_backup_of_another_form_is_named(tmp_path, part, value):
    file = crashed(tmp_path)
    change(file, part, value)
    with pytest.raises(ValueError, match=r"latest.npz is damaged"):
        train(BackupAndRestore(tmp_path))


def test_a_backup_does_not_say_where_other_callbacks_write(tmp_path):
    def callbacks():
        return ModelCheckpoint(tmp_path / "mine.keras"), BackupAndRestore(tmp_path / "b")

    with pytest.raises(PowerCut):
        train(*callbacks(), Crash(15))
    hostile = {"filepath": str(tmp_path / "theirs.keras"), "_model": 3, "on_epoch_end": "x"}
    change(tmp_path / "b" / "latest.npz", "callbacks", [("ModelCheckpoint", hostile)])
    (tmp_path / "mine.keras").unlink()
    train(*callbacks())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.keras"]


def test_the_backup_before_takes_the_place_of_a_damaged_one(tmp_path):
    file = crashed(tmp_path, double_checkpoint=True)
    assert (tmp_path / "previous.npz").exists()
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="going on from .*previous.npz"):
        found = train(BackupAndRestore(tmp_path, double_checkpoint=True))
    assert_equal(found, train())
    assert not list(tmp_path.glob("*"))


def test_a_backup_that_was_about_to_be_replaced_is_found(tmp_path):
    file = crashed(tmp_path)
    os.replace(file, tmp_path / "previous.npz")
    assert_equal(train(BackupAndRestore(tmp_path)), train())


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense(8), Dense(1)], "holds 3 random generators, the model and its data have 1"),
        ([Dense(3), Dropout(0.1), Dropout(0.1), Dense(1)], r"shape \(4, 8\) for .*has \(4, 3\)"),
        ([Dropout(0.1), Dropout(0.1), Dense(1)], "holds 4 weights, the model has 2"),
    ],
)
def test_the_backup_of_another_model_is_refused(tmp_path, layers, message):
    crashed(tmp_path)
    model = minikeras.Sequential([Input((4,)), *layers])
    model.compile(Adam(0.01), "mse", metrics=["mae"])
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert "delete the folder to begin anew" in caught.value.__notes__[0]


def test_a_model_that_is_not_built_is_asked_to_be(tmp_path):
    crashed(tmp_path)
    model = minikeras.Sequential([Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="the model is not built yet"):
        model.fit([(X, Y)], verbose=0, callbacks=[BackupAndRestore(tmp_path)])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"backup_dir": ""}, ValueError, "backup_dir must name a folder"),
        ({"backup_dir": "b", "save_freq": "batch"}, ValueError, "'epoch' or a number of batches"),
        ({"backup_dir": "b", "save_freq": 0}, ValueError, "save_freq"),
        ({"backup_dir": "b", "save_freq": 1.5}, TypeError, "save_freq"),
    ],
)
def test_wrong_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        BackupAndRestore(**options)


SCRIPT = """
import os, signal, sys
import numpy as np
import minikeras
from minikeras.callbacks import BackupAndRestore, LambdaCallback
from minikeras.layers import Dense, Dropout, Input

folder, kill = sys.argv[1], int(sys.argv[2])
minikeras.set_random_seed(7)
x = np.random.default_rng(0).standard_normal((50, 6))
model = minikeras.Sequential([Input((6,)), Dense(16, "relu"), Dropout(0.5), Dense(2)])
model.compile("adam", "mse")
batches = []

def strike(batch, logs):
    batches.append(batch)
    if len(batches) == kill:
        os.kill(os.getpid(), signal.SIGKILL)

callbacks = [LambdaCallback(on_train_batch_end=strike)]
if folder:
    callbacks.append(BackupAndRestore(folder, save_freq=3))
model.fit(x, x[:, :2], batch_size=8, epochs=5, verbose=0, callbacks=callbacks)
sys.stdout.write(b"".join(w.tobytes() for w in model.get_weights()).hex())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")
def test_a_process_killed_at_any_batch_and_started_again_ends_with_the_same_bits(tmp_path):
    def run(folder, kill):
        environment = {**os.environ, "PYTHONPATH": str(Path(minikeras.__file__).parents[1])}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, str(folder), str(kill)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    for kill in (2, 10, 14):
        assert run(tmp_path / "backup", kill).returncode == -signal.SIGKILL
    ended, whole = run(tmp_path / "backup", 0), run("", 0)
    assert ended.returncode == whole.returncode == 0, ended.stderr
    assert ended.stdout == whole.stdout != ""
