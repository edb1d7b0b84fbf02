"""What every optimizer shares: clipping, weight decay, averaging, constraints, counting."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import Variable, bare
from minikeras.optimizers import around
from minikeras.optimizers.blocks import Walk
from minikeras.optimizers.memory import Memory
from minikeras.optimizers.slots import ACCUMULATOR, AVERAGE

__all__ = ["Optimizer"]


class Optimizer(Memory):
    """Base of the optimizers: a formula that is applied to all weights as one vector.

    A subclass names its slots (what it remembers for each weight) and gives the formula:
    ``slots`` and ``update``. One whose formula needs the shapes sets ``by_variable = True``: its
    ``update`` then gets one variable at a time. Everything else happens here, in this order: divide
    by the loss scale, accumulate gradients, clip, decay weights, update, average, constrain, count.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable without arguments
        At least 0.
    weight_decay : float, optional
        Before each step, every weight loses this share of itself times the learning rate.
    clipnorm : float, optional
        Largest length of the gradient of one variable; longer ones are scaled down.
    clipvalue : float, optional
        Largest absolute value of an element of the gradient.
    global_clipnorm : float, optional
        Largest length of the gradient of all variables together. At most one of the three.
    use_ema : bool, default False
        Keep an exponential moving average of the weights; the weights take its values at the end
        of ``fit``, see ``finalize_variable_values``.
    ema_momentum : float in [0, 1], default 0.99
        What the average keeps of itself at each step.
    ema_overwrite_frequency : int, optional
        The weights take the values of the average every so many steps.
    loss_scale_factor : float, optional
        What the loss is multiplied by before the gradient is taken, see ``scale_loss``;
        gradients are divided by it.
    gradient_accumulation_steps : int, optional
        Change the weights only every so many steps, with the mean gradient. At least 2.
    name : str, optional
    gradient : {"analytic", "numerical"}
        How ``fit`` finds the gradient: by walking back through the network, or by central
        differences of the loss.

    Attributes
    ----------
    flat : FlatVector
        The variables' numbers and gradients, once built.
    built : bool

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    Notes
    -----
    In ``fit``, a trainable weight that the loss of a batch does not depend on has gradient 0 in
    that step: momentum, moments and weight decay still move it, as in Keras on JAX. To leave it
    where it is, freeze its layer, or give ``apply`` the gradient None for it, as ``GradientTape``
    does by itself.

    Examples
    --------
    Plain gradient descent, written anew:

    >>> import minikeras
    >>> from minikeras.optimizers import Optimizer
    >>> class Descent(Optimizer):
    ...     def update(self, w, g, learning_rate, step, scratch):
    ...         g *= learning_rate
    ...         w -= g
    >>> w = minikeras.Variable([1.0, 2.0])
    >>> optimizer = Descent(0.5)
    >>> optimizer.apply([[0.2, 0.4]], [w])
    >>> w.numpy()
    array([0.9, 1.8], dtype=float32)
    """

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Change one block of weights in place.

        A subclass defines ``update(self, w, g, learning_rate, step, *slots, scratch)``, one
        parameter for each slot.

        Parameters
        ----------
        w, g : array, shape (n,), or that of the variable
            Weights, and their gradient, which may be overwritten.
        learning_rate : float
        step : int
            Number of this update, from 1.
        *slots : array, of the same shape, or as ``slot_shape`` says
            One for each name in ``slots``, changed in place.
        scratch : array, of the same shape
            To be used at will.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define "
            "update(self, w, g, learning_rate, step, *slots, scratch)"
        )

    def scalars(self, *values: float) -> list[Array]:
        """Return numbers as 0-d arrays of the weights' dtype, for use within ``update``.

        NumPy takes 0.18 us for an array times such a number, 0.41 us for an array times a float,
        which is what a step over a small network consists of.
        """
        cells = self._cells
        while len(cells) < len(values):
            cells.append(np.empty((), self.flat.values.dtype))
        for cell, value in zip(cells, values):
            cell[()] = value
        return cells[: len(values)]

    # The step.

    def step(self, present: tuple[int, ...] | None = None) -> None:
        """Change the weights by what ``flat.gradient`` says.

        Parameters
        ----------
        present : tuple of int, optional
            Indices of the variables that have a gradient, increasing; the others stay as they are.
            Default: all.

        Raises
        ------
        ValueError
            If the optimizer was not built.
        """
        walk = self._walk if present is None else self._walk_over(present)
        if walk is None:
            raise ValueError(
                f"{self.name} knows no variables yet; call build(variables), or apply(gradients, "
                "variables)"
            )
        if self.loss_scale_factor is not None:
            for part in walk.ranges:
                self.flat.gradient[part] /= self.loss_scale_factor
        steps = self.gradient_accumulation_steps
        if steps is None or self._accumulate(walk, steps):
            self._clip(walk)
            rate = self._rate if type(self._rate) is float else float(self.learning_rate)
            self._descend(walk, rate, self._count // (steps or 1) + 1)
        if self.use_ema:
            self._average()
        if walk.constrained:
            around.constrain(walk.constrained)
        self._count += 1

    def _descend(self, walk: Walk, rate: float, number: int) -> None:
        """Decay and update the weights."""
        update = self.update
        decay = self.weight_decay
        for w, g, rest, decaying in walk.blocks:
            if decay is not None:
                for some, lost in decaying:
                    np.multiply(some, decay * rate, lost)
                    np.subtract(some, lost, some)
            update(w, g, rate, number, *rest)

    def _accumulate(self, walk: Walk, steps: int) -> bool:
        """Add up gradients; whether there are enough for an update."""
        due = (self._count + 1) % steps == 0
        for part in walk.ranges:
            total = self._slots[ACCUMULATOR].vector
            around.accumulate(self.flat.gradient[part], total[part], steps, due)
        return due

    def _clip(self, walk: Walk) -> None:
        if self.clipnorm is not None:
            around.clip_by_norm(walk.gradients, self.clipnorm)
        elif self.global_clipnorm is not None:
            around.clip_by_global_norm(walk.gradients, self.global_clipnorm)
        elif self.clipvalue is not None:
            for part in walk.ranges:
                around.clip_by_value(self.flat.gradient[part], self.clipvalue)

    def _average(self) -> None:
        done, every = self.iterations, self.ema_overwrite_frequency
        keep = float(self.ema_momentum) if done else 0.0  # the first step starts it at the weights
        overwrite = every is not None and (done + 1) % every == 0
        around.move_average(
            self.flat.values, self._slots[AVERAGE].vector, keep, self._scratch, overwrite
        )

    def apply(
        self,
        grads: Iterable[Any],
        trainable_variables: Iterable[Variable] | None = None,
    ) -> None:
        """Change the weights by the given gradients.

        Parameters
        ----------
        grads : iterable of array_like or None
            One for each variable. A variable whose gradient is None stays as it is, with a
            warning.
        trainable_variables : iterable of Variable, optional
            Default: those that the optimizer was built with. The first call builds it.

        Raises
        ------
        ValueError
            If counts or shapes do not match, a variable is unknown, or every gradient is None;
            no weight was changed then.

        Examples
        --------
        >>> import minikeras
        >>> from minikeras.optimizers import SGD
        >>> w = minikeras.Variable([1.0, 2.0])
        >>> SGD(0.5).apply([[0.2, 0.4]], [w])
        >>> w.numpy()
        array([0.9, 1.8], dtype=float32)
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is not None:
            variables = list(trainable_variables)
            if not self.built:
                self.build(variables)
        elif self.built:
            variables = self._listed()
        else:
            raise ValueError(
                f"{self.name} knows no variables yet; call apply(grads, variables), or "
                "build(variables) first"
            )
        if len(grads) != len(variables):
            raise ValueError(
                f"{self.name} expected one gradient for each variable, got {len(grads)} gradients "
                f"for {len(variables)} variables"
            )
        if not self.flat.attached():
            self.flat.attach()
        present = self._take(grads, variables)
        self.step(None if len(present) == len(self.flat.variables) else present)

    def _take(self, grads: Sequence[Any], variables: Sequence[Variable]) -> tuple[int, ...]:
        """Copy gradients to their place; return whose they are."""
        found: dict[int, Array] = {}
        missing = []
        for gradient, variable in zip(grads, variables):
            index = self._index_of(variable)
            if gradient is None:
                missing.append(variable.path)
                continue
            gradient = np.asarray(bare(gradient))
            if gradient.shape != variable.value.shape:
                raise ValueError(
                    f"the gradient of variable {variable.path!r} must have shape "
                    f"{variable.value.shape}, got {gradient.shape}"
                )
            found[index] = gradient
        if not found:
            raise ValueError(
                f"no gradients for any variable, expected some for {', '.join(missing)}; does the "
                "loss depend on them, and was it computed within the tape, without float(...), "
                ".item() or .numpy(), whose plain numbers have no gradient?"
            )
        if missing:
            warnings.warn(
                f"no gradients for variables {', '.join(missing)}, they stay as they are; does "
                "the loss depend on them?",
                stacklevel=3,
            )
        for index, gradient in found.items():
            self.flat.views[index][...] = gradient
        return tuple(sorted(found))

    def _index_of(self, variable: Variable) -> int:
        index = self._indices.get(id(variable))
        if index is None:
            raise ValueError(
                f"unknown variable {variable.path!r}: {self.name} was built with other variables; "
                "make a new optimizer for it, or build this one with all of them"
            )
        return index

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> int:
        """Change the weights by ``(gradient, variable)`` pairs; return the count of steps.

        Examples
        --------
        >>> import minikeras
        >>> from minikeras.optimizers import SGD
        >>> w = minikeras.Variable([1.0, 2.0])
        >>> SGD(0.5).apply_gradients([([0.2, 0.4], w)])
        1
        """
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._count

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Give the variables the values of their moving average, if ``use_ema`` is set.

        Parameters
        ----------
        var_list : iterable of Variable
            The trainable variables of the model.
        """
        if self.average is not None:
            averages = self.flat.split(self.average)
            for variable in var_list:
                variable.assign(averages[self._index_of(variable)])
