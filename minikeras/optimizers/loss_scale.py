"""A loss that is scaled up as far as the gradient stays finite, for 16-bit numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number, check_positive_int
from minikeras.autodiff import Variable
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.rate import Rate
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import parameters_of, register

__all__ = ["LossScaleOptimizer"]


@register("optimizer")
class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a large number, so that small gradients do not vanish in float16.

    The gradient is divided by it again. When the gradient is not finite, the step is left out and
    the scale halved; after ``dynamic_growth_steps`` finite ones in a row it is doubled.

    Parameters
    ----------
    inner_optimizer : Optimizer
        Moves the weights; everything else is set there.
    initial_scale : float, default 2.0**15
        Above 0. One that is too large is found out soon.
    dynamic_growth_steps : int, default 2000
        At least 1.
    name : str, optional
    gradient : {"analytic", "numerical"}
        See ``Optimizer``.

    Attributes
    ----------
    scale : float
        What the next loss is multiplied by.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Micikevicius et al., "Mixed Precision Training" (2018), section 3.2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import SGD, LossScaleOptimizer
    >>> optimizer, w = LossScaleOptimizer(SGD(0.5), initial_scale=4.0), minikeras.Variable([1.0])
    >>> optimizer.scale_loss(0.25)
    1.0
    >>> optimizer.apply([[4.0]], [w])  # of the scaled loss
    >>> optimizer.apply([[float("inf")]])
    >>> w.numpy(), optimizer.scale
    (array([0.5], dtype=float32), 2.0)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        gradient: str = "analytic",
        **unknown: Any,
    ):
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(
                f"inner_optimizer must be an Optimizer, got {inner_optimizer!r} "
                f"({type(inner_optimizer).__name__})"
            )
        usual = {key: parameter.default for key, parameter in parameters_of(Optimizer).items()}
        for key, value in {**unknown}.items():
            if key in usual and value == usual[key]:  # old files of Keras name them
                del unknown[key]
            elif key in usual:
                raise ValueError(f"LossScaleOptimizer takes no {key}; set it on inner_optimizer")
        super().__init__(0.0, name=name, gradient=gradient, **unknown)
        self.inner_optimizer = inner_optimizer
        inner_optimizer.loss_scale_factor = None  # or the loss would be scaled twice
        self.initial_scale = check_number("initial_scale", initial_scale, 0, open_minimum=True)
        self.dynamic_growth_steps = check_positive_int("dynamic_growth_steps", dynamic_growth_steps)
        self.scale = self.initial_scale
        self._finite_steps = 0  # since the scale was changed

    @property
    def learning_rate(self) -> Rate:
        """That of the optimizer inside."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> int:
        """How many times the weights were changed."""
        return self.inner_optimizer.iterations

    @property
    def average(self) -> Array | None:
        return self.inner_optimizer.average

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times the scale, for the gradient to be taken of."""
        return loss * self.scale

    def build(self, variables: Iterable[Variable]) -> None:
        inner = self.inner_optimizer
        inner.build(variables)
        self.flat, self.built, self._indices = inner.flat, True, inner._indices

    def _listed(self) -> list[Variable]:
        return self.inner_optimizer._listed()

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    @property
    def variables(self) -> list[Variable]:
        """Count and learning rate of 0, steps since a change, scale, and those of the inner one."""
        steps, scale = np.array(self._finite_steps, np.int32), np.array(self.scale, np.float32)
        return [
            *super().variables,
            Variable(steps, trainable=False, name="step_counter"),
            Variable(scale, trainable=False, name="dynamic_scale"),
            *self.inner_optimizer.variables,
        ]

    def _assign(self, variables: list[Variable], values: list[Array]) -> None:
        self._finite_steps, self.scale = int(values[2]), float(values[3])
        self.inner_optimizer._assign(self.inner_optimizer.variables, values[4:])

    def step(self, present: tuple[int, ...] | None = None) -> None:
        if not self.built:
            super().step(present)  # raises
        flat = self.flat
        parts = [flat.gradient]
        if present is not None:
            parts = [flat.gradient[flat.slices[i]] for i in present]
        if not all(np.isfinite(part).all() for part in parts):
            self.scale, self._finite_steps = self.scale / 2.0, 0
            return
        for part in parts:
            np.divide(part, self.scale, out=part)
        self.inner_optimizer.step(present)
        self._finite_steps += 1
        if self._finite_steps == self.dynamic_growth_steps:
            self.scale, self._finite_steps = self.scale * 2.0, 0

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def state(self) -> dict[str, Array]:
        inner = self.inner_optimizer.state()
        return {
            "iterations": inner["iterations"],
            "scale": np.array(self.scale),
            "finite_steps": np.array(self._finite_steps, np.int64),
            **{f"inner/{name}": value for name, value in inner.items()},
        }

    def load_state(self, state: dict[str, Array]) -> None:
        if "scale" not in state or "finite_steps" not in state:
            raise ValueError(
                f"the saved state is not that of a LossScaleOptimizer, it holds {sorted(state)}; "
                "make the optimizer as it was when it was saved"
            )
        prefix = "inner/"
        self.inner_optimizer.load_state(
            {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        )
        self.scale, self._finite_steps = float(state["scale"]), int(state["finite_steps"])

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_saved": None}  # copied with the optimizer inside

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: value for key, value in config.items() if key != "learning_rate"}
