"""The playground's Python: settings in; a minikeras model, its pictures and its numbers out.

The page runs this in a web worker under Pyodide; it runs as well anywhere else. The model is made
by running the very code that the page shows, and trained by ``model.fit`` on the same batches that
one ``model.fit`` over all epochs would take: who copies the code gets the model on the screen.
"""

import functools
import itertools
import math
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minikeras as keras
from minikeras.data import train_validation_split
from minikeras.random import generator
from minikeras.utils import clear_session

VIEW = 1.5
"""The pictures show -VIEW to VIEW on both axes."""

GRID, FINE_GRID, NEURON_GRID = 60, 180, 30
"""Samples along a side of the output, while training and at rest, and of a neuron's picture."""

MOST_LAYERS, MOST_UNITS, MOST_POINTS = 5, 8, 500

FEW = 20
"""Fewer points than this are all trained on: a handful drawn by hand leaves none to hold out."""

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "linear")

LOSSES = {  # and what the output layer computes for it
    "binary_crossentropy": "sigmoid",
    "mean_squared_error": "sigmoid",
    "mean_absolute_error": "sigmoid",
    "hinge": "tanh",
}

OPTIMIZERS = {
    "sgd": "SGD({})",
    "momentum": "SGD({}, momentum=0.9)",
    "rmsprop": "RMSprop({})",
    "adagrad": "Adagrad({})",
    "adam": "Adam({})",
    "lion": "Lion({})",
}

DATA = {
    "xor": """\
rng = np.random.default_rng({seed})
x = rng.uniform(-1.1, 1.1, ({points}, 2))
y = (x[:, 0] * x[:, 1] < 0).astype(int)
x += 0.1 * np.sign(x) + {noise} * rng.standard_normal(x.shape)
""",
    "circles": """\
x, y = circles.load_data({points}, noise={noise}, factor=0.4, seed={seed})
""",
    "moons": """\
x, y = moons.load_data({points}, noise={noise}, seed={seed})
x = (x - x.mean(axis=0)) / 1.3
""",
    "spiral": """\
x, y = spiral.load_data({points}, classes=2, noise={noise}, seed={seed})
x = 1.3 * x
""",
    "gaussians": """\
rng = np.random.default_rng({seed})
y = rng.permutation({points}) % 2
x = rng.normal(1.2 * y[:, None] - 0.6, 0.2 + {noise}, (len(y), 2))
""",
    "own": """\
points = np.array([
{own}
])
points = np.random.default_rng({seed}).permutation(points)
x, y = points[:, :2], points[:, 2].astype(int)
""",
}

DEFAULTS: dict[str, Any] = {
    "data": "circles",
    "points": 200,
    "noise": 0.1,
    "heldout": 0.25,  # share of the points
    "own": [],  # hundredths: [x1, x2, class] for each point
    "layers": [[4, "tanh"], [3, "tanh"]],
    "loss": "binary_crossentropy",
    "optimizer": "adam",
    "rate": 0.03,
    "batch": 10,
    "penalty": "none",
    "strength": 0.001,
    "dropout": 0.0,
    "gradient": "analytic",
    "seed": 1,
}


RANGES: dict[str, tuple[float, float]] = {
    "points": (10, MOST_POINTS),
    "noise": (0, 0.5),
    "heldout": (0, 0.8),
    "rate": (1e-6, 100),
    "batch": (1, MOST_POINTS),
    "strength": (0, 10),
    "dropout": (0, 0.9),
    "seed": (0, 2**31 - 1),
}


class Problem(Exception):
    """What the page tells its reader in words, found by ``code``; ``details`` go into them."""

    def __init__(self, code: str, **details: Any):
        super().__init__(f"{code}: {details}")
        self.code, self.details = code, details


# Settings and the code that they stand for.


def check(settings: dict[str, Any]) -> dict[str, Any]:
    """Return all settings, in range; refuse unknown ones, which could come from a shared address.

    Nothing but numbers and names from the tables above gets into the code.
    """
    unknown = set(settings) - set(DEFAULTS)
    if unknown:
        raise Problem("setting", name=sorted(unknown)[0], value="")
    given = {**DEFAULTS, **settings}
    found: dict[str, Any] = {}
    for name, names in (
        ("data", DATA),
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("penalty", ("none", "l1", "l2")),
        ("gradient", ("analytic", "numerical")),
    ):
        found[name] = _one_of(name, given[name], names)
    for name, (low, high) in RANGES.items():
        found[name] = _number(name, given[name], low, high)
    for name in ("points", "batch", "seed"):
        found[name] = int(found[name])
    layers = list(given["layers"])
    if len(layers) > MOST_LAYERS:
        raise Problem("setting", name="layers", value=len(layers))
    found["layers"] = [
        [int(_number("units", units, 1, MOST_UNITS)), _one_of("activation", name, ACTIVATIONS)]
        for units, name in layers
    ]
    if len(given["own"]) > MOST_POINTS:
        raise Problem("csv_many", count=len(given["own"]), most=MOST_POINTS)
    edge = 100 * VIEW
    found["own"] = [
        [int(_number("own", a, -edge, edge)), int(_number("own", b, -edge, edge)), int(bool(kind))]
        for a, b, kind in given["own"]
    ]
    if found["data"] == "own" and not found["own"]:
        raise Problem("no_points")
    return found


def _one_of(name: str, value: Any, names: Any) -> str:
    if value not in names:
        raise Problem("setting", name=name, value=value)
    return str(value)


def _number(name: str, value: Any, low: float, high: float) -> float:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise Problem("setting", name=name, value=value)
    return float(value)


def definition(s: dict[str, Any]) -> str:
    """Return the code that makes data and model: what the playground itself runs."""
    way = ', gradient="numerical"' if s["gradient"] == "numerical" else ""
    optimizer = OPTIMIZERS[s["optimizer"]].format(f"{s['rate']:g}")[:-1] + way + ")"
    out = LOSSES[s["loss"]]
    metric = '"accuracy"' if out == "sigmoid" else "keras.metrics.BinaryAccuracy(threshold=0.0)"
    own = "".join(f"    [{a / 100:g}, {b / 100:g}, {kind}],\n" for a, b, kind in s["own"])
    extra = ", kernel_regularizer=penalty" if s["penalty"] != "none" else ""
    lines = ["import numpy as np", "import minikeras as keras", "from minikeras import layers"]
    if s["data"] in ("circles", "moons", "spiral"):
        lines.append(f"from minikeras.datasets import {s['data']}")
    data = DATA[s["data"]].format(
        seed=s["seed"], points=s["points"], noise=f"{s['noise']:g}", own=own.rstrip("\n")
    )
    lines += ["", f"keras.set_random_seed({s['seed']})", data]
    if extra:
        lines.append(f"penalty = keras.regularizers.{s['penalty'].upper()}({s['strength']:g})")
    lines += ["model = keras.Sequential([", "    keras.Input((2,)),"]
    for units, activation in s["layers"]:
        lines.append(f'    layers.Dense({units}, activation="{activation}"{extra}),')
        if s["dropout"]:
            lines.append(f"    layers.Dropout({s['dropout']:g}),")
    lines += [
        f'    layers.Dense(1, activation="{out}"{extra}),',
        "])",
        "model.compile(",
        f"    optimizer=keras.optimizers.{optimizer},",
        f'    loss="{s["loss"]}",',
        f"    metrics=[{metric}],",
        ")",
    ]
    return "\n".join(lines) + "\n"


def fitting(s: dict[str, Any], epochs: int) -> str:
    """Return the code that trains the model."""
    held = f", validation_split={s['heldout']:g}" if s["heldout"] else ""
    return f"model.fit(x, y, batch_size={s['batch']}, epochs={epochs}{held}, verbose=0)\n"


def setting(weights: list[Any]) -> str:
    """Return the code that gives the model these weights, to the last bit."""
    lines = ["model.set_weights(["]
    for weight in weights:
        numbers = np.array2string(
            weight, separator=", ", prefix=" " * 13, floatmode="unique", threshold=10**6
        )
        lines.append(f'    np.array({numbers}, "float32"),')
    return "\n".join([*lines, "])"]) + "\n"


EVALUATE = """\
loss, accuracy = model.evaluate(x, y, verbose=0)
print(f"loss {loss:.4f}, accuracy {accuracy:.1%}")
"""


def parse_csv(text: str) -> list[list[int]]:
    """Read lines of ``x1, x2, class`` into hundredths; columns that leave the view are scaled.

    The first line may be a heading. Numbers are parted by commas, semicolons, tabs or spaces. The
    class is any two words: the one that sorts first is class A.
    """
    rows: list[tuple[float, float, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        for mark in (",", ";", "\t", None):
            cells = [cell.strip().strip('"') for cell in line.split(mark)]
            if len(cells) == 3:
                break
        else:
            raise Problem("csv_columns", line=number, text=line.strip()[:40])
        try:
            x1, x2 = float(cells[0]), float(cells[1])
        except ValueError:
            if not rows and number == 1:  # a heading
                continue
            raise Problem("csv_number", line=number, text=line.strip()[:40]) from None
        if not (math.isfinite(x1) and math.isfinite(x2)):
            raise Problem("csv_number", line=number, text=line.strip()[:40])
        rows.append((x1, x2, cells[2]))
    if not rows:
        raise Problem("csv_empty")
    if len(rows) > MOST_POINTS:
        raise Problem("csv_many", count=len(rows), most=MOST_POINTS)
    names = sorted({row[2] for row in rows}, key=_by_number)
    if len(names) != 2:
        raise Problem("csv_classes", count=len(names), names=", ".join(names[:5]))
    x = np.array([row[:2] for row in rows])
    for column in x.T:
        if np.abs(column).max() > VIEW:
            low, high = column.min(), column.max()
            column[...] = 2.4 * (column - low) / (high - low or 1.0) - 1.2
    return [[*point, names.index(row[2])] for point, row in zip(np.rint(100 * x).astype(int), rows)]


@functools.cache
def grid(side: int) -> Any:
    """Return the points of a picture: the centres of side x side cells, row by row from the top."""
    along = (np.arange(side) + 0.5) * (2 * VIEW / side) - VIEW
    x1, x2 = np.meshgrid(along, -along)
    return np.stack([x1.ravel(), x2.ravel()], axis=1).astype("float32")


def _by_number(name: str) -> tuple[float, str]:
    try:
        return float(name), name
    except ValueError:
        return math.inf, name


class Session:
    """A model that learns a few steps at a time; one at a time, as all draw from one random stream.

    Parameters
    ----------
    settings : dict
        What differs from ``DEFAULTS``.

    Attributes
    ----------
    model : keras.Sequential
    x, y : arrays, shapes (points, 2) and (points,)
        All points; the last ones are held out.
    epoch, row : int
        Epochs done, and points of the next one done.
    touched : list of str
        What was changed by hand since training began, so that the code alone would not lead here.
    """

    def __init__(self, settings: dict[str, Any]):
        self.settings = check(settings)
        made: dict[str, Any] = {}
        clear_session()  # layers are named as in a fresh interpreter
        exec(compile(definition(self.settings), "<playground>", "exec"), made)
        self.model = made["model"]
        self.x = np.asarray(made["x"], "float32")
        self.y = np.asarray(made["y"])
        share = self.settings["heldout"]
        if len(self.x) < FEW:
            share = self.settings["heldout"] = 0.0
        train, held = train_validation_split(self.x, self.y, None, share)
        self.train, self.held = train[:2], held and held[:2]
        self.epoch = self.row = 0
        self.order = np.arange(0)
        self.touched: list[str] = []
        self._second_per_batch = math.inf  # not known yet

    # Learning.

    def advance(self, epochs: int | None, seconds: float = math.inf) -> None:
        """Train, but stop soon after so many seconds.

        ``epochs`` 0 is one batch; None is what is left of the epoch that has begun.
        """
        begin = time.perf_counter()
        size, (x, y) = self.settings["batch"], self.train
        batches = math.ceil(len(x) / size)
        left = math.ceil((len(x) - self.row) / size) if epochs is None else epochs * batches or 1
        while left > 0:
            if self.row == 0:
                self.order = generator().permutation(len(x))  # as fit does in every epoch
            spare = seconds - (time.perf_counter() - begin)
            count = min(left, math.ceil((len(x) - self.row) / size))
            if self._second_per_batch * count > spare:
                count = max(1, int(spare / self._second_per_batch))
            rows = self.order[self.row : self.row + count * size]
            now = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # said by not_finite below
                history = self.model.fit(
                    x[rows], y[rows], batch_size=size, shuffle=False, verbose=0
                ).history
            self._second_per_batch = (time.perf_counter() - now) / count
            if not math.isfinite(history["loss"][-1]):
                raise Problem("not_finite", epoch=self.epoch)
            left -= count
            self.row += len(rows)
            if self.row >= len(x):
                self.epoch, self.row = self.epoch + 1, 0
            if time.perf_counter() - begin > seconds:
                break

    @property
    def begun(self) -> bool:
        """Whether the model has been trained at all."""
        return self.epoch > 0 or self.row > 0

    def change(self, settings: dict[str, Any]) -> None:
        """Take what can change while learning: rate, batch, gradient, own points. Weights stay."""
        new = check(settings)
        for name in ("rate", "batch", "gradient"):
            if new[name] != self.settings[name]:
                self._touch(name)
        if (new["data"], new["own"]) != (self.settings["data"], self.settings["own"]):
            fresh = Session(new)
            self._touch("points")
            self.x, self.y, self.train, self.held = fresh.x, fresh.y, fresh.train, fresh.held
            new["heldout"] = fresh.settings["heldout"]
            self.row = 0
        self.settings = new
        self.model.optimizer.learning_rate = new["rate"]
        self.model.optimizer.gradient = new["gradient"]

    def _touch(self, what: str) -> None:
        if what == "weights" or self.begun:
            self.touched = [*dict.fromkeys([*self.touched, what])]

    # Looking.

    def frame(self, side: int = GRID) -> dict[str, Any]:
        """Return what the page draws: flat arrays, the output's of side x side, and numbers."""
        values, seen = grid(side), []
        for layer in self.model.layers:
            values = layer(values)
            if isinstance(layer, keras.layers.Dense):
                seen.append(values)
        step = side // NEURON_GRID
        hidden = [
            picture.reshape(side, side, -1)[::step, ::step].transpose(2, 0, 1).ravel()
            for picture in seen[:-1]
        ]
        y_pred = self.model(self.x)
        split = len(self.train[0])
        loss = self._loss(slice(split), y_pred)
        held_loss = self._loss(slice(split, None), y_pred) if self.held else math.nan
        if not (math.isfinite(loss) and np.isfinite(values).all()):
            raise Problem("not_finite", epoch=self.epoch)
        border = 0.5 if LOSSES[self.settings["loss"]] == "sigmoid" else 0.0
        return {
            "epoch": self.epoch + self.row / len(self.train[0]),
            "loss": loss,
            "held_loss": held_loss,
            "wrong": int(((y_pred[:, 0] > border) != self.y).sum()),
            "count": len(self.x),
            "output": values.ravel(),
            "hidden": np.concatenate(hidden) if hidden else np.zeros(0, "float32"),
            "weights": self.weights(),
        }

    def _loss(self, rows: slice, y_pred: Any) -> float:
        """Return what ``evaluate`` would, without looking through the whole model first."""
        return float(
            self.model.compute_loss(self.x[rows], self.y[rows].reshape(-1, 1), y_pred[rows])
        )

    def weights(self) -> Any:
        """Return all weights in one row: kernel and bias of each layer, kernels row by row."""
        return np.concatenate([weight.ravel() for weight in self.model.get_weights()])

    def code(self, with_weights: bool = False) -> str:
        """Return code that gives this model: by training it, or by its weights as they are."""
        if with_weights:
            last = setting(self.model.get_weights())
        else:
            last = fitting(self.settings, max(1, self.epoch) if self.begun else 100)
        return "\n".join([definition(self.settings), last, EVALUATE]).replace("\n\n\n", "\n\n")

    def points(self) -> Any:
        """Return x1, x2, class and whether it is held out, for each point in a row."""
        held = np.arange(len(self.x)) >= len(self.train[0])
        return np.column_stack([self.x, self.y, held]).astype("float32").ravel()

    def trace(self, x1: float, x2: float) -> dict[str, Any]:
        """Return every number of the forward and backward pass of the point nearest to here."""
        near = int(np.argmin(np.hypot(self.x[:, 0] - x1, self.x[:, 1] - x2)))
        x, y = self.x[near : near + 1], self.y[near : near + 1]
        return {
            "index": near,
            "forward": str(self.model.trace(x)),
            "backward": str(self.model.trace_gradients(x, y)),
        }

    # One weight.

    def set_weight(self, index: int, value: float) -> None:
        """Write the weight at ``index`` of ``weights()``."""
        if not math.isfinite(value):
            raise Problem("weight", value=value)
        variable, place = self._place(index)
        new = variable.numpy().copy()
        new.flat[place] = value
        variable.assign(new)
        self._touch("weights")

    def gradient(self, index: int) -> dict[str, float]:
        """Return the slope of the training loss by one weight: by backpropagation, by differences.

        Dropout rests. In float32, the two agree to about four digits.
        """
        x, y = self.train[0], self.train[1].reshape(-1, 1)
        variable, place = self._place(index)
        with keras.GradientTape() as tape:
            loss = self.model.compute_loss(x, y, self.model(x))
        analytic = tape.gradient(loss, variable)
        before = variable.numpy().copy()

        def loss_at(value: float) -> float:
            moved = before.copy()
            moved.flat[place] = value
            variable.assign(moved)
            return float(self.model.compute_loss(x, y, self.model(x)))

        h = float(np.finfo("float32").eps) ** (1 / 3)
        try:
            numerical = keras.numerical_diff(loss_at, float(before.flat[place]), h=h)
        finally:
            variable.assign(before)
        return {"analytic": float(np.ravel(analytic)[place]), "numerical": float(numerical)}

    def _place(self, index: int) -> tuple[Any, int]:
        sizes = [weight.numpy().size for weight in self.model.weights]
        ends = list(itertools.accumulate(sizes))
        for variable, size, end in zip(self.model.weights, sizes, ends):
            if 0 <= index < end:
                return variable, index - (end - size)
        raise Problem("weight", value=index)


class Playground:
    """Answers the page's messages, one session at a time."""

    session: Session
    _frame_seconds = 0.0

    def handle(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do what ``message["type"]`` says; a failure is an answer too, ``{"error": ...}``."""
        try:
            return self._answers[message["type"]](self, message)
        except Problem as problem:
            return {"error": problem.code, **problem.details}
        except Exception as error:  # the library's own words name what is wrong and the remedy
            return {"error": "other", "text": f"{type(error).__name__}: {error}"}

    def _build(self, message: dict[str, Any]) -> dict[str, Any]:
        self.session = Session(message["settings"])
        return self._news()

    def _change(self, message: dict[str, Any]) -> dict[str, Any]:
        self.session.change(message["settings"])
        return self._news()

    def _advance(self, message: dict[str, Any]) -> dict[str, Any]:
        self.session.advance(message["epochs"], message["seconds"] - self._frame_seconds)
        begin = time.perf_counter()
        frame = self.session.frame()
        self._frame_seconds = time.perf_counter() - begin  # the next step leaves room for it
        return frame

    def _look(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.session.frame(FINE_GRID)

    def _code(self, message: dict[str, Any]) -> dict[str, Any]:
        session = self.session
        touched = [*session.touched, *(["epoch"] if session.row else [])]
        return {"code": session.code(message["weights"]), "touched": touched}

    def _weight(self, message: dict[str, Any]) -> dict[str, Any]:
        self.session.set_weight(message["index"], message["value"])
        return self.session.frame()

    def _gradient(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"index": message["index"], **self.session.gradient(message["index"])}

    def _trace(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.session.trace(message["x1"], message["x2"])

    def _csv(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"own": np.array(parse_csv(message["text"]), "int32").ravel()}

    def _news(self) -> dict[str, Any]:
        return {"points": self.session.points(), **self.session.frame()}

    _answers: dict[str, Callable[["Playground", dict[str, Any]], dict[str, Any]]] = {
        "build": _build,
        "change": _change,
        "advance": _advance,
        "look": _look,
        "code": _code,
        "weight": _weight,
        "gradient": _gradient,
        "trace": _trace,
        "csv": _csv,
    }
