"""Chapter 10: a computational graph, with the numbers that flow forward and the slopes back."""

from minikeras import grad
from minikeras._svg.draw import COLORS, INK, element, label, picture
from tools.course_pictures.panel import LARGE, NORMAL

BLUE, ORANGE = COLORS[:2]
INPUTS = {"consumption": 6.0, "distance": 3.0, "price": 1.5, "toll": 5.0}
ROWS = {"consumption": 34.0, "distance": 134.0, "price": 224.0, "toll": 304.0}
NODES = {"litres": (180.0, 84.0, "×"), "fuel": (300.0, 164.0, "×"), "total": (400.0, 244.0, "+")}
LEFT, RIGHT, RADIUS = 94.0, 474.0, 17.0


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    c, d, p, t = INPUTS.values()
    values = {**INPUTS, "litres": c * d, "fuel": c * d * p, "total": c * d * p + t}
    slopes = dict(zip(INPUTS, grad(lambda v: v[0] * v[1] * v[2] + v[3])([c, d, p, t]), strict=True))
    slopes |= {"litres": grad(lambda s: s * p + t)(c * d), "fuel": 1.0, "total": 1.0}
    ends = {
        "consumption": ((LEFT, ROWS["consumption"]), "litres"),
        "distance": ((LEFT, ROWS["distance"]), "litres"),
        "price": ((LEFT, ROWS["price"]), "fuel"),
        "toll": ((LEFT, ROWS["toll"]), "total"),
        "litres": (NODES["litres"][:2], "fuel"),
        "fuel": (NODES["fuel"][:2], "total"),
    }
    parts = []
    for name, (start, node) in ends.items():
        parts += _edge(name, start, NODES[node][:2], values[name], float(slopes[name]))
    parts += _edge("total", NODES["total"][:2], (RIGHT, NODES["total"][1]), values["total"], 1.0)
    for name, y in ROWS.items():
        parts.append(label(name, LEFT - 8, y + 4, NORMAL, "end"))
    parts.append(label("total", RIGHT + 8, NODES["total"][1] + 4, NORMAL))
    for x, y, sign in NODES.values():
        parts.append(
            element("circle", cx=x, cy=y, r=RADIUS, fill="none", stroke=INK, stroke_width=2)
        )
        parts.append(label(sign, x, y + 6, 20.0, "middle", font_weight=600))
    desc = "How consumption, distance, price and toll make the total, and its slope by each."
    return {"10-graph": picture(516.0, 340.0, "Computational graph", desc, parts)}


def _edge(
    name: str, start: tuple[float, float], end: tuple[float, float], value: float, slope: float
) -> list[str]:
    """Return a line between two nodes, with its number above and its slope below."""
    (x1, y1), (x2, y2) = start, end
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    if name not in ROWS:
        x1, y1 = x1 + RADIUS * ux, y1 + RADIUS * uy
    if name != "total":
        x2, y2 = x2 - RADIUS * ux, y2 - RADIUS * uy
    at = 0.35 if name in ("consumption", "distance") else 0.5  # these two run into each other
    x, y = x1 + at * (x2 - x1), y1 + at * (y2 - y1)
    said = f"{name} {value:g} →" if name in ("litres", "fuel") else f"{value:g} →"
    line = element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=INK, stroke_width=1.75)
    if name in ("litres", "fuel"):  # beside the steep lines in the middle there is more room
        return [
            line,
            label(said, x + 8, y - 5, LARGE, fill=BLUE),
            label(f"← {slope:g}", x - 8, y + 18, LARGE, "end", fill=ORANGE),
        ]
    bend = 14 * abs(uy)  # a sloping line needs more room above and below
    return [
        line,
        label(said, x, y - 9 - bend, LARGE, "middle", fill=BLUE),
        label(f"← {slope:g}", x, y + 20 + bend, LARGE, "middle", fill=ORANGE),
    ]
