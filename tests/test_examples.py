"""The examples run as a user would run them, and show what they promise."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs an example, once, and gives what it prints and its folder."""
    done: dict[str, tuple[str, Path]] = {}

    def run_once(name: str) -> tuple[str, Path]:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            process = subprocess.run(
                [sys.executable, "-W", "error", ROOT / "examples" / f"{name}.py"],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=300,
            )
            assert process.returncode == 0, process.stderr
            assert process.stderr == ""
            done[name] = process.stdout, folder
        return done[name]

    return run_once


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs_without_a_warning_and_prints_no_terminal_codes(name, run):
    printed, _ = run(name)
    assert printed.strip()
    assert "\x1b" not in printed and "\r" not in printed  # it is not printing to a terminal


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_says_how_to_run_it(name):
    source = (ROOT / "examples" / f"{name}.py").read_text("utf-8")
    assert f"python examples/{name}.py" in source


def test_digits_are_recognised(run):
    printed, _ = run("digits")
    accuracy = re.search(r"Test accuracy: ([\d.]+)%", printed)
    assert accuracy is not None
    assert float(accuracy[1]) >= 97.0


def test_digits_shows_the_model_and_every_epoch(run):
    printed, _ = run("digits")
    assert "Total params" in printed
    assert re.search(r"Epoch +1/\d+", printed)
    assert "val_accuracy" in printed


def test_digits_draws_its_curves(run):
    _, folder = run("digits")
    picture = ElementTree.parse(folder / "digits.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_one_layer_cannot_learn_xor_and_two_layers_do_from_every_start(run):
    printed, _ = run("xor")
    assert "never more than 3 of 4" in printed
    assert "20 of 20 starts" in printed


@pytest.mark.parametrize(
    "numbers",
    [
        "0.57444252 0.66818777 0.75026011",  # sigmoid
        "0.31682708 0.69627909",  # output of the network 2-3-2-2
        "0.09003057 0.24472847 0.66524096",  # softmax
        "0.09750000",  # half the sum of squares
        "0.51082546",  # cross-entropy
        "2.30258409",
    ],
)
def test_three_layers_prints_the_textbook_numbers(numbers, run):
    printed, _ = run("three_layers")
    assert numbers in printed
