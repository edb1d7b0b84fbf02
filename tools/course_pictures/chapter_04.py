"""Chapter 4: the three kinds of output: a number, a yes or no, one of several classes."""

import numpy as np

from minikeras._svg.draw import COLORS, INK, element, picture
from minikeras.activations import sigmoid, softmax
from tools.course_pictures.panel import Panel

BLUE, ORANGE = COLORS[:2]
SIZE, GAP, LEFT, TOP, BELOW = 182.0, 48.0, 52.0, 40.0, 46.0
WIDE, LOW = 2 * SIZE + GAP, 140.0
HOURS = np.arange(1.0, 7.0)
POINTS = (20.0, 33.0, 40.0, 52.0, 59.0, 72.0)
PASSED = (0, 0, 1, 0, 1, 1)


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    parts = [*_regression().parts, *_logistic().parts, *_softmax().parts]
    size = LEFT + WIDE + 14, 2 * (TOP + BELOW) + SIZE + LOW
    desc = "A line through six points, a sigmoid through noes and yeses, a softmax of 1, 2, 3."
    return {"04-outputs": picture(*size, "Three output layers", desc, parts)}


def _regression() -> Panel:
    panel = Panel(LEFT, TOP, SIZE, SIZE, (0.0, 7.0), (0.0, 85.0))
    panel.axes(range(8), range(0, 81, 20), "hours", "points", "identity")
    panel.path((0.0, 7.0), (11.0, 81.0), BLUE)
    for x, y in zip(HOURS, POINTS, strict=True):
        panel.dot(x, y, ORANGE, r=5.0)
    return panel


def _logistic() -> Panel:
    panel = Panel(LEFT + SIZE + GAP, TOP, SIZE, SIZE, (0.0, 7.0), (-0.1, 1.1))
    panel.axes(range(8), (0.0, 0.5, 1.0), "hours", title="sigmoid")
    x = np.linspace(0.0, 7.0, 57)
    panel.path(x, sigmoid(1.214 * x - 4.249), BLUE)
    for hours, passed in zip(HOURS, PASSED, strict=True):
        panel.dot(hours, passed, ORANGE if passed else INK, filled=bool(passed), r=5.0)
    return panel


def _softmax() -> Panel:
    panel = Panel(LEFT, 2 * TOP + SIZE + BELOW, WIDE, LOW, (0.4, 3.6), (0.0, 1.0))
    panel.axes((1, 2, 3), (0.0, 0.25, 0.5, 0.75, 1.0), "score", title="softmax")
    for score, share in zip((1.0, 2.0, 3.0), softmax(np.array([1.0, 2.0, 3.0])), strict=True):
        left, top = panel.at(score - 0.3, share)
        right, bottom = panel.at(score + 0.3, 0.0)
        size = {"width": right - left, "height": bottom - top}
        panel.parts.append(element("rect", x=left, y=top, **size, fill=BLUE, fill_opacity=0.75))
        panel.text(score, share + 0.03, f"{share:.3f}", anchor="middle")
    return panel
