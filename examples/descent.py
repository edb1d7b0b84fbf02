"""Downhill: the landscape of a loss, and the ways of three optimizers through it.

    python examples/descent.py

A model with two weights has a loss that can be drawn over both. The two inputs are nearly the same
column, so the loss is a long, narrow valley: steep across, almost flat along. Plain gradient
descent jumps from side to side, then crawls along the floor; momentum rolls. Adam gives each weight
a step of its own, which helps little where the valley lies askew. Writes ``descent-sgd.svg``,
``descent-momentum.svg`` and ``descent-adam.svg`` in a second.
"""

import numpy as np

from minikeras import Input, Sequential, plot
from minikeras.layers import Dense
from minikeras.optimizers import SGD, Adam, Optimizer

STEPS = 60
START, BEST = np.array([[-2.5], [2.0]]), np.array([[2.0], [-1.0]])
RANGES = [(-3.0, 4.0), (-3.0, 4.0)]


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return two inputs that say almost the same, and targets that no other weights reach."""
    rng = np.random.default_rng(0)
    common, apart = rng.standard_normal((2, 200))
    x = np.column_stack([common + 0.1 * apart, common - 0.1 * apart])
    return x, x @ BEST


def descend(optimizer: Optimizer) -> tuple[Sequential, np.ndarray]:
    """Take ``STEPS`` steps from ``START``; return the model and where it was after each step."""
    x, y = data()
    model = Sequential([Input((2,)), Dense(1, use_bias=False, name="valley")])
    model.compile(optimizer, "mse")
    model.set_weights([START])
    path = [START.ravel()]
    for _ in range(STEPS):
        model.train_on_batch(x, y)
        path.append(model.get_weights()[0].ravel())
    return model, np.array(path)


def main() -> dict[str, float]:
    """Draw the three ways; return the loss at the end of each."""
    x, y = data()
    optimizers = {
        "sgd": SGD(0.42),
        "momentum": SGD(0.1, momentum=0.9),
        "adam": Adam(0.4),
    }
    reached = {}
    for name, optimizer in optimizers.items():
        model, path = descend(optimizer)
        reached[name] = float(model.evaluate(x, y, verbose=0))
        picture = plot.loss_surface(model, x, y, path=path, ranges=RANGES)
        picture.save(f"descent-{name}.svg")
        across, along = path[-1]
        print(f"{name:9} ends at ({across:5.2f}, {along:5.2f}) with loss {reached[name]:.6f}")
    return reached


if __name__ == "__main__":
    main()
