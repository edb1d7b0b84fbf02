"""What nested layers share while the outermost of them runs: mode, masks, who watches."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

__all__ = ["Call", "active_call"]


class Call:
    """What layers inherit from the outermost call that they run in.

    Parameters
    ----------
    root : Layer or None
        The outermost layer; None while only shapes are looked for: losses do not count then.
    training : bool or None
        None where nobody has said: each layer's own default holds.
    observer : callable, optional
        Is told ``(layer, (args, kwargs), output)`` after each layer has run: the arguments as
        ``forward`` got them, masks and ``training`` among them.
    """

    __slots__ = ("masks", "observer", "root", "training")

    def __init__(
        self,
        root: Any,
        training: bool | None,
        observer: Callable[[Any, tuple[Any, Any], Any], None] | None = None,
    ):
        self.root = root
        self.training = training
        self.observer = observer
        # id of an array -> (the array, its mask); None as long as no layer has made a mask
        self.masks: dict[int, tuple[Any, Any]] | None = None

    def mask_of(self, value: Any) -> Any:
        """Return the mask of an array, or the masks of a list or dict of them; None for none."""
        if self.masks is None:
            return None
        if isinstance(value, list | tuple):
            found = [self.mask_of(item) for item in value]
            return None if all(mask is None for mask in found) else found
        if isinstance(value, dict):
            named = {key: self.mask_of(item) for key, item in value.items()}
            return None if all(mask is None for mask in named.values()) else named
        known = self.masks.get(id(value))
        return None if known is None else known[1]

    def keep_mask(self, value: Any, mask: Any) -> None:
        """Remember the mask of an array, or one for each of a list or dict of arrays."""
        if mask is None:
            return
        if isinstance(value, list | tuple):
            masks = mask if isinstance(mask, list | tuple) else [mask] * len(value)
            for item, one in zip(value, masks, strict=False):
                self.keep_mask(item, one)
        elif isinstance(value, dict):
            for key, item in value.items():
                self.keep_mask(item, mask.get(key) if isinstance(mask, dict) else mask)
        else:
            if self.masks is None:
                self.masks = {}
            self.masks.setdefault(id(value), (value, mask))


active_call: ContextVar[Call | None] = ContextVar("minikeras_call", default=None)
