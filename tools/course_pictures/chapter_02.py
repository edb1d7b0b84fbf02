"""Chapter 2: activation functions with their slopes, and step against sigmoid."""

from collections.abc import Callable

import numpy as np

from minikeras import activations, grad
from minikeras._svg.draw import COLORS, picture
from minikeras._typing import Array
from tools.course_pictures.panel import Panel

BLUE, ORANGE = COLORS[:2]
WIDTH, HEIGHT, LEFT, TOP, RIGHT_GAP, BELOW = 190.0, 150.0, 36.0, 40.0, 50.0, 82.0
X = np.linspace(-4.0, 4.0, 81)
JUMPS = ("step", "relu")  # the slope has two pieces


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    names = ["step", "sigmoid", "tanh", "relu", "identity"]
    panels = [_function(k, name) for k, name in enumerate(names)]
    panels.append(_step_against_sigmoid(len(names)))
    width = LEFT + 2 * WIDTH + RIGHT_GAP + 14
    height = TOP + 3 * HEIGHT + 2 * BELOW + 28
    desc = "Step, sigmoid, tanh, relu and identity with their slopes; step and sigmoid together."
    parts = [part for panel in panels for part in panel.parts]
    return {"02-activations": picture(width, height, "Activation functions", desc, parts)}


def _panel(k: int, y: tuple[float, float], y_ticks: list[float], title: str) -> Panel:
    row, column = divmod(k, 2)
    left, top = LEFT + column * (WIDTH + RIGHT_GAP), TOP + row * (HEIGHT + BELOW)
    panel = Panel(left, top, WIDTH, HEIGHT, (-4.0, 4.0), y)
    return panel.axes([-4.0, -2.0, 0.0, 2.0, 4.0], y_ticks, title=title)


def _function(k: int, name: str) -> Panel:
    if name in ("relu", "identity"):
        panel = _panel(k, (-4.2, 4.2), [-4.0, -2.0, 0.0, 2.0, 4.0], name)
    else:
        panel = _panel(k, (-1.2, 1.2), [-1.0, 0.0, 1.0], name)
    function = activations.get(name)
    _draw(panel, grad(lambda x: function(x).sum()), ORANGE, broken=name in JUMPS, dashes="5 4")
    _draw(panel, function, BLUE, broken=name == "step")
    return panel


def _step_against_sigmoid(k: int) -> Panel:
    panel = _panel(k, (-0.2, 1.2), [0.0, 0.5, 1.0], "step, sigmoid")
    _draw(panel, activations.step, ORANGE, broken=True)
    _draw(panel, activations.sigmoid, BLUE)
    return panel


def _draw(
    panel: Panel,
    function: Callable[[Array], Array],
    color: str,
    *,
    broken: bool = False,
    dashes: str | None = None,
) -> None:
    """Draw a function, in two pieces if it jumps at 0."""
    tiny = 1e-9
    pieces = [np.append(X[X < 0], -tiny), np.append(tiny, X[X > 0])] if broken else [X]
    for x in pieces:
        panel.path(x, function(x), color, stroke_dasharray=dashes)
