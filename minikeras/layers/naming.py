"""Names that layers get when none are given: ``dense``, ``dense_1``, ``dense_2``..."""

from collections import Counter

__all__ = ["reset_names", "unique_name"]

_names: Counter[str] = Counter()


def unique_name(name: str) -> str:
    """Return ``name``, or ``name_1``, ``name_2``... when it was given before."""
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}_{_names[name] - 1}"


def reset_names() -> None:
    """Start the numbering of automatic names anew."""
    _names.clear()
