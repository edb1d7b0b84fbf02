"""JSON text out of files: text of some kilobytes must not become gigabytes of objects."""

import json
from typing import Any

__all__ = ["parse"]

_MOST_BRACKETS = 1 << 20  # lists and objects: of some 200 bytes each
_MOST_COMMAS = 1 << 23  # what stands in them: numbers and texts, of some 30 bytes each


def parse(text: str | bytes) -> Any:
    """Return what JSON text stands for.

    Parameters
    ----------
    text : str or bytes

    Raises
    ------
    ValueError
        If it is no JSON, or holds more than any model does.

    Examples
    --------
    >>> from minikeras.saving.json_text import parse
    >>> parse('{"units": [1, 2]}')
    {'units': [1, 2]}
    """
    brackets = _count(text, "[") + _count(text, "{")
    if brackets > _MOST_BRACKETS or _count(text, ",") > _MOST_COMMAS:
        raise ValueError(f"it holds more than any model does: {brackets} lists and objects")
    try:
        return json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is no JSON text: {error}") from error


def _count(text: str | bytes, mark: str) -> int:
    return text.count(mark) if isinstance(text, str) else text.count(mark.encode())
