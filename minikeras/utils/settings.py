"""A bag of named settings that can be frozen, and names of dtypes."""

import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

import numpy as np

from minikeras import config
from minikeras._validation import did_you_mean

__all__ = ["Config", "standardize_dtype"]


class Config:
    """Named settings, as attributes or by key.

    Parameters
    ----------
    **kwargs
        The first settings.

    Raises
    ------
    ValueError
        When changed after ``freeze``.

    Examples
    --------
    >>> from minikeras.utils import Config
    >>> settings = Config(learning_rate=0.1)
    >>> settings.units = 32
    >>> settings.to_json()
    '{"learning_rate": 0.1, "units": 32}'
    >>> settings.freeze()
    >>> settings.units = 64
    Traceback (most recent call last):
    ValueError: this Config is frozen; call unfreeze() to change it
    """

    _config: dict[str, Any]
    _frozen: bool

    def __init__(self, **kwargs: Any):
        object.__setattr__(self, "_config", kwargs)
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether it cannot be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Allow no changes from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def _changeable(self) -> dict[str, Any]:
        if self._frozen:
            raise ValueError("this Config is frozen; call unfreeze() to change it")
        return self._config

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as a dict of their own."""
        return dict(self._config)

    def to_json(self) -> str:
        """Return the settings as JSON text."""
        return json.dumps(self._config)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._config.keys()

    def values(self) -> ValuesView[Any]:
        """Return the values."""
        return self._config.values()

    def items(self) -> ItemsView[str, Any]:
        """Return names and values."""
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """Return a setting, or ``value`` if there is none of that name."""
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Take a setting away and return it."""
        return self._changeable().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Change several settings."""
        self._changeable().update(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        self._changeable()[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._config:
            known = [] if name.startswith("_") else self._config
            raise AttributeError(f"Config has no setting {name!r}{did_you_mean(name, known)}")
        return self._config[name]

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._changeable()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._changeable()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a dtype.

    Parameters
    ----------
    dtype : str, type, numpy.dtype or None
        None stands for ``config.floatx()``, Python's ``int`` for ``"int32"``, ``float`` for
        ``config.floatx()``.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.utils import standardize_dtype
    >>> standardize_dtype(None), standardize_dtype(np.float64), standardize_dtype(int)
    ('float32', 'float64', 'int32')
    """
    if dtype is None or dtype is float:
        return config.floatx()
    if dtype is str or dtype == "string":
        return "string"
    try:
        return "int32" if dtype is int else np.dtype(dtype).name
    except TypeError as error:
        raise ValueError(
            f"unknown dtype {dtype!r}; expected a name such as 'float32', 'int32' or 'bool'"
        ) from error
