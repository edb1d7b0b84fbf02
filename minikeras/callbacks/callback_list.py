"""All callbacks of a run behind one, and only the hooks that somebody listens to."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minikeras.callbacks.base import Callback, Prepare
from minikeras.callbacks.history import History
from minikeras.callbacks.progress import ProgbarLogger

__all__ = ["CallbackList"]

Hook = Callable[..., None]
LogSource = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None

# A hook that every callback inherits, and the older name it passes the call on to.
_BATCH_HOOKS = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
    "on_test_batch_begin": None,
    "on_test_batch_end": None,
    "on_predict_batch_begin": None,
    "on_predict_batch_end": None,
}


class CallbackList(Callback):
    """Calls a list of callbacks as one; ``fit``, ``evaluate`` and ``predict`` run on it.

    The hooks of batches that no callback overrides cost next to nothing.

    Parameters
    ----------
    callbacks : Callback or list of Callback, optional
        Lists within the list are taken apart. ``BackupAndRestore`` comes last in any case, to see
        what the others did.
    add_history : bool, default False
        Whether to append a ``History`` unless there is one; it becomes ``model.history``.
    add_progbar : bool, default False
        Whether to append a ``ProgbarLogger`` unless there is one.
    model : Model, optional
        Handed to each callback's ``set_model``.
    params : dict, optional
        ``verbose``, ``epochs`` and ``steps``, handed to each callback's ``set_params``.
    **more : object
        Further entries of ``params``.

    Attributes
    ----------
    callbacks : list of Callback
    history : History or None

    Raises
    ------
    TypeError
        If a member is not an instance of ``Callback``.

    Notes
    -----
    A custom training loop calls the hooks at their places, and ``close`` in a ``finally``.
    ``logs`` may be a function without arguments that returns the dict: it is called once at most,
    and only if some callback wants to know.

    Examples
    --------
    >>> from minikeras.callbacks import CallbackList, LambdaCallback
    >>> printer = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
    >>> callbacks = CallbackList([printer], add_history=True)
    >>> callbacks.on_train_begin()
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    0 {'loss': 0.5}
    >>> callbacks.history.history
    {'loss': [0.5]}
    >>> callbacks.close()
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        **more: Any,
    ):
        self.callbacks: list[Callback] = _checked(callbacks)
        self.history = _first(self.callbacks, History)
        self.progress = _first(self.callbacks, ProgbarLogger)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and self.progress is None:
            self.progress = ProgbarLogger()
            self.callbacks.append(self.progress)
        self._collect()
        self.set_model(model)
        self.set_params({**(params or {}), **more})

    def append(self, callback: Callback) -> None:
        """Add a callback at the end."""
        [callback] = _checked(callback)
        self.callbacks.append(callback)
        self._collect()
        if self.model is not None:
            callback.set_model(self.model)
        if self.params:
            callback.set_params(self.params)

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: Mapping[str, Any]) -> None:
        super().set_params(params)
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_validated(self, validated: bool) -> None:
        """Tell the callbacks whether the logs of every epoch have names with ``val_``."""
        for callback in self.callbacks:
            callback._validated = validated

    def _collect(self) -> None:
        """Find the batch hooks that are overridden; most runs have none."""
        self.callbacks.sort(key=lambda callback: callback._comes_last)  # else they stay in order
        for callback in self.callbacks:
            callback._among(self.callbacks)
        found = {
            name: tuple(
                getattr(callback, name)
                for callback in self.callbacks
                if callback is not self.progress
                and (callback._listens(name) or (older and callback._listens(older)))
            )
            for name, older in _BATCH_HOOKS.items()
        }
        self._train_batch_begin = found["on_train_batch_begin"]
        self._train_batch_end = found["on_train_batch_end"]
        self._test_batch_begin = found["on_test_batch_begin"]
        self._test_batch_end = found["on_test_batch_end"]
        self._predict_batch_begin = found["on_predict_batch_begin"]
        self._predict_batch_end = found["on_predict_batch_end"]

    # The six hooks below run once a batch: they are written out, and test before they call.

    def on_train_batch_begin(self, batch: int, logs: LogSource = None) -> None:
        if self._train_batch_begin:
            _call(self._train_batch_begin, batch, logs)

    def on_train_batch_end(self, batch: int, logs: LogSource = None) -> None:
        hooks = self._train_batch_end
        if self.progress is not None and self.progress.due(batch):
            hooks = (*hooks, self.progress.on_train_batch_end)
        if hooks:
            _call(hooks, batch, logs)

    def on_test_batch_begin(self, batch: int, logs: LogSource = None) -> None:
        if self._test_batch_begin:
            _call(self._test_batch_begin, batch, logs)

    def on_test_batch_end(self, batch: int, logs: LogSource = None) -> None:
        hooks = self._test_batch_end
        if self.progress is not None and not self.progress.in_fit and self.progress.due(batch):
            hooks = (*hooks, self.progress.on_test_batch_end)
        if hooks:
            _call(hooks, batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: LogSource = None) -> None:
        if self._predict_batch_begin:
            _call(self._predict_batch_begin, batch, logs)

    def on_predict_batch_end(self, batch: int, logs: LogSource = None) -> None:
        hooks = self._predict_batch_end
        if self.progress is not None and self.progress.due(batch):
            hooks = (*hooks, self.progress.on_predict_batch_end)
        if hooks:
            _call(hooks, batch, logs)

    def on_batch_begin(self, batch: int, logs: LogSource = None) -> None:
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: LogSource = None) -> None:
        self.on_train_batch_end(batch, logs)

    def on_epoch_begin(self, epoch: int, logs: LogSource = None) -> None:
        _call([callback.on_epoch_begin for callback in self.callbacks], epoch, logs)

    def on_epoch_end(self, epoch: int, logs: LogSource = None) -> None:
        if self.progress is not None:
            self.progress.pause()  # callbacks often print at the end of an epoch
        _call([callback.on_epoch_end for callback in self.callbacks], epoch, logs)

    def on_train_begin(self, logs: LogSource = None) -> None:
        _call([callback.on_train_begin for callback in self.callbacks], None, logs)

    def on_train_end(self, logs: LogSource = None) -> None:
        _call([callback.on_train_end for callback in self.callbacks], None, logs)

    def first_epoch(self, initial_epoch: int, source: Any, prepare: Prepare) -> int:
        """Return the epoch to begin with: another one if a callback restored a killed ``fit``."""
        for callback in self.callbacks:
            initial_epoch = callback._first_epoch(initial_epoch, source, prepare)
        return initial_epoch

    def resume(self) -> int:
        """Return how many batches of the first epoch are done already; called when it has begun."""
        return max((callback._resume() for callback in self.callbacks), default=0)

    def on_test_begin(self, logs: LogSource = None) -> None:
        _call([callback.on_test_begin for callback in self.callbacks], None, logs)

    def on_test_end(self, logs: LogSource = None) -> None:
        _call([callback.on_test_end for callback in self.callbacks], None, logs)

    def on_predict_begin(self, logs: LogSource = None) -> None:
        _call([callback.on_predict_begin for callback in self.callbacks], None, logs)

    def on_predict_end(self, logs: LogSource = None) -> None:
        _call([callback.on_predict_end for callback in self.callbacks], None, logs)

    def on_close(self) -> None:
        """Let every callback close its files and lines, even if one of them fails."""
        failed: BaseException | None = None
        for callback in self.callbacks:
            try:
                callback.on_close()
            except Exception as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def close(self) -> None:
        """End the run, after an exception too; see ``on_close``."""
        self.on_close()

    def __repr__(self) -> str:
        return f"CallbackList({self.callbacks!r})"


