"""``Group``: the contents of an HDF5 file as nested dictionaries."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from minikeras._typing import Array

__all__ = ["Attribute", "Group"]

Attribute: TypeAlias = str | bool | int | float | list[str] | Array
"""What may stand beside a group: text, a number, several texts, or an array of numbers."""


class Group:
    """A folder within an HDF5 file: named groups and arrays, and attributes.

    Parameters
    ----------
    members : dict of str to Group or array, optional
    attributes : dict of str to str, number, list of str or array, optional

    Attributes
    ----------
    members, attributes : dict

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.saving.hdf5 import Group
    >>> root = Group()
    >>> root.group("layers/dense/vars").members["0"] = np.ones((2, 3))
    >>> root.get("layers/dense/vars/0").shape, root.get("layers/lstm")
    ((2, 3), None)
    """

    def __init__(
        self,
        members: "dict[str, Group | Array] | None" = None,
        attributes: dict[str, Attribute] | None = None,
    ):
        self.members: dict[str, Any] = {} if members is None else members
        self.attributes: dict[str, Attribute] = {} if attributes is None else attributes

    def group(self, path: str) -> "Group":
        """Return the group at ``path``, which is made if it is missing, with those around it.

        Raises
        ------
        ValueError
            If an array stands there.
        """
        found = self
        for name in path.split("/"):
            inner = found.members.setdefault(name, Group())
            if not isinstance(inner, Group):
                raise ValueError(f"{path!r} passes through {name!r}, which is an array")
            found = inner
        return found

    def get(self, path: str) -> "Group | Array | None":
        """Return what stands at ``path``; None if there is nothing."""
        found: Any = self
        for name in path.split("/"):
            if not isinstance(found, Group) or name not in found.members:
                return None
            found = found.members[name]
        return found  # type: ignore[no-any-return]

    def walk(self, prefix: str = "") -> "Iterator[tuple[str, Group | Array]]":
        """Give path and member of everything inside, outer ones first."""
        waiting: list[tuple[str, Any]] = [
            (prefix + name, member) for name, member in reversed(self.members.items())
        ]
        while waiting:
            path, member = waiting.pop()
            yield path, member
            if isinstance(member, Group):
                inner = reversed(member.members.items())
                waiting.extend((f"{path}/{name}", one) for name, one in inner)

    def arrays(self) -> dict[str, Array]:
        """Return all arrays inside, by path."""
        return {path: item for path, item in self.walk() if not isinstance(item, Group)}

    def __repr__(self) -> str:
        return f"Group({list(self.members)}, attributes={self.attributes})"
