"""A callback made of functions."""

from collections.abc import Callable
from typing import Any

from minikeras._validation import did_you_mean
from minikeras.callbacks.base import Callback
from minikeras.registry import register

__all__ = ["LambdaCallback"]

_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


@register("callback")
class LambdaCallback(Callback):
    """Calls the given functions at their places.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable ``(epoch, logs)``, optional
    on_train_begin, on_train_end : callable ``(logs)``, optional
    on_train_batch_begin, on_train_batch_end : callable ``(batch, logs)``, optional
    **hooks : callable
        Any other hook of ``Callback`` under its name.

    Raises
    ------
    TypeError
        If a hook does not exist, or what is given is not callable.

    Examples
    --------
    >>> from minikeras.callbacks import CallbackList, LambdaCallback
    >>> printer = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> CallbackList(printer).on_epoch_end(3, {"loss": 0.5})
    3 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any] | None,
    ):
        self._given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **hooks,
        }
        for name, function in self._given.items():
            if name not in _HOOKS:
                raise TypeError(
                    f"LambdaCallback: there is no hook {name!r}{did_you_mean(name, _HOOKS)}"
                )
            if function is None:
                continue
            if not callable(function):
                raise TypeError(
                    f"LambdaCallback: {name} must be a function, got {function!r} "
                    f"({type(function).__name__})"
                )
            setattr(self, name, function)

    def get_config(self) -> dict[str, Any]:
        """Return the functions by the names of their hooks."""
        return {name: function for name, function in self._given.items() if function is not None}

    def __repr__(self) -> str:
        shown = [f"{k}={getattr(v, '__name__', repr(v))}" for k, v in self.get_config().items()]
        return f"LambdaCallback({', '.join(shown)})"
