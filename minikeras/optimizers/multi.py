"""Several optimizers in one, each for some of the variables."""

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any

from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.autodiff.flat import FlatVector
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.loss_scale import LossScaleOptimizer
from minikeras.optimizers.rate import Rate
from minikeras.registry import Configurable, register

__all__ = ["MultiOptimizer", "OptimizerMap"]


@register("optimizer_map")
class OptimizerMap(MutableMapping[str, Optimizer], Configurable):
    """Which optimizer moves which variable, by the variable's path.

    Parameters
    ----------
    default_optimizer : Optimizer
        For all variables that nothing else fits.
    optimizer_map : dict of str to Optimizer, optional
        Keys are paths such as ``"dense/kernel"``, or regular expressions that fit all of a path,
        such as ``"encoder/.*"``.

    Raises
    ------
    TypeError
        If a value is no Optimizer, or a key no string.
    ValueError
        If a key is given twice, or is not a regular expression, or an optimizer is itself made of
        others; when a variable is looked up, if two expressions fit it.

    Examples
    --------
    >>> from minikeras.optimizers import SGD, Adam, OptimizerMap
    >>> choose = OptimizerMap(SGD(0.1), {"encoder/.*": Adam()})
    >>> choose["encoder/dense/kernel"], choose["dense/kernel"]
    (Adam(), SGD(learning_rate=0.1))
    """

    def __init__(
        self,
        default_optimizer: Optimizer,
        optimizer_map: dict[str, Optimizer] | None = None,
    ):
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(
                f"optimizer_map must be a dict of path to Optimizer, got {optimizer_map!r}"
            )
        self.default_optimizer = _checked(default_optimizer)
        self.optimizer_map: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        found = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(
                f"variable {key!r} fits several keys: {', '.join(map(repr, found))}; give it a key "
                "of its own, or make the expressions narrower"
            )
        return self.optimizer_map[found[0]] if found else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise TypeError(f"a key must be a path such as 'dense/kernel', got {key!r}")
        if key in self.optimizer_map:
            raise ValueError(f"{key!r} has {self.optimizer_map[key]!r} already; delete it first")
        try:
            re.compile(key)
        except re.error as error:
            raise ValueError(f"key {key!r} is no regular expression: {error}") from None
        self.optimizer_map[key] = _checked(optimizer)

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __call__(self, variable: Variable) -> Optimizer:
        return self[variable.path]

    __repr__ = Configurable.__repr__


