"""``trace``: what happened in a forward pass, layer by layer."""

from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.inspect.explain import explain
from minikeras.inspect.record import record
from minikeras.inspect.report import Report, Step
from minikeras.tree import flatten, map_structure

__all__ = ["Trace", "trace"]


class Trace(Report):
    """What each layer made of its input; printed as text, shown by notebooks as HTML.

    Made by ``trace``, not by hand.

    Attributes
    ----------
    steps : list of Step
        One for each call of a layer or NumPy function, in the order in which they ran;
        ``trace["dense"]`` finds one.
    output : array, or a structure of them
        What the model gave.
    title : str

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([Dense(3, activation="relu"), Dense(1)])
    >>> seen = model.trace([[1.0, 2.0]])
    >>> [step.path for step in seen.steps], seen["dense"]["A"].shape
    (['dense', 'dense_1'], (1, 3))
    >>> sorted(seen.to_dict())
    ['output', 'steps', 'title']
    """

    def __init__(self, title: str, steps: list[Step], output: Any):
        self.title = title
        self.steps = steps
        self.output = output
        self._numbers = list(range(1, len(steps) + 1))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, strings and numbers, ready for JSON."""
        return {
            "title": self.title,
            "steps": [step.to_dict() for step in self.steps],
            "output": map_structure(np.ndarray.tolist, self.output),
        }

    def __repr__(self) -> str:
        return f"<Trace of {len(self.steps)} steps; print it, or look at .steps>"


def trace(model: Any, x: Any) -> Trace:
    """Run a model as ``predict`` does, and keep every number.

    Parameters
    ----------
    model : Model
    x : array, or a list or dict of them, first axis the sample
        A small batch: all of it is kept.

    Returns
    -------
    Trace

    Notes
    -----
    ``X`` is what goes into a layer, ``W`` and ``B`` its weights and bias, ``A`` the weighted sum,
    ``Z = h(A)`` what comes out. Of long arrays the middle is left out when they are shown, never in
    the data. Layers that run while others do, such as those inside a model, come before it.

    Convolution and pooling show one position of the window, recurrent layers gates and states of
    each step, attention ``Q``, ``K``, ``V``, the scores ``S``, their softmax ``P`` and the means
    ``O``. What is shown leads to the output; a layer for which it would not, such as one whose
    ``forward`` is your own, shows its input, weights and output.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.layers import Dense
    >>> layer = Dense(2, "relu", kernel_initializer="ones", bias_initializer="ones")
    >>> print(minikeras.inspect.trace(minikeras.Sequential([layer], name="net"), [[1.0, -4.0]]))
    Forward pass of "net", 1 sample
    <BLANKLINE>
    1. dense (Dense)
    <BLANKLINE>
       X, input, (1, 2)
          1.0  -4.0
    <BLANKLINE>
       W, kernel, (2, 2)
          1.0  1.0
          1.0  1.0
    <BLANKLINE>
       B, bias, (2,)
          1.0  1.0
    <BLANKLINE>
       A = X W + B, weighted sum, (1, 2)
          -2.0  -2.0
    <BLANKLINE>
       Z = relu(A), output, (1, 2)
          0.0  0.0
    """
    x = prepared(model, x)
    ran = record(model, x)
    steps = []
    for one in ran.ran:
        quantities, notes = explain(one)
        steps.append(Step(one.layer.name, one.kind, one.path, quantities, notes))
    title = f'Forward pass of "{model.name}", {samples(x)}'
    return Trace(title, steps, map_structure(np.array, bare(ran.output)))


def prepared(model: Any, x: Any) -> Any:
    """Return x as the model takes it, and build the model if need be."""
    x = model._convert(x)
    if not model.built:
        model(x)
    return x


def samples(x: Any) -> str:
    """Return how many samples there are, in words."""
    count = len(flatten(x)[0])
    return f"{count} sample" + ("" if count == 1 else "s")
