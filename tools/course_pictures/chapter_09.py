"""Chapter 9: a gradient as a table, training by it, and the border that was learned."""

import numpy as np

from minikeras import Input, Sequential, config, numerical_gradient, set_random_seed
from minikeras._svg.contours import contour
from minikeras._svg.draw import COLORS, INK, label, picture
from minikeras._typing import Array
from minikeras.activations import softmax
from minikeras.datasets import moons
from minikeras.layers import Dense
from minikeras.optimizers import SGD
from tools.course_pictures.panel import Panel, field_of_table

BLUE, ORANGE = COLORS[:2]
SIZE, TOP, BELOW, EPOCHS = 186.0, 40.0, 46.0, 200
CELL = 66.0


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    floatx = config.floatx()
    config.set_floatx("float64")
    try:
        x, t = moons.load_data(100, noise=0.1, seed=0)
        model, numerical = _trained("numerical", x, t)
        analytic = _trained("analytic", x, t)[1]
        panels = [_losses(numerical, analytic), _moons(model, x, t)]
    finally:
        config.set_floatx(floatx)
    parts = [*_table(), *[part for panel in panels for part in panel.parts]]
    desc = "The gradient of a layer as a table; the loss while training; the border learned."
    height = 2 * (TOP + BELOW) + SIZE + 250
    return {"09-gradient": picture(480.0, height, "Gradient", desc, parts)}


def _table() -> list[str]:
    """Return the gradient of the layer with six weights, as coloured fields."""
    weights = np.random.RandomState(0).randn(2, 3)
    x = np.array([0.6, 0.9])
    gradient = numerical_gradient(lambda w: -np.log(softmax(x @ w)[2]), weights)
    parts = [label("dW", 14 + 1.5 * CELL, TOP - 12, 15.0, "middle", font_weight=600)]
    for (i, j), slope in np.ndenumerate(gradient):
        box = 14 + j * CELL, TOP + 30 + i * CELL, CELL - 4, CELL - 4
        text = f"{slope:.3f}".replace("-", "−")
        parts += field_of_table(text, float(slope), box, 14.0)
    return parts


def _trained(gradient: str, x: Array, t: Array) -> tuple[Sequential, list[float]]:
    rng = np.random.RandomState(0)
    set_random_seed(0)
    model = Sequential([Input((2,)), Dense(6, "sigmoid"), Dense(2, "softmax")])
    model.set_weights([rng.randn(2, 6), np.zeros(6), rng.randn(6, 2), np.zeros(2)])
    model.compile(SGD(1.0, gradient=gradient), "sparse_categorical_crossentropy")
    history = model.fit(x, t, batch_size=20, epochs=EPOCHS, verbose=0)
    return model, history.history["loss"]


def _losses(numerical: list[float], analytic: list[float]) -> Panel:
    panel = Panel(272.0, TOP, SIZE + 4, SIZE, (0.0, float(EPOCHS)), (0.0, 0.6))
    panel.axes([0.0, 100.0, 200.0], [0.0, 0.2, 0.4, 0.6], "epoch", "", "loss")
    panel.path(np.arange(EPOCHS), numerical, BLUE)
    for k in range(0, EPOCHS, 12):
        panel.dot(k, analytic[k], ORANGE, r=3.5)
    return panel


def _moons(model: Sequential, x: Array, t: Array) -> Panel:
    panel = Panel(52.0, 2 * TOP + SIZE + BELOW, 362.0, 250.0, (-1.6, 2.6), (-1.2, 1.7))
    panel.axes([-1.0, 0.0, 1.0, 2.0], [-1.0, 0.0, 1.0], "x1", "x2")
    across, up = np.linspace(-1.6, 2.6, 43), np.linspace(-1.2, 1.7, 30)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    second = model.predict(grid, verbose=0)[:, 1].reshape(30, 43)
    xs, ys = contour(across, up, second, 0.5)
    for k in range(0, len(xs), 3):  # a short line each, and a gap
        panel.path(xs[k : k + 2], ys[k : k + 2], INK)
    for (a, b), label_ in zip(x, t, strict=True):
        panel.dot(a, b, ORANGE if label_ else BLUE, r=3.5, filled=bool(label_))
    return panel