@register("optimizer")
class MultiOptimizer(Optimizer):
    """Moves each variable by an optimizer of its own.

    Clipping, decay and averages belong to the optimizers inside; so do the learning rates, and
    there is none of the whole.

    Parameters
    ----------
    optimizer_map : OptimizerMap or callable ``(variable) -> Optimizer``
        Asked once for each variable.
    loss_scale_factor : float, optional
        Replaces that of the optimizers inside.
    name : str, optional
    gradient : {"analytic", "numerical"}
        See ``Optimizer``.

    Attributes
    ----------
    optimizers : list of Optimizer
        Those in the map, its default, then what a callable gave, each once.

    Raises
    ------
    TypeError
        If ``optimizer_map`` is not callable; when it builds, if that gives no Optimizer.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import SGD, MultiOptimizer, OptimizerMap
    >>> kernel = minikeras.Variable([1.0], name="kernel")
    >>> bias = minikeras.Variable([1.0], name="bias")
    >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {"bias": SGD(0.125)}))
    >>> optimizer.apply([[1.0], [1.0]], [kernel, bias])
    >>> kernel.numpy(), bias.numpy()
    (array([0.5], dtype=float32), array([0.875], dtype=float32))
    """

    def __init__(
        self,
        optimizer_map: Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
        gradient: str = "analytic",
    ):
        if not callable(optimizer_map):
            raise TypeError(
                "optimizer_map must be an OptimizerMap or a function (variable) -> Optimizer, got "
                f"{optimizer_map!r} ({type(optimizer_map).__name__})"
            )
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name, gradient=gradient)
        self.optimizer_map = optimizer_map
        self.optimizers: list[Optimizer] = []
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (
                *optimizer_map.optimizer_map.values(),
                optimizer_map.default_optimizer,
            ):
                self._place(optimizer)

    def _start(self) -> None:
        self._places: list[int] = []  # of each given variable, the index of its optimizer
        super()._start()

    def _forget(self) -> None:
        super()._forget()
        self._given: list[Variable] = []
        self._offsets: list[int] = []

    def _place(self, optimizer: Any) -> int:
        """Return the index of an optimizer, which is added if it is new."""
        for index, known in enumerate(self.optimizers):
            if known is optimizer:
                return index
        self.optimizers.append(_checked(optimizer))
        return len(self.optimizers) - 1

    @property
    def learning_rate(self) -> Rate:
        """There is none."""
        raise AttributeError(_NO_RATE)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(_NO_RATE)

    # Variables.

    def build(self, variables: Iterable[Variable]) -> None:
        variables = list(variables)
        if self._knows(variables):
            if not self.flat.attached():
                self.flat.attach()
            return
        places = self._choose(variables)
        groups: list[list[Variable]] = [[] for _ in self.optimizers]
        for variable, place in zip(variables, places):
            groups[place].append(variable)
        whole = FlatVector(variable for group in groups for variable in group)
        self._hand_out()
        start, offsets = 0, []
        for optimizer, group in zip(self.optimizers, groups):
            if group:
                optimizer._take_over(_Part(whole, start, len(group)))
            offsets.append(start)
            start += len(group)
        self._forget()
        self.flat, self.built = whole, True
        self._given, self._places, self._offsets = variables, places, offsets
        self._indices = {id(variable): i for i, variable in enumerate(whole.variables)}

    def _choose(self, variables: list[Variable]) -> list[int]:
        """Return the place of the optimizer of each variable."""
        known = {id(variable): place for variable, place in zip(self._given, self._places)}
        function = not isinstance(self.optimizer_map, OptimizerMap)
        if function and not self.built and len(self._places) == len(variables):
            return self._places  # a copy: the function may make a new optimizer for each call
        return [
            known[id(variable)]
            if id(variable) in known
            else self._place(self.optimizer_map(variable))
            for variable in variables
        ]

    def _listed(self) -> list[Variable]:
        return self._given

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        var_list, var_names = list(var_list or []), list(var_names or [])
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    @property
    def variables(self) -> list[Variable]:
        """Count, a learning rate of 0, and the variables of each optimizer inside."""
        return super().variables + [v for one in self.optimizers for v in one.variables]

    def _assign(self, variables: list[Variable], values: list[Array]) -> None:
        self._count, start = int(values[0]), 2
        for optimizer in self.optimizers:
            inner = optimizer.variables
            optimizer._assign(inner, values[start : start + len(inner)])
            start += len(inner)

    # The step.

    def step(self, present: tuple[int, ...] | None = None) -> None:
        if not self.built:
            super().step(present)  # raises
        for optimizer, offset in zip(self.optimizers, self._offsets):
            optimizer.loss_scale_factor = self.loss_scale_factor
            size = len(optimizer.flat.variables) if optimizer.built else 0
            if present is None:
                if size:
                    optimizer.step()
            elif part := tuple(i - offset for i in present if offset <= i < offset + size):
                optimizer.step(part)
        self._count += 1

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        for variable in var_list:
            place = self._places[[id(v) for v in self._given].index(id(variable))]
            self.optimizers[place].finalize_variable_values([variable])

    # State.

    def state(self) -> dict[str, Array]:
        found = {"iterations": super().state()["iterations"]}
        for i, optimizer in enumerate(self.optimizers):
            found.update({f"{i}/{name}": value for name, value in optimizer.state().items()})
        return found | (self._saved or {})

    def load_state(self, state: dict[str, Array]) -> None:
        places = {int(name.partition("/")[0]) for name in state if "/" in name}
        if "iterations" not in state or (self.built and places != set(range(len(self.optimizers)))):
            raise ValueError(
                f"the saved state is that of {len(places)} optimizers in one, expected "
                f"{len(self.optimizers)}; make the optimizer as it was when it was saved"
            )
        self._count = int(state["iterations"])
        self._saved = dict(state)
        if self.built or places == set(range(len(self.optimizers))):
            self._hand_out()

    def _hand_out(self) -> None:
        """Give the optimizers inside their part of a loaded state."""
        if self._saved is None:
            return
        for i, optimizer in enumerate(self.optimizers):
            part = {
                name.removeprefix(f"{i}/"): value
                for name, value in self._saved.items()
                if name.startswith(f"{i}/")
            }
            if part:
                optimizer.load_state(part)
        self._saved = None

    def __getstate__(self) -> dict[str, Any]:
        left_out = {"_given", "_offsets"}
        found = {k: v for k, v in super().__getstate__().items() if k not in left_out}
        return {**found, "_saved": None if self.built else self._saved}  # copied with those inside

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: value for key, value in config.items() if key != "learning_rate"}


class _Part(FlatVector):
    """Some variables of a FlatVector that stand one after the other, on the same memory."""

    def __init__(self, whole: FlatVector, start: int, count: int):
        end = start + count
        first = whole.slices[start].start
        here = slice(first, whole.slices[end - 1].stop)
        self.variables = whole.variables[start:end]
        self.slices = [slice(s.start - first, s.stop - first) for s in whole.slices[start:end]]
        self._shapes = whole._shapes[start:end]
        self.values, self.gradient = whole.values[here], whole.gradient[here]
        self.views = self.split(self.gradient)
        self.into = {id(variable): view for variable, view in zip(self.variables, self.views)}
        self._value_views = whole._value_views[start:end]


_NO_RATE = (
    "a MultiOptimizer has no learning rate; read or set those of its optimizers: "
    "optimizer.optimizers[0].learning_rate"
)


def _checked(optimizer: Any) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"expected an Optimizer, got {optimizer!r} ({type(optimizer).__name__})")
    if isinstance(optimizer, MultiOptimizer | LossScaleOptimizer):
        raise ValueError(
            f"{type(optimizer).__name__} cannot be one of several optimizers; give what is inside"
        )
    return optimizer
