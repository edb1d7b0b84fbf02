"""Telling a server about each epoch."""

import importlib
import json
import warnings
from typing import Any

import numpy as np

from minikeras.callbacks.base import Callback, Logs
from minikeras.registry import register

__all__ = ["RemoteMonitor"]

_SECONDS = 10.0  # a server that does not answer holds the training up no longer


@register("callback")
class RemoteMonitor(Callback):
    """Sends the metrics of each epoch to a web server, by HTTP POST.

    A server that cannot be reached is a warning, and training goes on.

    Parameters
    ----------
    root : str, default "http://localhost:9000"
        Address of the server.
    path : str, default "/publish/epoch/end/"
        Appended to it.
    field : str, default "data"
        Field of the form that holds the JSON text.
    headers : dict of str to str, optional
        Further HTTP headers.
    send_as_json : bool, default False
        Send the JSON text itself instead of a form.

    Raises
    ------
    ValueError
        When training begins, if ``root`` is no web address.

    Examples
    --------
    >>> from minikeras.callbacks import RemoteMonitor
    >>> RemoteMonitor("https://example.org", send_as_json=True)
    RemoteMonitor(root='https://example.org', send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_train_begin(self, logs: Logs = None) -> None:
        _post().check_url(self.root + self.path)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        values = {name: _plain(value) for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        field = None if self.send_as_json else self.field
        try:
            _post().post(self.root + self.path, text, field, self.headers or {}, _SECONDS)
        except OSError as error:
            warnings.warn(
                f"RemoteMonitor could not reach {self.root + self.path}: {error}", stacklevel=2
            )


def _post() -> Any:
    return importlib.import_module("minikeras.callbacks._post")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value
