"""Chapter 1: the lines that perceptrons draw through the plane of their inputs."""

from minikeras._svg.draw import COLORS, INK, picture
from minikeras.datasets import gates
from tools.course_pictures.panel import Panel

BLUE, ORANGE = COLORS[:2]
RANGE = (-0.5, 1.5)
SIZE, GAP, LEFT, TOP, BELOW = 176.0, 62.0, 44.0, 40.0, 46.0
LINES = {"AND": [1.5], "OR": [0.5], "NAND": [1.5], "XOR": [0.5, 1.5]}  # x1 + x2 on each


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    panels = [_gate(k, name, sums) for k, (name, sums) in enumerate(LINES.items())]
    size = LEFT + 2 * SIZE + GAP + 12, 2 * (TOP + SIZE + BELOW)
    desc = "Planes of two inputs: one line separates the answers of AND, OR and NAND, two of XOR."
    parts = [part for panel in panels for part in panel.parts]
    return {"01-gates": picture(*size, "Logic gates", desc, parts)}


def _gate(k: int, name: str, sums: list[float]) -> Panel:
    row, column = divmod(k, 2)
    left, top = LEFT + column * (SIZE + GAP), TOP + row * (TOP + SIZE + BELOW)
    panel = Panel(left, top, SIZE, SIZE, RANGE, RANGE)
    low, high = RANGE
    corner = {  # where the answer is 1
        "AND": [(0.0, 1.5), (1.5, 1.5), (1.5, 0.0)],
        "OR": [(low, 1.0), (low, high), (high, high), (high, low), (1.0, low)],
        "NAND": [(low, low), (low, high), (0.0, high), (high, 0.0), (high, low)],
        "XOR": [(low, 1.0), (low, high), (0.0, high), (high, 0.0), (high, low), (1.0, low)],
    }[name]
    panel.region(corner, BLUE)
    panel.axes([0.0, 1.0], [0.0, 1.0], "x1", "x2", name)
    for total in sums:
        ends = max(low, total - high), min(high, total - low)
        panel.path(ends, [total - x for x in ends], BLUE)
    for (x1, x2), answer in zip(*gates.load_data(name), strict=True):
        panel.dot(x1, x2, ORANGE if answer else INK, filled=bool(answer))
    return panel
