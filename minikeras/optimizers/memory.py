"""What an optimizer knows: its variables, what it remembers for each, and its saved state."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.autodiff import Variable, bare
from minikeras.autodiff.flat import FlatVector
from minikeras.optimizers.blocks import BLOCK, Walk, plan_walk
from minikeras.optimizers.settings import Settings, check_rate
from minikeras.optimizers.slots import (
    ACCUMULATOR,
    AVERAGE,
    Slots,
    carry_over,
    make_slots,
    read,
    slot_variables,
    write,
)

__all__ = ["Memory"]


class Memory(Settings):
    """The variables of an optimizer in one vector, and the slots beside them; see ``Optimizer``."""

    alternating: ClassVar[int] = 1
    """How many of the first slots stand alternately in ``variables``, as in Keras's files."""

    by_variable: ClassVar[bool] = False
    """Whether ``update`` gets each variable in its shape, instead of blocks of all in a row."""

    def _start(self) -> None:
        self._excluded: list[Variable] = []
        self._excluded_paths: set[str] = set()  # takes its place in a copy, which has no variables
        self._excluded_names: re.Pattern[str] | None = None
        self._saved: dict[str, Array] | None = None
        self._forget()

    def _forget(self) -> None:
        """Be as before ``build``."""
        self.built = False
        self.flat = FlatVector([])
        self._slots: Slots = {}
        self._indices: dict[int, int] = {}
        self._walks: dict[tuple[int, ...], Walk] = {}
        self._walk: Walk | None = None
        self._cells: list[Array] = []

    # What a subclass says.

    def slots(self) -> dict[str, float] | dict[str, float | None]:
        """Return the name and first value of each slot, in Keras's order; none by default.

        None starts a slot at the weights.
        """
        return {}

    def slot_shape(self, name: str, variable: Variable) -> Shape | None:
        """Return the shape of a slot for ``variable``; None if it has none.

        Other shapes than the variable's own are for optimizers that work ``by_variable``.
        """
        return variable.value.shape

    # Variables.

    def build(self, variables: Iterable[Variable]) -> None:
        """Put ``variables`` into one vector and make the slots.

        Parameters
        ----------
        variables : iterable of Variable
            Called again with the same ones it changes nothing; with others, the slots of those
            that stay are kept.

        Raises
        ------
        ValueError
            If a restored state does not fit.
        """
        variables = list(variables)
        if self._knows(variables) and list(self._starts()) == list(self._slots):
            if not self.flat.attached():
                self.flat.attach()
            return
        self._take_over(FlatVector(variables))

    def _knows(self, variables: list[Variable]) -> bool:
        """Whether it was built with these, in this order."""
        return self.built and list(map(id, variables)) == list(map(id, self._listed()))

    def _listed(self) -> list[Variable]:
        """Return the variables in the order they were given."""
        return self.flat.variables

    def _starts(self) -> dict[str, float | None]:
        """Return the first value of every slot, those that any optimizer may have included."""
        starts: dict[str, float | None] = {AVERAGE: None} if self.use_ema else {}
        if self.gradient_accumulation_steps is not None:
            starts[ACCUMULATOR] = 0.0
        return {**starts, **self.slots()}

    def _take_over(self, flat: FlatVector) -> None:
        """Make the slots for the variables in ``flat``."""
        slots = make_slots(flat, self._starts(), self._shape_of)
        if self._saved is not None:
            read(self._saved, flat, slots)
            self._saved = None
        carry_over(self.flat, self._slots, flat, slots)
        self._forget()
        self.flat, self._slots, self.built = flat, slots, True
        self._indices = {id(variable): i for i, variable in enumerate(flat.variables)}
        self._plan()

    def _shape_of(self, name: str, variable: Variable) -> Shape | None:
        if name in (AVERAGE, ACCUMULATOR):
            return variable.value.shape
        return self.slot_shape(name, variable)

    def _own_slots(self) -> list[str]:
        return [name for name in self._slots if name not in (AVERAGE, ACCUMULATOR)]

    def _plan(self) -> None:
        size = min(BLOCK, self.flat.values.size)
        if self.by_variable:
            size = max([size, *(variable.value.size for variable in self.flat.variables)])
        self._scratch = np.empty(size, self.flat.values.dtype)
        self._walks = {}
        self._walk = self._walk_over(tuple(range(len(self.flat.variables))))

    def _walk_over(self, present: tuple[int, ...]) -> Walk:
        if present not in self._walks:
            slots = [self._slots[name] for name in self._own_slots()]
            decays = [self._decays(variable) for variable in self.flat.variables]
            self._walks[present] = plan_walk(
                self.flat, slots, self._scratch, present, decays, self.by_variable
            )
        return self._walks[present]

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Say which variables weight decay leaves alone.

        Parameters
        ----------
        var_list : iterable of Variable, optional
        var_names : iterable of str, optional
            Variables in whose name one of these (regular expressions) is found, such as
            ``["bias"]``.

        Examples
        --------
        >>> from minikeras.optimizers import AdamW
        >>> optimizer = AdamW()
        >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
        """
        self._excluded = list(var_list or [])
        self._excluded_paths = set()
        names = "|".join(var_names or [])
        self._excluded_names = re.compile(names) if names else None
        if self.built:
            self._plan()

    def _decays(self, variable: Variable) -> bool:
        if any(variable is one for one in self._excluded):
            return False
        if variable.path in self._excluded_paths:
            return False
        return self._excluded_names is None or not self._excluded_names.search(variable.name)

    @property
    def variables(self) -> list[Variable]:
        """Count, learning rate and slots, in the order of Keras's files.

        The first two are copies; the slots are views: what is assigned to them holds.
        """
        count = np.array(min(self._count, 2**31 - 1), np.int32)  # as in Keras's files
        found = [Variable(count, trainable=False, name="iteration")]
        if isinstance(self._rate, float):
            found.append(Variable(self._rate, trainable=False, name="learning_rate"))
        own = self._own_slots()
        groups = [
            *([name] for name in self._slots if name not in own),
            own[: self.alternating],
            *([name] for name in own[self.alternating :]),
        ]
        return found + slot_variables(self.flat, self._slots, groups)

    @property
    def average(self) -> Array | None:
        """The moving average of the weights, laid out as ``flat.values``; None without one."""
        return self._slots[AVERAGE].vector if AVERAGE in self._slots else None

    # State.

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set everything that ``variables`` lists, such as what a Keras file holds.

        Parameters
        ----------
        weights : sequence of array_like
            In the order and shapes of ``variables``.

        Raises
        ------
        ValueError
            If the optimizer was not built, or the number or a shape differs; nothing is changed
            then.

        Examples
        --------
        >>> import minikeras
        >>> from minikeras.optimizers import SGD
        >>> optimizer = SGD(0.5, momentum=0.9)
        >>> optimizer.build([minikeras.Variable([1.0, 2.0])])
        >>> optimizer.set_weights([7, 0.25, [0.5, 0.0]])
        >>> optimizer.iterations, optimizer.learning_rate
        (7, 0.25)
        """
        if not self.built:
            raise ValueError(f"{self.name} is not built yet; call build(variables) first")
        variables = self.variables
        values = [np.asarray(bare(weight)) for weight in weights]
        if len(values) != len(variables):
            raise ValueError(
                f"{self.name} expected {len(variables)} arrays, got {len(values)}; give one for "
                "each of its variables"
            )
        for variable, value in zip(variables, values):
            if value.shape != variable.value.shape:
                raise ValueError(
                    f"{self.name} expected shape {variable.value.shape} for {variable.name!r}, "
                    f"got {value.shape}; nothing was changed"
                )
        self._assign(variables, values)

    def _assign(self, variables: list[Variable], values: list[Array]) -> None:
        """Take in ``values`` of the right shapes: count, learning rate, slots."""
        rate = self._rate
        if isinstance(rate, float):
            rate = check_rate(float(values[1]))
        self._count, self._rate = int(values[0]), rate
        for variable, value in zip(variables, values):
            variable.value[...] = value  # count and rate are copies, slots are views

    def state(self) -> dict[str, Array]:
        """Return what the optimizer has learnt, as arrays: copies that fit ``load_state``.

        Returns
        -------
        dict
            ``"iterations"``, ``"learning_rate"`` unless that is a schedule, and
            ``"<slot>/<number of the variable>"``.

        Examples
        --------
        >>> import minikeras
        >>> from minikeras.optimizers import SGD
        >>> optimizer = SGD(0.5, momentum=0.9)
        >>> optimizer.apply([[0.2, 0.4]], [minikeras.Variable([1.0, 2.0])])
        >>> sorted(optimizer.state())
        ['iterations', 'learning_rate', 'momentum/0']
        """
        found = {"iterations": np.array(self._count, np.int64)}
        if isinstance(self._rate, float):
            found["learning_rate"] = np.array(self._rate)
        for name, value in (self._saved or {}).items():
            if "/" in name:
                found[name] = value.copy()
        return found | write(self._slots)

    def load_state(self, state: dict[str, Array]) -> None:
        """Go on from what ``state`` gave; before ``build``, the slots wait for it.

        Parameters
        ----------
        state : dict of array

        Raises
        ------
        ValueError
            If names or shapes do not fit; nothing is changed then.
        """
        state = {name: np.array(value) for name, value in state.items()}
        if "iterations" not in state:
            raise ValueError(
                f"the state of an optimizer holds 'iterations', got {sorted(state)}; give what "
                "state() returned"
            )
        rate = self._rate
        if "learning_rate" in state and isinstance(rate, float):
            rate = check_rate(float(state["learning_rate"]))
        if self.built:
            read(state, self.flat, self._slots)
        waits = not self.built and any("/" in name for name in state)
        self._saved = state if waits else None
        self._count = int(state["iterations"])
        self._rate = rate

    def __getstate__(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in vars(self).items() if name not in _TRANSIENT},
            "_saved": self.state() if self.built else self._saved,
            "_excluded": [],
            "_excluded_paths": self._excluded_paths | {one.path for one in self._excluded},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()


# What belongs to the variables: a copy or a pickle holds the state as arrays instead.
_TRANSIENT = {
    "built",
    "flat",
    "_cells",
    "_indices",
    "_scratch",
    "_slots",
    "_walk",
    "_walks",
}
