"""scikit-learn is loaded when it is used, and an error says which extra has it."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(root):
    def run(code):
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert process.returncode == 0, process.stderr
        return process.stdout.split()

    return run


def test_the_module_loads_without_scikit_learn(run):
    code = "import sys, minikeras.wrappers; print('sklearn' in sys.modules)"
    assert run(code) == ["False"]


def test_the_error_names_the_extra(run):
    code = """
import sys
sys.modules["sklearn"] = None  # importing it fails
from minikeras import wrappers
print(*wrappers.__all__)
try:
    wrappers.SKLearnClassifier
except ImportError as error:
    print("minikeras-numpy[sklearn]" in str(error))
"""
    names = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
    assert run(code) == [*names, "True"]
