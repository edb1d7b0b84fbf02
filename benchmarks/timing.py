"""What the benchmarks share: running contestants in turn, and saying where they ran."""

import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import statistics
import time

# Other libraries by the names of the tables, and the modules and packages that must be there.
LIBRARIES = {
    "scikit-learn": ("sklearn",),
    "torch": ("torch",),
    "Keras (jax)": ("keras", "jax"),
}


def installed():
    """Return the names of the other libraries that are installed."""
    found = importlib.util.find_spec
    return [who for who, modules in LIBRARIES.items() if all(map(found, modules))]


def in_turn(contestants, rounds, before=None):
    """Run each contestant once a round; return the median seconds of each.

    Parameters
    ----------
    contestants : dict
        Functions by name.
    rounds : int
    before : callable, optional
        Called before each run, outside of its time.
    """
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            if before is not None:
                before()
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def machine():
    """Return where the benchmarks run: date, processor, system, versions."""
    cpu = platform.processor() or platform.machine()
    if pathlib.Path("/proc/cpuinfo").exists():
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    versions = {}
    for package in ("numpy", "scikit-learn", "torch", "keras", "jax", "safetensors"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": cpu,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }
