"""A Python file in the making: a block of NumPy for each layer, and the weights beside it."""

import keyword
import operator
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from minikeras import activations, ops
from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.autodiff.array_methods import astype
from minikeras.export.activations import op_of
from minikeras.export.python.source import RUNTIME
from minikeras.export.value import Mask, Value
from minikeras.export.walk import Target, Write, writing
from minikeras.graph import KerasTensor, placeholders
from minikeras.layers import Operation
from minikeras.layers.inference import infer
from minikeras.tree import map_leaves

__all__ = ["LAYERS", "Code", "Writer", "shown", "writes"]

LAYERS: dict[type, Write] = {}
"""Class of layers -> ``(writer, layer, input, **other arguments)``, which writes a call of one."""

# Names that blocks use for what they need at once; no result of a layer has one of them.
SHORT = {"A", "U", "W", "alpha", "b", "beta", "gamma", "h", "pairs", "part", "scale", "w"}
SHORT |= {"Wq", "Wk", "Wv", "bq", "bk", "bv", "q", "k", "v", "allowed", "heads", "weights", "_"}
RESERVED = {*keyword.kwlist, *keyword.softkwlist, *RUNTIME, *SHORT, "np", "predict", "forward"}
RESERVED |= {"float", "len", "max", "range", "slice", "zip"}  # that blocks call
RESERVED |= {"batch", "batch_size", "batches", "file", "i"}

_OPERATORS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.remainder: "%",
    np.floor_divide: "//",
    np.matmul: "@",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
    np.equal: "==",
    np.not_equal: "!=",
}
_OURS: dict[Any, str] = {
    getattr(ops, name): name for name in RUNTIME if name in ops.__all__ and hasattr(ops, name)
}
_OURS |= {ops.tanh: "np.tanh", ops.exponential: "np.exp"}


writes = writing(LAYERS)


class Code(str):
    """An expression; other strings are written as strings, so that none of them can be run."""


def shown(shape: Any) -> str:
    """Return a shape as comments have it."""
    names = ["batch" if n is None and i == 0 else "any" if n is None else str(n)
             for i, n in enumerate(shape)]  # fmt: skip
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


class Writer(Target):
    """The lines of ``forward``, the functions that they call, and the weights.

    Parameters
    ----------
    name : str
        That of the model.
    """

    what = "a Python file"
    table: ClassVar[dict[type, Write]] = LAYERS

    def __init__(self, name: str):
        super().__init__(name)
        self.lines: list[str] = []
        self.weights: dict[str, Array] = {}
        self.used: set[str] = set()  # functions of export/runtime
        self.made: list[Any] = []  # what the layers of ``path`` give, the first of several
        self._titles: dict[Any, str] = {}
        self._origins: dict[str, str] = {}  # name -> another one of the same array
        self._names = set(RESERVED)

    # Names and lines.

    def unique(self, name: str) -> str:
        """Return a name for a variable: like ``name``, and not taken."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "value"
        plain = f"layer_{plain}" if plain[0].isdigit() else plain
        found, number = plain, 0
        while found in self._names:
            number += 1
            found = f"{plain}_{number}"
        self._names.add(found)
        return found

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(text)

    @contextmanager
    def block(self, layer: Any, inputs: Any, outputs: Any) -> Iterator[None]:
        """Put a comment in front of the lines of a layer: name, class and shapes."""
        with super().block(layer, inputs, outputs):
            names = "/".join(one.name for one in self.path)
            kind = type(layer).__name__
            if isinstance(layer, Operation):
                kind = getattr(layer.function, "__name__", "function")
            given = [shown(x.shape) for x in _arrays(inputs)]
            tensors = placeholders(outputs)
            made = [shown(x.shape) for x in tensors]
            comment = f"{names} ({kind}): {', '.join(given)} -> {', '.join(made)}"
            self.lines += ["", "# " + comment.translate(_PLAIN)]
            self.made.append(tensors[0] if tensors else None)
            yield
            self.made.pop()

    def settle(self, value: Value, tensor: KerasTensor) -> None:
        """Note shape and dtype of what a call gave: the comments name them."""
        value.shape, value.dtype = tensor.shape, tensor.dtype

    # Weights.

    def weight(self, item: Any, name: str = "constant") -> str:
        """Return the expression for a weight or an array, which is stored once.

        Parameters
        ----------
        item : Variable or array
        name : str
            For an array: its name after those of the layers.
        """
        item = self.named.get(id(item), item)
        key: Any = id(item) if isinstance(item, Variable) else None
        if key is None or key not in self._titles:
            array = np.asarray(item.value if isinstance(item, Variable) else item)
            if array.dtype.kind not in "fiub":
                self.refuse(f"it holds an array of dtype {array.dtype}")
            path = item.path if isinstance(item, Variable) else f"{self._prefix()}{name}"
            title, number = str(path), 0
            while title in self.weights:
                number += 1
                title = f"{path}_{number}"
            self.weights[title] = array
            if key is None:
                return f"weights[{title!r}]"
            self._titles[key] = title
        return f"weights[{self._titles[key]!r}]"

    def _prefix(self) -> str:
        return "".join(f"{layer.name}/" for layer in self.path)

    def load(self, **items: Any) -> None:
        """Add a line ``W = weights["..."]`` for each weight that is there, with its shape."""
        for name, item in items.items():
            if item is not None:
                shape = tuple(np.shape(item.value if isinstance(item, Variable) else item))
                self.line(f"{name} = {self.weight(item, name)}  # {shape}")

    # Expressions.

    def call_of(self, name: str, *args: Any, **kwargs: Any) -> str:
        """Return a call of a function of ``export/runtime``, or of NumPy."""
        if name in RUNTIME:
            self.used.add(name)
        parts = [self.text(item) for item in args]
        parts += [f"{key}={self.text(item)}" for key, item in kwargs.items()]
        return f"{name}({', '.join(parts)})"

    def text(self, item: Any) -> str:
        """Return an argument as Python; as it is if it is ``Code``."""
        if isinstance(item, Code):
            return str(item)
        if isinstance(item, Value):
            return item.name
        if isinstance(item, Mask):
            return item.value().name
        if isinstance(item, Variable | np.ndarray):
            return self.weight(item)
        if isinstance(item, np.generic):
            return f"np.{item.dtype.type.__name__}({_number(item.item())})"
        if isinstance(item, tuple):
            return f"({', '.join(map(self.text, item))}{',' if len(item) == 1 else ''})"
        if isinstance(item, list):
            return f"[{', '.join(map(self.text, item))}]"
        if isinstance(item, np.dtype):
            return repr(item.name)
        if isinstance(item, type) and issubclass(item, np.generic | bool | int | float):
            return repr(np.dtype(item).name)
        if isinstance(item, slice):
            return f"slice({self.text(item.start)}, {self.text(item.stop)}, {self.text(item.step)})"
        if item is None or item is ... or isinstance(item, bool | int | float | str):
            return _number(item)
        return self.refuse(f"it is called with {item!r}, which has no counterpart there")

    def activation(self, activation: Any, x: str) -> str:
        """Return the expression for an activation of the expression ``x``."""
        function, settings = op_of(activation)
        if function is activations.linear:
            return x
        name = _OURS.get(function)
        if name is None:
            given = self.result(x)
            given.shape, given.dtype = self.made[-1].shape, self.made[-1].dtype
            return str(self.function(function, given).name)
        name, told = _told(name, settings)
        return self.call_of(name, Code(x), **told)

    def activation_name(self, activation: Any) -> str:
        """Return what calls an activation, to hand over to another function."""
        function, settings = op_of(activation)
        if function is activations.linear:
            return Code("lambda z: z")
        name = _OURS.get(function)
        if name is None:
            self.refuse(f"its activation {getattr(function, '__name__', function)} is not known")
        name, told = _told(name, settings)
        if not told:
            self.used |= {name} & set(RUNTIME)
            return Code(name)
        return Code(f"lambda z: {self.call_of(name, Code('z'), **told)}")

    def result(self, expression: str, name: str | None = None) -> Value:
        """Add a line that gives an expression a name: that of the layer, unless it is told."""
        base = name or (self.path[-1].name if self.path else "value")
        value = Value(self.unique(base), (), "")
        self.line(f"{value.name} = {expression}")
        return value

    def same(self, x: Value) -> Value:
        """Add a line that gives an array another name, that of the layer."""
        value = self.result(x.name)
        self._origins[value.name] = self.origin(x)
        return value

    def origin(self, x: Value) -> str:
        """Return the first name of an array."""
        return self._origins.get(x.name, x.name)

    def finished(self, expression: str, activation: Any) -> Value:
        """Add what most layers end with: a weighted sum ``A`` and its activation."""
        if op_of(activation)[0] is activations.linear:
            return self.result(expression)
        self.line(f"A = {expression}")
        return self.result(self.activation(activation, "A"))

    def cast(self, x: Value, dtype: str) -> Value:
        """Change the dtype."""
        if x.dtype == dtype:
            return x
        value = self.result(f"{x.name}.astype({dtype!r})", f"{x.name}_as_{dtype}")
        value.shape, value.dtype = x.shape, dtype
        return value

    # Functions.

    def function(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a call of a NumPy function or an op."""
        expression = self._expression(function, args, kwargs)
        if expression is None:
            found = self.function_apart(function, args, kwargs)
            if found is None:
                name = getattr(function, "__name__", repr(function))
                self.refuse(f"the function {name} has no counterpart there")
            return found
        tensors = infer(lambda given: function(*given[0], **given[1]), _as_tensors((args, kwargs)))
        flat = placeholders(tensors)
        base = self.base or (self.path[-1].name if self.path else "value")
        names = [self.unique(base) for _ in flat]
        several = isinstance(tensors, list | tuple)
        left = ", ".join(names) + ("," if several and len(names) == 1 else "")
        self.line(f"{left} = {expression}")
        values = {id(t): Value(n, t.shape, t.dtype) for n, t in zip(names, flat)}
        return map_leaves(lambda tensor: values[id(tensor)], tensors)

    def _expression(self, function: Any, args: Any, kwargs: Any) -> str | None:
        if function in _OPERATORS and len(args) == 2 and not kwargs:
            left = self.text(args[0])
            left = f"({left})" if left.startswith("-") else left
            return f"{left} {_OPERATORS[function]} {self.text(args[1])}"
        if function is np.negative:
            return f"-{self.text(args[0])}"
        if function is operator.getitem:
            return f"{args[0].name}[{self._index(args[1])}]"
        if function is astype:
            return f"{args[0].name}.astype({np.dtype(args[1]).name!r})"
        if function in (activations.linear, ops.stop_gradient):
            return str(args[0].name)
        given = {key: item for key, item in kwargs.items() if not _usual(key, item)}
        name = _OURS.get(function) or _numpy_name(function)
        if name == "relu" and (len(args) > 1 or given):
            name = "relu_with"
        return None if name is None else self.call_of(name, *args, **given)

    def _index(self, index: Any) -> str:
        items = index if isinstance(index, tuple) else (index,)
        return ", ".join(map(self._place, items)) or "()"

    def _place(self, item: Any) -> str:
        if item is None:
            return "np.newaxis"
        if not isinstance(item, slice):
            return self.text(item)
        start, stop, step = (
            "" if end is None else self.text(end) for end in (item.start, item.stop, item.step)
        )
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


_PLAIN = {code: " " for code in (*range(32), 0x7F, 0x85, 0x2028, 0x2029)}


def _number(item: Any) -> str:
    if isinstance(item, float) and item != item:
        return "np.nan"
    if isinstance(item, float) and abs(item) == float("inf"):
        return "np.inf" if item > 0 else "-np.inf"
    return repr(item)


def _usual(key: str, item: Any) -> bool:
    """Whether NumPy's functions need not be told a setting."""
    return item is None or (key in ("keepdims", "ddof") and not item)


def _told(name: str, settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the function for an activation, and the settings that are not its usual ones."""
    if name == "relu":
        name = "relu_with"
    told = {key: item for key, item in settings.items() if item != _default(name, key)}
    return ("relu" if name == "relu_with" and not told else name), told


def _default(name: str, setting: str) -> Any:
    code = RUNTIME.get(name)
    if code is None:
        return None
    count = code.__code__.co_argcount
    names = code.__code__.co_varnames[:count]
    defaults = dict(zip(names[::-1], (code.__defaults__ or ())[::-1]))
    return defaults.get(setting)


def _numpy_name(function: Any) -> str | None:
    name = getattr(function, "__name__", "")
    for module, title in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        if name and getattr(module, name, None) is function:
            return f"{title}.{name}"
    return None


def _arrays(structure: Any) -> list[Value]:
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in _arrays(item)]
    return [structure] if isinstance(structure, Value) else []


def _as_tensors(structure: Any) -> Any:
    def convert(leaf: Any) -> Any:
        if isinstance(leaf, Mask):
            leaf = leaf.value()
        return KerasTensor(leaf.shape, leaf.dtype) if isinstance(leaf, Value) else leaf

    return map_leaves(convert, structure)
