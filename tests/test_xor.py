"""XOR: one layer never gets more than three of the four cases right, two layers get all."""

import importlib.util
import itertools

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, optimizers
from minikeras.datasets import gates
from minikeras.layers import Dense

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])


@pytest.fixture(scope="module")
def example(root):
    spec = importlib.util.spec_from_file_location("xor", root / "examples" / "xor.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def best_of_one_layer(optimizer, loss, seed):
    """Return the most cases that a perceptron gets right before any step of its training."""
    minikeras.set_random_seed(seed)
    x, y = gates.load_data("xor")
    model = Sequential([Input((2,)), Dense(1, activation="sigmoid", kernel_initializer="normal")])
    model.compile(optimizer, loss, metrics=["accuracy"])
    history = model.fit(x, y, batch_size=4, epochs=120, verbose=0)
    return round(4 * max(history.history["accuracy"]))


OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.5),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.02),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "adam": lambda: optimizers.Adam(0.05),
    "lion": lambda: optimizers.Lion(0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse"])
def test_one_layer_never_gets_more_than_three_cases_right(name, loss):
    reached = [best_of_one_layer(OPTIMIZERS[name](), loss, seed) for seed in range(4)]
    assert max(reached) <= 3


def test_no_line_gets_more_than_three_cases_right():
    grid = np.linspace(-2.0, 2.0, 41)
    w1, w2, b = np.meshgrid(grid, grid, grid)
    above = w1[..., None] * CORNERS[:, 0] + w2[..., None] * CORNERS[:, 1] + b[..., None] > 0
    right = (above == XOR).sum(axis=-1)
    assert right.max() == 3


def test_lines_reach_every_pattern_of_the_corners_but_xor_and_its_opposite():
    # w1 a + w2 b + bias > 0: sums over the two diagonals are equal, w1 + w2 + 2 bias. XOR wants
    # both corners of one diagonal above 0 and both of the other not, which cannot be.
    lines = itertools.product(
        [-2, -1, 1, 2], [-2, -1, 1, 2], [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 3.5]
    )
    patterns = {tuple(CORNERS @ [w1, w2] + b > 0) for w1, w2, b in lines}
    missing = set(itertools.product([False, True], repeat=4)) - patterns
    assert missing == {(False, True, True, False), (True, False, False, True)}


@pytest.mark.parametrize("name", ["and", "or", "nand"])
def test_one_layer_learns_the_gates_that_a_line_separates(example, name, monkeypatch):
    data = gates.load_data(name)
    monkeypatch.setattr(example.gates, "load_data", lambda _: data)
    assert example.train(example.single_layer())[-1] == 4


@pytest.mark.parametrize("seed", range(20))
def test_two_layers_learn_xor_with_the_settings_of_the_example(example, seed):
    minikeras.set_random_seed(seed)
    assert example.train(example.two_layers())[-1] == 4


def test_main_of_the_example_reports_the_same(example, capsys):
    best, final = example.main()
    assert len(final) == 20
    assert max(best) <= 3
    assert final == [4] * 20
