"""What docstrings say on the pages of the API: an extension of Griffe, and a MkDocs hook.

A docstring may give several arguments one description, as in ``reduction, name, dtype``. Griffe
then gives all of them the default of the first, and takes the first of ``{"a", "b"}`` for a default
even where the argument has none. Here the signature decides, unless it says ``None`` and the
docstring tells what that stands for.
"""

import ast
import re
from typing import Any

import griffe

TEXT = griffe.DocstringSectionKind.text


class TrueDefaults(griffe.Extension):
    """Gives described arguments the defaults of the signature, and types without markup."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Go through all docstrings when everything has been read."""
        for thing in inside(pkg):
            for section in thing.docstring.parsed if thing.docstring else ():
                if section.kind is griffe.DocstringSectionKind.parameters:
                    correct(section.value, getattr(thing, "parameters", ()))
                if section.kind is not TEXT and isinstance(section.value, list):
                    for item in section.value:
                        plain(item)


def inside(thing: griffe.Object) -> Any:
    """Yield an object and all that is defined in it."""
    yield thing
    for member in thing.members.values():
        if not member.is_alias:
            yield from inside(member)


def correct(described: list[griffe.DocstringParameter], signature: Any) -> None:
    """Set the default of each described argument."""
    own = {parameter.name: parameter for parameter in signature}
    stale = {str(parameter.default) for parameter in signature}
    first: dict[str, Any] = {}  # annotations of the signature, by description
    for item in described:
        parameter = own.get(item.name.lstrip("*"))
        if parameter is None:
            continue
        if parameter.required or item.name.startswith("*"):
            item.value = None
        elif str(parameter.default) != "None" or choice(item) or str(item.value) in stale:
            item.value = written(parameter.default, item.value)
        earlier = first.setdefault(item.description, parameter.annotation)
        if item.annotation is earlier:  # not written in the docstring
            item.annotation = parameter.annotation


def written(default: Any, told: Any) -> Any:
    """Return a default as the docstring writes it, if it does, and text in double quotes."""
    try:
        value = ast.literal_eval(str(default))
        if ast.literal_eval(str(told)) == value and "'" not in str(told):
            return told
    except (SyntaxError, ValueError):
        return default
    return f'"{value}"' if isinstance(value, str) else default


def choice(item: griffe.DocstringParameter) -> bool:
    """Return whether the default is only the first of several choices."""
    return str(item.annotation).strip("{(").startswith(f"{item.value},")


def plain(item: Any) -> None:
    """Drop the marks of code from a type, which is shown as code anyway."""
    if isinstance(getattr(item, "annotation", None), str):
        item.annotation = item.annotation.replace("``", "")


def on_page_content(html: str, **_: Any) -> str:
    """Drop the dash before a description that is empty: the type said it all."""
    return re.sub(r'\s*–\s*<div class="doc-md-description">\s*</div>', "", html)
