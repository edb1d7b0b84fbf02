"""Fixtures of the unit tests."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers for every test that asks."""
    return np.random.default_rng(0)


_FIRST: dict[str, Any] = {}  # module -> state of its RNG before any test


@pytest.fixture(autouse=True)
def _same_numbers(request: pytest.FixtureRequest) -> None:
    """Give each test the same numbers of its module's ``RNG``, whatever ran before."""
    rng = getattr(request.module, "RNG", None)
    if rng is not None:
        state = _FIRST.setdefault(request.module.__name__, rng.bit_generator.state)
        rng.bit_generator.state = state


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def in_fresh_python(root: Path) -> Callable[[str], list[str]]:
    """Run code in a new interpreter, warnings being errors; gives the words it prints."""

    def run(code: str) -> list[str]:
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        assert process.stderr == ""
        return process.stdout.split()

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files too large for the repository: ``mnist/t10k-images-idx3-ubyte.gz`` and others."""
    folder = Path(os.environ.get("MINIKERAS_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}; name one in MINIKERAS_SHARED_DATA")
    return folder
