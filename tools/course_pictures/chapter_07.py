"""Chapter 7: what one answer costs, and the loss beside the accuracy."""

import numpy as np

from minikeras import losses
from minikeras._svg.draw import COLORS
from minikeras._svg.panel import Line, Panel, draw_panels

BLUE, ORANGE = COLORS[:2]
HOURS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
PASSED = np.array([0, 0, 1, 0, 1, 1])


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    desc = "Cross-entropy and squares by the probability of the right class; loss and accuracy."
    panels = [_one_answer(), _students()]
    return {"07-loss": draw_panels(panels, "Losses", desc, width=440.0, height=240.0, columns=1)}


def _one_answer() -> Panel:
    p = np.linspace(0.01, 1.0, 100)
    answers, label = np.stack([p, 1 - p], axis=1), np.array([[1.0, 0.0]])
    entropy = [losses.CategoricalCrossentropy()(label, y[np.newaxis]) for y in answers]
    squares = [losses.SumSquaredError()(label, y[np.newaxis]) for y in answers]
    lines = (
        Line(p, np.array(entropy), "cross_entropy_error", BLUE),
        Line(p, np.array(squares), "sum_squared_error", ORANGE, "6 4"),
    )
    return Panel(lines, "", "p", "loss", (0.0, 1.0), (0.0, 5.0))


def _students() -> Panel:
    b = np.linspace(-8.0, 0.0, 401)
    p = 1 / (1 + np.exp(-(HOURS + b[:, np.newaxis])))
    loss = np.mean(-np.log(np.where(PASSED, p, 1 - p)), axis=1)
    accuracy = np.mean((HOURS + b[:, np.newaxis] > 1e-9) == PASSED, axis=1)
    lines = (Line(b, loss, "loss", BLUE), Line(b, accuracy, "accuracy", ORANGE, "6 4"))
    return Panel(lines, "", "b", "", (-8.0, 0.0), (0.0, 2.0))
