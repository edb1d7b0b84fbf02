"""The source of the functions in ``export/runtime``, as files have it: without type hints."""

import ast
import inspect
from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import Any

from minikeras.export.runtime import activations, attention, normalization, recurrent, windows

__all__ = ["RUNTIME", "sources"]

MODULES = (activations, windows, normalization, recurrent, attention)

RUNTIME: dict[str, Any] = {
    name: thing
    for module in MODULES
    for name, thing in vars(module).items()
    if inspect.isfunction(thing) and thing.__module__ == module.__name__
}
"""Name -> function."""


def sources(names: Iterable[str]) -> list[str]:
    """Return the source of functions and of those that they call, each once, the called first.

    Parameters
    ----------
    names : list of str

    Examples
    --------
    >>> print(sources(["silu"])[1])
    def silu(x):
        \"\"\"Return x * sigmoid(x).\"\"\"
        return x * sigmoid(x)
    """
    found: dict[str, str] = {}

    def add(name: str) -> None:
        if name not in found:
            for other in _called(RUNTIME[name].__code__):
                if other != name:
                    add(other)
            found[name] = _source(name)

    for name in names:
        add(name)
    return list(found.values())


def _called(code: CodeType) -> list[str]:
    inner = [item for item in code.co_consts if isinstance(item, CodeType)]
    names = [*code.co_names, *(name for item in inner for name in _called(item))]
    return [name for name in names if name in RUNTIME]


@cache
def _source(name: str) -> str:
    text = inspect.getsource(RUNTIME[name])
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = text.splitlines()[function.body[0].lineno - 1 :]
    arguments = function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return "\n".join([f"def {name}({ast.unparse(arguments)}):", *body])
