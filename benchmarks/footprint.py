"""What a library costs before it computes anything: size, time to import, time to an answer.

    python benchmarks/footprint.py

Each is imported in fresh processes, in turn; the figures are medians over the rounds. The size is
that of the package and of everything that it requires, without compiled ``.pyc`` files.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

from timing import installed

import minikeras

# How each is imported, and the first prediction of a layer with 4 inputs and 3 outputs.
PROGRAMS = {
    "NumPy alone": ("import numpy", "numpy.zeros((1, 4)) @ numpy.zeros((4, 3))"),
    "minikeras": (
        "import minikeras",
        "minikeras.Sequential([minikeras.Input((4,)), minikeras.layers.Dense(3)])"
        ".predict([[0, 0, 0, 0]], verbose=0)",
    ),
    "scikit-learn": (
        "from sklearn.neural_network import MLPRegressor",
        "MLPRegressor(hidden_layer_sizes=(1,))"
        ".partial_fit([[0.0] * 4] * 2, [[0.0] * 3] * 2).predict([[0.0] * 4])",
    ),
    "torch": ("import torch", "torch.nn.Linear(4, 3)(torch.zeros((1, 4)))"),
    "Keras (jax)": (
        "import keras",
        "import numpy; keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])"
        ".predict(numpy.zeros((1, 4)), verbose=0)",
    ),
}
PACKAGES = {
    "NumPy alone": ["numpy"],
    "minikeras": ["minikeras-numpy"],
    "scikit-learn": ["scikit-learn"],
    "torch": ["torch"],
    "Keras (jax)": ["keras", "jax"],
}
# Peak memory from the system: on Linux, ru_maxrss begins with that of the process that started it.
MEASURE = """
import json, os, pathlib, time
start = time.perf_counter()
{0}
imported = time.perf_counter() - start
{1}
answered = time.perf_counter() - start
status = pathlib.Path("/proc/self/status")
peak = 0
if status.exists():
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    peak = int(lines["VmHWM"].split()[0]) * 1024
print(json.dumps([imported, answered, peak]))
"""


def required(packages):
    """Return the names of installed packages that ``packages`` need, with themselves."""
    found, left = {}, list(packages)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system or version of Python
        for requirement in found[name].requires or []:
            condition = requirement.partition(";")[2]
            if "extra" not in condition:
                left.append(re.match(r"[\w.-]+", requirement)[0])
    return found


def size_of(packages):
    """Return bytes and number of packages that ``packages`` bring, with all that they need."""
    total, found = 0, required(packages)
    for name, distribution in found.items():
        if name == "minikeras-numpy":  # from a checkout it is linked, not copied
            files = pathlib.Path(minikeras.__file__).parent.rglob("*")
        else:
            files = [distribution.locate_file(file) for file in distribution.files or []]
        for file in map(pathlib.Path, files):
            if file.is_file() and file.suffix != ".pyc":
                total += file.stat().st_size
    return total, len(found)


def rows(smoke=False, peers=True):
    """Return a row for each library: seconds, bytes of memory and of disk, number of packages."""
    names = ["NumPy alone", "minikeras", *(installed() if peers else [])]
    times = {name: [] for name in names}
    environment = os.environ | {
        "PYTHONPATH": str(pathlib.Path(minikeras.__file__).parents[1]),
        "KERAS_BACKEND": "jax",
        "PYTHONWARNINGS": "ignore",
    }
    for turn in range(1 if smoke else 8):
        for name in names:
            done = subprocess.run(
                [sys.executable, "-c", MEASURE.format(*PROGRAMS[name])],
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise RuntimeError(f"the program of {name} failed:\n{done.stderr}")
            if turn or smoke:  # the first one reads the files from the disk
                times[name].append(json.loads(done.stdout.splitlines()[-1]))
    found = []
    for name in names:
        imported, answered, memory = map(statistics.median, zip(*times[name]))
        size, count = size_of(PACKAGES[name])
        found.append(
            {
                "name": name,
                "import": imported,
                "answer": answered,
                "memory": memory,
                "size": size,
                "packages": count,
            }
        )
    return found


if __name__ == "__main__":
    for row in rows():
        print(
            f"{row['name']:13} import {row['import']:.3f} s, first answer {row['answer']:.3f} s, "
            f"{row['memory'] / 2**20:.0f} MB of memory, {row['size'] / 2**20:.1f} MB on disk in "
            f"{row['packages']} packages"
        )
