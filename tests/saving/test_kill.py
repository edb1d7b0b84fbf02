"""A process that is killed while it saves leaves the old file or the new one, whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 50

# Saves one model after the other, all of whose numbers are the same; is killed; and again.
SCRIPT = """
import os, random, signal, sys, time, warnings
import numpy as np
import minikeras
from minikeras import layers, saving

warnings.simplefilter("ignore")
path, kills = sys.argv[1], int(sys.argv[2])
model = minikeras.Sequential([minikeras.Input((100,)), layers.Dense(300), layers.Dense(100)])
model.compile("sgd", "mse")
whole = path.endswith(".keras")

def fill(number):
    for weight in model.weights:
        weight.assign(np.full(weight.shape, number))

def load():
    fill(-1)
    loaded = saving.load_model(path) if whole else model
    if not whole:
        model.load_weights(path)
    numbers = {float(n) for weight in loaded.weights for n in np.unique(weight.numpy())}
    assert len(numbers) == 1, numbers
    return numbers.pop()

def save_on_and_on(number):
    while True:
        number += 1
        fill(number)
        (model.save if whole else model.save_weights)(path)

fill(0)
begun = time.perf_counter()
(model.save if whole else model.save_weights)(path)
patience = 0.03 + time.perf_counter() - begun  # a child gets to save also where disks are slow
random.seed(0)
last, inside, tries = 0, 0, 0
# On a busy machine 50 children may all die before their first save, or all between two of them.
while tries < kills or (not (last and inside) and tries < 10 * kills):
    tries += 1
    child = os.fork()
    if child == 0:
        save_on_and_on(last)
    time.sleep(random.uniform(0.001, patience))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    now = load()
    assert now >= last, (now, last)
    last = now
    left = [name for name in os.listdir(os.path.dirname(path)) if name != os.path.basename(path)]
    inside += bool(left)
    for name in left:
        os.unlink(os.path.join(os.path.dirname(path), name))
print(int(last), inside)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.parametrize("name", ["m.npz", "m.safetensors", "m.weights.h5", "m.keras"])
def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path, name):
    root = str(Path(__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / name), str(KILLS)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert run.returncode == 0, run.stderr
    saved, killed_while_writing = map(int, run.stdout.split())
    assert saved > 0 and killed_while_writing > 0
