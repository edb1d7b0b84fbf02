"""Chapter 8: errors of differences over the step, and gradient descent in a long bowl."""

import numpy as np

from minikeras import numerical_gradient
from minikeras._svg.draw import COLORS, INK
from minikeras._svg.panel import Dots, Line, Mark, Panel, draw_panels

BLUE, ORANGE = COLORS[:2]
X, Y = (-8.0, 8.0), (-3.0, 3.0)
LEVELS = (0.1, 0.4, 0.9, 1.6, 2.5, 3.6, 4.9)


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    step = "Errors of the forward and the central difference over the step, as powers of ten."
    descent = "A long bowl: gradients, then descent with a small, a good and a large learning rate."
    panels = [_arrows(), *[_descent(rate) for rate in (0.02, 0.6, 1.01)]]
    return {
        "08-step-size": draw_panels([_errors()], "Steps", step, width=480.0, height=290.0),
        "08-descent": draw_panels(
            panels, "Gradient descent", descent, width=440.0, height=200.0, columns=1
        ),
    }


def bowl(x):
    """Return the height of the long bowl, for one point or many."""
    return x[0] ** 2 / 20 + x[1] ** 2


def _errors() -> Panel:
    x = 1.1
    h = np.ldexp(1.0, -np.arange(3, 42))  # the same to the bit on every machine
    steps = np.log10(h)
    up, down = x + h, x - h
    above, below = up * up * up, down * down * down
    forward = (above - x * x * x) / h
    central = (above - below) / (2 * h)
    lines = [
        Line(steps, np.log10(np.maximum(np.abs(slope - 3 * x * x), 1e-13)), name, color, dashes)
        for slope, name, color, dashes in [
            (forward, "forward", ORANGE, "6 4"),
            (central, "central", BLUE, None),
        ]
    ]
    return Panel(tuple(lines), "", "log10(h)", "log10(error)", (-13.0, 0.0), (-13.0, 0.0))


def rings() -> list[Mark]:
    """Return lines of equal height of the long bowl."""
    turn = np.linspace(0.0, 2 * np.pi, 73)
    found: list[Mark] = []
    for level in LEVELS:
        x0, x1 = np.sqrt(20 * level) * np.cos(turn), np.sqrt(level) * np.sin(turn)
        inside = (np.abs(x0) <= X[1]) & (np.abs(x1) <= Y[1])
        x0, x1 = np.where(inside, x0, np.nan), np.where(inside, x1, np.nan)
        found.append(Line(x0, x1, width=1.25, opacity=0.5))
    return found


def _arrows() -> Panel:
    marks = rings()
    for x0 in np.arange(-7.0, 7.1, 2.0):
        for x1 in np.arange(-2.5, 2.6, 1.0):
            start = np.array([x0, x1])
            end = start - 0.2 * numerical_gradient(bowl, start)
            dx, dy = end - start
            # The head in units of the plane; the panel draws x a little wider than y.
            size, ratio = 0.2, 0.87
            length = np.hypot(dx / ratio, dy)
            ux, uy = dx / ratio / length, dy / length
            left = end[0] - ratio * size * (ux - 0.6 * uy), end[1] - size * (uy + 0.6 * ux)
            right = end[0] - ratio * size * (ux + 0.6 * uy), end[1] - size * (uy - 0.6 * ux)
            xs = np.array([x0, end[0], np.nan, left[0], end[0], right[0]])
            ys = np.array([x1, end[1], np.nan, left[1], end[1], right[1]])
            marks.append(Line(xs, ys, color=BLUE, width=1.75))
    return Panel(tuple(marks), "-gradient", "x0", "x1", X, Y)


def _descent(rate: float) -> Panel:
    points = [np.array([-7.0, 2.0])]
    for _ in range(20):
        points.append(points[-1] - rate * numerical_gradient(bowl, points[-1]))
    x, y = np.array(points).T
    marks = [
        *rings(),
        Line(x, y, color=ORANGE),
        Dots(x, y, color=ORANGE, radius=2.5, outline=None),
        Dots(x[:1], y[:1], color=INK, radius=5.0),
        Dots(x[-1:], y[-1:], color=BLUE, radius=6.0),
    ]
    return Panel(tuple(marks), f"learning_rate = {rate}", "x0", "x1", X, Y)
