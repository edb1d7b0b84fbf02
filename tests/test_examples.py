"""The examples run as a user would run them, and show what they promise."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(
    path.relative_to(ROOT / "examples").with_suffix("").as_posix()
    for path in (ROOT / "examples").rglob("*.py")
)
KERAS_STYLE = [name for name in EXAMPLES if name.startswith("keras_style/")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs an example, once, and gives what it prints and its folder."""
    done: dict[str, tuple[str, Path]] = {}

    def run_once(name: str) -> tuple[str, Path]:
        if name not in done:
            folder = tmp_path_factory.mktemp(name.replace("/", "_"))
            process = subprocess.run(
                [sys.executable, "-W", "error", ROOT / "examples" / f"{name}.py"],
                cwd=folder,
                env=os.environ
                | {
                    "PYTHONPATH": str(ROOT),
                    "PYTHONIOENCODING": "utf-8",
                    "OPENBLAS_NUM_THREADS": "1",  # faster for such sizes, and the same everywhere
                },
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


def test_spiral_needs_hidden_layers(run):
    printed, folder = run("spiral")
    one, three = map(float, re.findall(r"([\d.]+)% right", printed))
    assert one < 60 < 95 < three
    assert sorted(path.name for path in folder.iterdir()) == [
        "spiral-one-layer.svg",
        "spiral-three-layers.svg",
    ]


def test_momentum_gets_further_along_the_valley_than_plain_descent(run):
    printed, folder = run("descent")
    loss = {name: float(value) for name, value in re.findall(r"(\w+) .*loss ([\d.]+)", printed)}
    assert loss["momentum"] < loss["sgd"] / 5
    assert loss["momentum"] < loss["adam"] / 5
    assert len(list(folder.glob("descent-*.svg"))) == 3


def test_filters_are_those_of_a_network_that_reads_digits(run):
    printed, folder = run("filters")
    assert float(re.search(r"Test accuracy ([\d.]+)%", printed)[1]) > 95
    assert len(list(folder.glob("filters*.svg"))) == 3


def test_signals_vanish_saturate_or_pass(run):
    printed, _ = run("vanishing")
    seen = {
        name: (float(deviation), int(stuck))
        for name, deviation, stuck in re.findall(r"(\w+) .*: ([\de.+-]+), (\d+)% stuck", printed)
    }
    assert seen["small"][0] < 1e-6
    assert seen["large"][1] > 50
    assert seen["glorot"][0] > 0.1 and seen["glorot"][1] == 0


def test_glass_box_prints_every_number_of_a_step(run):
    printed, _ = run("glass_box")
    assert "0.06954184" in printed  # 0.1 + 0.5 h1 - 0.7 h2 + 0.2 h3
    assert float(re.search(r"kinds of gradient: (\S+)", printed)[1]) < 1e-9
    before, after = map(
        float, re.search(r"before the step ([\d.]+), after it ([\d.]+)", printed).groups()
    )
    assert after < before


# Scripts in Keras's style: what the last line says, number by number, and between which bounds.

LEARNT = {
    "adding_numbers": [(r"numbers are ([\d.]+) off", 0.0, 1.5), (r"ten ([\d.]+)", 0.0, 0.2)],
    "autoencoder": [(r"noisy pictures ([\d.]+)", 0.03, 0.05), (r"ones ([\d.]+)", 0.0, 0.03)],
    "convnet": [(r"Test accuracy ([\d.]+)%", 94.0, 100.0)],
    "custom_loop": [(r"540 steps, test accuracy ([\d.]+)%", 95.0, 100.0)],
    "custom_rnn_cell": [(r"Squared error ([\d.]+)", 0.0, 0.02), (r"mean ([\d.]+)", 0.15, 0.2)],
    "custom_train_step": [(r"error ([\d.]+)", 0.0, 0.1)],
    "gan": [(r"is ([\d.]+)% sure", 65.0, 100.0), (r"pictures, ([\d.]+)% before", 0.0, 64.0)],
    "nested_blocks": [(r"Accuracy ([\d.]+)%", 92.0, 100.0)],
    "sequential": [(r"test accuracy ([\d.]+)%", 95.0, 100.0)],
    "structured_data": [(r"Accuracy ([\d.]+)%", 79.0, 90.0), (r"curve ([\d.]+)", 0.89, 1.0)],
    "text_transformer": [(r"new texts ([\d.]+)%", 95.0, 100.0)],
    "timeseries": [(r"([\d.]+) with LSTM", 1.3, 2.2), (r"([\d.]+) with Conv1D", 1.3, 2.2)],
    "transfer_learning": [
        (r"pictures: ([\d.]+)%", 90.0, 100.0),
        (r"layers, ([\d.]+)%", 90.0, 100.0),
    ],
    "two_inputs_two_outputs": [(r"not: ([\d.]+)%", 92.0, 100.0), (r"sum is ([\d.]+)", 0.0, 1.6)],
    "vae": [(r"is in ([\d.]+)% of", 55.0, 100.0)],
    "with_callbacks": [(r"Validation accuracy ([\d.]+)%", 88.0, 100.0)],
}


@pytest.mark.parametrize("name", KERAS_STYLE)
def test_keras_style_script_ends_with_figures_that_show_what_was_learnt(name, run):
    printed, _ = run(name)
    last = printed.splitlines()[-1]
    for pattern, least, most in LEARNT[name.removeprefix("keras_style/")]:
        figure = re.search(pattern, last)
        assert figure is not None, last
        assert least <= float(figure[1]) <= most, last


@pytest.mark.parametrize("name", KERAS_STYLE)
def test_keras_style_script_names_minikeras_in_its_imports_alone(name):
    source = (ROOT / "examples" / f"{name}.py").read_text("utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree)
    assert "import minikeras as keras\n" in source
    rest = re.sub(r"^(import|from) minikeras.*$", "", source, flags=re.MULTILINE)
    assert "minikeras" not in rest.replace(ast.get_docstring(tree, clean=False), "")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("adding_numbers", "More padding changes nothing: True"),
        ("nested_blocks", "Layers inside: ['dense', 'block_1', 'block_2', 'sparse', 'dense_5']"),
        ("structured_data", "A word that is not among them has the number 0"),
        ("text_transformer", "  The song was not awful, it was long. -> yes"),
        ("text_transformer", "  It was not long, the song was awful. -> no"),
        ("transfer_learning", "The frozen layers are as they were: True"),
        ("transfer_learning", "Batch normalization kept its statistics: True"),
        ("with_callbacks", "The file holds the restored weights: True"),
    ],
)
def test_keras_style_script_prints(name, line, run):
    printed, _ = run(f"keras_style/{name}")
    assert line in printed.splitlines()


def test_training_stops_early_in_the_script_on_callbacks(run):
    printed, _ = run("keras_style/with_callbacks")
    epochs, batches = re.search(
        r"Stopped after (\d+) of 300 epochs, (\d+) batches", printed
    ).groups()
    assert 25 < int(epochs) < 300
    assert int(batches) == 10 * int(epochs)


def test_the_generator_draws_every_digit(run):
    printed, _ = run("keras_style/gan")
    shares = re.search(r"Shares of the digits 0 to 9: \[(.*)\]", printed)[1].split()
    assert len(shares) == 10
    assert sum(float(share) > 0.01 for share in shares) >= 8


def test_the_models_of_the_forecast_beat_yesterdays_weather(run):
    printed, _ = run("keras_style/timeseries")
    naive, lstm, conv = map(
        float, re.findall(r"([\d.]+)", printed.splitlines()[-1].replace("Conv1D", ""))
    )
    assert max(lstm, conv) < naive - 0.1
