"""Chapter 12: learned filters with their feature maps, and a recurrent network that carries."""

import numpy as np

from minikeras import Input, Sequential, config, set_random_seed
from minikeras._svg.draw import COLORS, INK, element, label, picture
from minikeras._typing import Array
from minikeras.datasets import digits
from minikeras.layers import Conv2D, Dense, Flatten, MaxPooling2D, SimpleRNN
from minikeras.optimizers import Adam
from tools.course_pictures.panel import NORMAL, SMALL, field_of_table

BLUE, ORANGE = COLORS[:2]
A, B, BITS = 27, 177, 8


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    floatx = config.floatx()
    config.set_floatx("float64")
    try:
        return {"12-filters": _filters(), "12-carry": _carry()}
    finally:
        config.set_floatx(floatx)


def _squares(
    values: Array, left: float, top: float, side: float, *, paper: bool = False
) -> list[str]:
    """Return a matrix as squares: blue and orange by sign, or ink on white ``paper``."""
    parts = []
    for (i, j), value in np.ndenumerate(np.asarray(values, dtype=float)):
        strength = min(abs(float(value)), 1.0)
        look: dict[str, object] = {
            "fill": BLUE if value >= 0 else ORANGE,
            "fill_opacity": strength,
        }
        if paper:
            look = {"fill": "#" + f"{round(255 - 215 * strength):02x}" * 3}
        size = {"width": side, "height": side}
        parts.append(element("rect", x=left + j * side, y=top + i * side, **size, **look))
    height, width = np.shape(values)
    frame = {"width": width * side, "height": height * side, "fill": "none", "stroke": INK}
    parts.append(element("rect", x=left, y=top, **frame, stroke_opacity=0.5))
    return parts


def _filters() -> str:
    (x, t), (x_test, _) = digits.load_data()
    x, x_test = x[..., np.newaxis] / 16, x_test[..., np.newaxis] / 16
    set_random_seed(0)
    convolution = [Conv2D(8, 3, activation="relu"), MaxPooling2D(2)]
    model = Sequential([Input((8, 8, 1)), *convolution, Flatten(), Dense(10, "softmax")])
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, t, batch_size=32, epochs=8, verbose=0)

    kernels = model.layers[0].kernel.numpy()[:, :, 0]
    maps = np.asarray(model.layers[0](x_test[3:4]))[0]
    parts = _squares(x_test[3, :, :, 0], 6, 134, 14.0, paper=True)
    for k in range(8):
        row, column = divmod(k, 4)
        left, top = 146.0 + 84 * column, 200.0 * row
        parts.append(label(str(k), left + 36, top + 20, NORMAL, "middle"))
        parts += _squares(kernels[..., k] / np.abs(kernels).max(), left, top + 30, 24.0)
        parts += _squares(maps[..., k] / maps.max(), left, top + 112, 12.0, paper=True)
    desc = "A digit, eight learned 3x3 filters, and the feature map of the digit under each."
    return picture(480.0, 392.0, "Filters", desc, parts)


def _bits(number: int) -> Array:
    return np.array([number >> k & 1 for k in range(BITS)])


def _carry() -> str:
    layer, model = _carrier()
    a, b = _bits(A), _bits(B)
    x = np.stack([a, b], axis=-1)[np.newaxis].astype(float)
    states = np.asarray(layer(x))[0]  # (steps, neurons)
    carries: list[int] = []  # what each step hands on to the next
    for k in range(BITS):
        carries.append((int(a[k]) + int(b[k]) + (carries[-1] if k else 0)) // 2)
    rows = [("a", a), ("b", b), *[(f"h{k + 1}", states[:, k]) for k in range(states.shape[1])]]
    rows += [("y", model.predict(x, verbose=0)[0, :, 0]), ("carry", np.array(carries))]
    parts, top, side = [], 28.0, 26.0
    for step in range(BITS):
        parts.append(label(str(step + 1), 90 + (step + 0.5) * 44, 18, SMALL, "middle"))
    for name, values in rows:
        top += 10 if name in ("h1", "y", "carry") else 0
        parts.append(label(name, 80, top + 17, NORMAL, "end"))
        for step, value in enumerate(values.tolist()):
            text = f"{value:.0f}" if name in ("a", "b", "carry") else f"{value:.1f}"
            text = text.replace("-0.0", "0.0").replace("-", "−")
            parts += field_of_table(text, value, (90 + step * 44.0, top, 42.0, side - 2))
        top += side
    desc = f"The bits of {A} and {B}, lowest first, the neurons' outputs, the sum and the carry."
    return picture(460.0, top + 8, "Carry", desc, parts)


def _carrier() -> tuple[SimpleRNN, Sequential]:
    """Train as the page does, from the same random numbers."""
    rng = np.random.RandomState(0)
    rng.uniform(-1, 1, (500, 5, 1))  # what the page has drawn before
    rng.uniform(-1, 1, (1, 50, 1))
    a, b = rng.randint(0, 2, (2, 500, BITS))
    total, carry = np.zeros((500, BITS, 1)), np.zeros(500, dtype=int)
    for k in range(BITS):
        total[:, k, 0] = (a[:, k] + b[:, k] + carry) % 2
        carry = (a[:, k] + b[:, k] + carry) // 2
    set_random_seed(0)
    layer = SimpleRNN(8, return_sequences=True)
    model = Sequential([Input((None, 2)), layer, Dense(1, "sigmoid")])
    model.compile(Adam(0.02), "binary_crossentropy")
    model.fit(np.stack([a, b], axis=-1).astype(float), total, batch_size=25, epochs=25, verbose=0)
    return layer, model
