"""Which op an activation is, and with what settings."""

import inspect
from typing import Any

from minikeras import activations, ops

__all__ = ["op_of"]


def op_of(activation: Any) -> tuple[Any, dict[str, Any]]:
    """Return the op that an activation calls, and the settings that it hands over.

    Parameters
    ----------
    activation : str, callable or None
        As layers hold it.

    Returns
    -------
    tuple of callable and dict
        A function of the user's own comes back as it is.

    Examples
    --------
    >>> op, settings = op_of("gelu")
    >>> op.__name__, settings
    ('gelu', {'approximate': False})
    """
    function = activations.get(activation)
    if not activations.is_builtin(function) or function is activations.linear:
        return function, {}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return getattr(ops, function.__name__), {p.name: p.default for p in parameters}
