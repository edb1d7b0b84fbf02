"""The documentation has every public name, and nothing that does not exist."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import minikeras
from minikeras.ops import linalg as linalg_names
from minikeras.ops import numpy as numpy_names

ROOT = Path(__file__).parents[1]
API = ROOT / "docs" / "api"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def modules(module: ModuleType) -> Iterator[str]:
    """Yield the names of ``module`` and of the public modules inside it."""
    yield module.__name__
    for name in getattr(module, "__all__", []):
        if isinstance(getattr(module, name), ModuleType):
            yield from modules(getattr(module, name))


MODULES = list(modules(minikeras))


def entries(page: Path) -> list[str]:
    """Return the full names that ``page`` has rendered from their docstrings."""
    return re.findall(r"^::: (\S+)$", page.read_text("utf-8"), flags=re.MULTILINE)


def find(entry: str) -> object:
    """Return what a full name stands for."""
    module, _, name = entry.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        return getattr(find(module), name)


def public(module: str) -> dict[str, object]:
    """Return the public names of a module, and what they stand for."""
    found = importlib.import_module(module)
    return {name: getattr(found, name) for name in getattr(found, "__all__", [])}


def page_of(module: str) -> Path:
    parts = module.split(".")
    return API / f"{parts[1] if len(parts) > 1 else 'index'}.md"


ENTRIES = [entry for page in sorted(API.glob("*.md")) for entry in entries(page)]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_on_the_page_of_its_module(module):
    text = page_of(module).read_text("utf-8")
    named = {entry.rpartition(".")[2] for entry in entries(page_of(module))}
    named |= set(re.findall(r"`(\w+)`", text))
    missing = set(public(module)) - named
    assert not missing, f"{page_of(module).relative_to(ROOT)} lacks {sorted(missing)}"


@pytest.mark.parametrize("module", MODULES)
def test_docstring_of_every_class_and_function_is_rendered(module):
    rendered = {id(inspect.unwrap(find(entry))) for entry in ENTRIES}
    tables = {*numpy_names.TABLE, *linalg_names.TABLE} if module.startswith("minikeras.ops") else ()
    for name, thing in public(module).items():
        if (inspect.isclass(thing) or inspect.isroutine(thing)) and name not in tables:
            assert id(inspect.unwrap(thing)) in rendered, f"no page renders {module}.{name}"


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_a_page_renders_exists_and_has_a_docstring(entry):
    assert inspect.getdoc(find(entry))


def test_nothing_is_rendered_twice():
    assert len(set(ENTRIES)) == len(ENTRIES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_code_block_is_of_a_kind_that_is_run_or_says_that_it_is_not(page):
    fences = re.findall(r"^ *```(.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    assert set(fences[::2]) <= {"python", "text", "bash"}  # see conftest.py; bash is not run
    assert not any(fences[1::2])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_to_exists(page):
    prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
        if "://" not in link:
            assert (page.parent / link.partition("?")[0]).exists(), f"{page.name} links to {link}"