def _call(hooks: Any, position: int | None, logs: LogSource) -> None:
    """Call hooks with the same dict of plain floats: what one adds, the next ones see."""
    given = logs() if callable(logs) else logs
    plain = _plain(given) if given else {}
    if position is None:
        for hook in hooks:
            hook(plain)
    else:
        for hook in hooks:
            hook(position, plain)


def _plain(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy whose numbers are floats; metrics that give a dict are taken apart."""
    plain: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, Mapping):
            plain.update(_plain(value))
        elif isinstance(value, float) or getattr(value, "ndim", 0) != 0:  # arrays stay arrays
            plain[name] = float(value) if isinstance(value, float) else value
        else:
            try:
                plain[name] = float(value)
            except (TypeError, ValueError):
                plain[name] = value
    return plain


def _first(callbacks: list[Callback], kind: type[Any]) -> Any:
    return next((callback for callback in callbacks if isinstance(callback, kind)), None)


def _checked(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a flat list, each an instance."""
    if callbacks is None:
        return []
    return list(_members("callbacks", callbacks))


def _members(where: str, item: Any) -> Iterator[Callback]:
    if isinstance(item, list | tuple):
        for i, member in enumerate(item):
            yield from _members(f"{where}[{i}]", member)
    elif isinstance(item, CallbackList):
        yield from item.callbacks
    elif isinstance(item, Callback):
        yield item
    else:
        raise TypeError(f"{where} expected an instance of Callback, got {_what(item)}")


def _what(item: Any) -> str:
    """Say what came instead of a callback, and what to write."""
    name = getattr(item, "__name__", None)
    if inspect.isclass(item):
        if issubclass(item, Callback):
            return f"the class {name}; did you forget the parentheses? Write {name}(...)"
        return f"the class {name}; derive it from minikeras.callbacks.Callback and write {name}()"
    if isinstance(item, str):
        return f"the string {item!r}; give an instance such as EarlyStopping()"
    if inspect.isroutine(item):
        return f"the function {name}; wrap it: LambdaCallback(on_epoch_end={name})"
    kind = type(item)
    origin = f"{kind.__module__}.{kind.__name__}"
    if hasattr(item, "on_epoch_end"):
        return f"{origin}; derive its class from minikeras.callbacks.Callback"
    return f"{item!r} ({kind.__name__}); give a list of callbacks such as [EarlyStopping()]"
