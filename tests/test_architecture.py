"""The house of minikeras: imports go down only, and at the top of the file."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "minikeras"

# From the ground up. A module may import what stands to its left or on a floor below.
FLOORS = [
    "_typing _validation _atomic config tree random registry _lazy _svg",
    "autodiff",
    "ops activations",
    "initializers regularizers constraints losses metrics optimizers",
    "graph layers",
    "data callbacks training saving inspect plot summary",
    "models",
    "datasets wrappers export onnx utils testing backend preprocessing",
    "__init__",
    "__main__",
]
ORDER = " ".join(FLOORS).split()

# What is installed on demand, and therefore imported where it is used.
EXTRAS = {"IPython", "PIL", "cairosvg", "h5py", "matplotlib", "sklearn"}

LONG = 450  # lines; past this a file is worth a look for a seam, not an error

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the full names that an import statement asks for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "minikeras imports by full names"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only type checkers look at."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def target(name: str) -> str | None:
    """Return the module of minikeras that holds ``name``; None for one from elsewhere."""
    first, *rest = name.split(".")
    if first != "minikeras":
        return None
    while rest and ".".join(rest) not in MODULES:
        rest.pop()
    return ".".join(rest) or "__init__"


def targets(module: str) -> set[str]:
    """Return the modules of minikeras that ``module`` imports, wherever in the file."""
    names = (name for node in running(TREES[module]) for name in imported(node))
    return {found for name in names if (found := target(name)) is not None}


def family(module: str) -> str:
    return module.split(".")[0]


def test_every_module_has_a_place_in_the_house():
    missing = {family(module) for module in MODULES} - set(ORDER)
    assert not missing, f"put {sorted(missing)} on a floor in {Path(__file__).name}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module):
    height = ORDER.index(family(module))
    for below in targets(module):
        if family(below) != family(module):
            assert ORDER.index(family(below)) < height, f"minikeras.{module} imports {below}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_inside_functions_are_optional_extras(module):
    functions = (
        node
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    )
    inside = {name for f in functions for node in ast.walk(f) for name in imported(node)}
    assert {name.split(".")[0] for name in inside} <= EXTRAS


@pytest.mark.parametrize("module", MODULES)
def test_optional_extras_are_not_imported_at_the_top(module):
    top = {name.split(".")[0] for node in TREES[module].body for name in imported(node)}
    assert not top & EXTRAS


def test_no_module_imports_itself_through_others():
    try:
        TopologicalSorter({module: targets(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(f"minikeras.{module}" for module in error.args[1]))


def test_long_files_are_shown(capsys):
    lines = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    long = {module: count for module, count in lines.items() if count > LONG}
    with capsys.disabled():
        for module, count in sorted(long.items(), key=lambda item: -item[1]):
            print(f"\nminikeras.{module}: {count} lines, over {LONG}", end="")
