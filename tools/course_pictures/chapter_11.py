"""Chapter 11: overfitting, initial values, and four optimizers in one bowl."""

import numpy as np

from minikeras import Input, Sequential, Variable, config, set_random_seed
from minikeras._svg.contours import contour
from minikeras._svg.draw import COLORS, INK, element, picture
from minikeras._svg.panel import Dots, Line, draw_panels
from minikeras._svg.panel import Panel as Chart
from minikeras._typing import Array
from minikeras.callbacks import Callback, EarlyStopping
from minikeras.datasets import moons
from minikeras.layers import Dense
from minikeras.optimizers import SGD, Adagrad, Adam, Optimizer
from tools.course_pictures.chapter_08 import X, Y, rings
from tools.course_pictures.panel import Panel

BLUE, ORANGE = COLORS[:2]
TOP, EPOCHS = 40.0, 300
START = (-7.0, 2.0)


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    floatx = config.floatx()
    config.set_floatx("float64")
    try:
        return {
            "11-overfitting": _overfitting(),
            "11-initial-values": _initial_values(),
            "11-optimizers": _optimizers(),
        }
    finally:
        config.set_floatx(floatx)


def _overfitting() -> str:
    x, t = moons.load_data(1260, noise=0.35, seed=1)
    plain, history = _trained(x, t)
    stopped = _trained(x, t, EarlyStopping(patience=20, restore_best_weights=True))[0]
    losses = Panel(44.0, TOP, 420.0, 170.0, (0.0, float(EPOCHS)), (0.0, 2.5))
    losses.axes([0.0, 100.0, 200.0, 300.0], [0.0, 0.5, 1.0, 1.5, 2.0, 2.5], "epoch", "", "loss")
    for name, color, y in (("loss", BLUE, 0.28), ("val_loss", ORANGE, 1.9)):
        losses.path(np.arange(EPOCHS), history[name], color)
        losses.text(150.0, y, name, color, "end")
    left = _border(44.0, plain, x[:60], t[:60], f"epochs={EPOCHS}")
    right = _border(278.0, stopped, x[:60], t[:60], "EarlyStopping")
    parts = [*losses.parts, *left.parts, *right.parts]
    desc = "Training and validation loss; the border of an overfitted network, and stopped early."
    return picture(480.0, 482.0, "Overfitting", desc, parts)


def _trained(x: Array, t: Array, *callbacks: Callback) -> tuple[Sequential, dict[str, list[float]]]:
    """Train as the page does: 60 samples, 200 to validate."""
    set_random_seed(0)
    model = Sequential([Input((2,)), Dense(32, "relu"), Dense(32, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), "binary_crossentropy")
    validation = x[60:260], t[60:260]
    settings = {"epochs": EPOCHS, "validation_data": validation, "callbacks": list(callbacks)}
    history = model.fit(x[:60], t[:60], batch_size=20, verbose=0, **settings)
    return model, history.history


def _border(left: float, model: Sequential, x: Array, t: Array, title: str) -> Panel:
    panel = Panel(left, 2 * TOP + 216, 186.0, 140.0, (-1.9, 2.9), (-1.7, 2.1))
    panel.axes([-1.0, 0.0, 1.0, 2.0], [-1.0, 0.0, 1.0, 2.0], "x1", "x2", title)
    across, up = np.linspace(-1.9, 2.9, 81), np.linspace(-1.7, 2.1, 65)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    xs, ys = contour(across, up, model.predict(grid, verbose=0).reshape(65, 81), 0.5)
    for k in range(0, len(xs), 3):  # a short line each, and a gap
        panel.path(xs[k : k + 2], ys[k : k + 2], INK)
    for (a, b), answer in zip(x, t, strict=True):
        panel.dot(a, b, ORANGE if answer else BLUE, r=3.5, filled=bool(answer))
    return panel


def _initial_values() -> str:
    width, height, gap, left, below = 128.0, 64.0, 30.0, 24.0, 58.0
    parts = []
    for column, scale in enumerate((1.0, 0.01, 0.1)):
        rng = np.random.RandomState(0)
        signal = rng.randn(1000, 100)
        for layer in range(5):
            signal = np.tanh(signal @ (scale * rng.randn(100, 100)))
            heights, edges = np.histogram(signal, bins=40, range=(-1.0, 1.0))
            at, top = left + column * (width + gap), TOP + layer * (height + below)
            panel = Panel(at, top, width, height, (-1.0, 1.0), (0.0, float(heights.max())))
            panel.axes([-1.0, 0.0, 1.0], [0.0], title=f"scale {scale:g}, Z{layer + 1}")
            for k, count in enumerate(heights.tolist()):
                (x0, y0), (x1, y1) = panel.at(edges[k], count), panel.at(edges[k + 1], 0.0)
                look = {"width": x1 - x0 - 0.5, "height": y1 - y0, "fill": BLUE}
                panel.parts.append(element("rect", x=x0, y=y0, **look))
            parts += panel.parts
    size = left + 3 * width + 2 * gap + 10, TOP + 5 * (height + below) - 32
    desc = "Outputs of five tanh layers, for initial weights too large, too small and right."
    return picture(*size, "Initial values", desc, parts)


def _optimizers() -> str:
    made = {
        "SGD(0.9)": SGD(0.9),
        "SGD(0.5, momentum=0.6)": SGD(0.5, momentum=0.6),
        "Adagrad(1.5)": Adagrad(1.5, initial_accumulator_value=0.0),
        "Adam(0.7)": Adam(0.7),
    }
    panels = [_walk(name, optimizer) for name, optimizer in made.items()]
    desc = "Thirty steps of SGD, momentum, AdaGrad and Adam in a bowl longer than it is wide."
    return draw_panels(panels, "Optimizers", desc, width=440.0, height=200.0, columns=1)


def _walk(name: str, optimizer: Optimizer) -> Chart:
    variable = Variable(START)
    points = [variable.numpy().copy()]
    for _ in range(30):
        x0, x1 = points[-1]
        optimizer.apply_gradients([(np.array([x0 / 10, 2 * x1]), variable)])
        points.append(variable.numpy().copy())
    x, y = np.array(points).T
    marks = [
        *rings(),
        Line(x, y, color=ORANGE),
        Dots(x, y, color=ORANGE, radius=2.5, outline=None),
        Dots(x[:1], y[:1], color=INK, radius=5.0),
        Dots(x[-1:], y[-1:], color=BLUE, radius=6.0),
    ]
    return Chart(tuple(marks), name, "x0", "x1", X, Y)
