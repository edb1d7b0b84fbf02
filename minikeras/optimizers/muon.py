"""Muon: momentum made orthogonal, for matrices; Adam for the rest."""

import math
import re
from collections.abc import Sequence
from typing import Any, Never

import numpy as np

from minikeras._typing import Array, Shape
from minikeras._validation import check_fraction, check_non_negative_int, check_number
from minikeras.autodiff import Variable
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.blocks import Walk
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Muon"]


@register("optimizer")
class Muon(Optimizer):
    """Muon: each matrix moves by its momentum with all singular values brought near 1.

    ``m = momentum * m + g``; ``g + momentum * m`` (or ``m`` without ``nesterov``), scaled to length
    1, goes ``ns_steps`` times through ``x = a * x + (b * s + c * s @ s) @ x`` with ``s = x @ x.T``,
    and ``w -= learning_rate * rms_rate * sqrt(max(rows, columns)) * x``.

    Whatever is no matrix, embeddings, and what ``exclude_layers`` names move as under AdamW.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    adam_beta_1, adam_beta_2 : float in [0, 1), default 0.9 and 0.999
        Adam's running means.
    adam_weight_decay : float or None, default 0.004
        Decay of the variables that Adam moves.
    epsilon : float, default 1e-7
        Adam's.
    weight_decay : float or None, default 0.004
        Decay of the matrices that Muon moves.
    exclude_layers : list of str, optional
        Variables in whose path one of these (regular expressions) is found move by Adam.
    exclude_embeddings : bool, default True
        So do those with ``embedding`` in their path.
    muon_a, muon_b, muon_c : float, default 3.4445, -4.775, 2.0315
        Coefficients of the iteration.
    adam_lr_ratio : float, default 1
        What Adam's learning rate is multiplied by.
    momentum : float in [0, 1], default 0.95
    ns_steps : int, default 5
        Number of iterations.
    nesterov : bool, default True
    rms_rate : float or None, default 0.2
        Scales steps to the size of Adam's; None leaves this factor and the root out.
    clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Jordan et al., "Muon: An Optimizer for Hidden Layers in Neural Networks" (2024). Scale: Liu et
    al., "Muon is Scalable for LLM Training" (2025), section 2.2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Muon
    >>> w = minikeras.Variable([[1.0, 0.0], [0.0, 1.0]])
    >>> Muon(0.1, weight_decay=None).apply([[[5.0, 0.0], [0.0, 5.0]]], [w])
    >>> w.numpy().round(2) + 0.0
    array([[0.97, 0.  ],
           [0.  , 0.97]], dtype=float32)
    """

    alternating = 2
    by_variable = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        gradient: str = "analytic",
        **unknown: Never,
    ):
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            gradient,
            **unknown,
        )
        if isinstance(exclude_layers, str):
            raise TypeError(
                f"exclude_layers must be a list of names, got {exclude_layers!r}; write "
                f"[{exclude_layers!r}]"
            )
        for key, value in {"adam_weight_decay": adam_weight_decay, "rms_rate": rms_rate}.items():
            if value is not None:
                check_number(key, value, 0)
        self.adam_beta_1 = check_fraction("adam_beta_1", adam_beta_1)
        self.adam_beta_2 = check_fraction("adam_beta_2", adam_beta_2)
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = check_number("epsilon", epsilon, 0)
        self.exclude_layers = exclude_layers or None  # Keras's files hold an empty list for None
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = check_number("muon_a", muon_a)
        self.muon_b = check_number("muon_b", muon_b)
        self.muon_c = check_number("muon_c", muon_c)
        self.adam_lr_ratio = check_number("adam_lr_ratio", adam_lr_ratio, 0)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.ns_steps = check_non_negative_int("ns_steps", ns_steps)
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "exclude_layers": list(self.exclude_layers or [])}

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0, "velocity": 0.0}

    def slot_shape(self, name: str, variable: Variable) -> Shape | None:
        if name == "velocity" and not self._goes_by_adam(variable):
            return None
        return variable.value.shape

    def _goes_by_adam(self, variable: Variable) -> bool:
        path = variable.path
        return (
            variable.value.ndim != 2
            or (self.exclude_embeddings and "embedding" in path.lower())
            or any(re.search(name, path) for name in self.exclude_layers or [])
        )

    def _descend(self, walk: Walk, rate: float, number: int) -> None:
        for w, g, rest, decaying in walk.blocks:
            decay = self.weight_decay if rest[1] is None else self.adam_weight_decay
            if decay is not None:
                for some, lost in decaying:
                    np.multiply(some, decay * rate, lost)
                    np.subtract(some, lost, some)
            self.update(w, g, rate, number, *rest)  # type: ignore[arg-type]

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        m: Array,
        v: Array | None,
        scratch: Array,
    ) -> None:
        if v is None:
            self._muon(w, g, learning_rate, m, scratch)
        else:
            self._adam(w, g, learning_rate * self.adam_lr_ratio, step, m, v, scratch)

    def _muon(self, w: Array, g: Array, learning_rate: float, m: Array, scratch: Array) -> None:
        np.multiply(m, self.momentum, m)
        np.add(m, g, m)
        if self.nesterov:
            np.multiply(m, self.momentum, scratch)
            np.add(g, scratch, g)
        else:
            g[...] = m
        size = learning_rate
        if self.rms_rate is not None:
            size *= self.rms_rate * math.sqrt(max(w.shape))
        np.multiply(self._orthogonal(g), size, scratch)
        np.subtract(w, scratch, w)

    def _orthogonal(self, g: Array) -> Array:
        """Bring the singular values of a matrix near 1 by Newton-Schulz iterations."""
        flat = g.reshape(-1)
        x = (g.T if g.shape[0] > g.shape[1] else g) / (math.sqrt(flat.dot(flat)) + 1e-7)
        for _ in range(self.ns_steps):
            s = x @ x.T  # of the shorter side
            x = self.muon_a * x + (self.muon_b * s + (self.muon_c * s) @ s) @ x
        return x.T if g.shape[0] > g.shape[1] else x

    def _adam(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        m: Array,
        v: Array,
        scratch: Array,
    ) -> None:
        beta_1, beta_2 = self.adam_beta_1, self.adam_beta_2
        np.subtract(g, m, scratch)
        np.multiply(scratch, 1.0 - beta_1, scratch)
        np.add(m, scratch, m)
        np.multiply(g, g, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, 1.0 - beta_2, scratch)
        np.add(v, scratch, v)
        np.sqrt(v, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(m, scratch, scratch)
        alpha = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
        np.multiply(scratch, alpha, scratch)
        np.subtract(w, scratch, w)
