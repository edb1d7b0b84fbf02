"""The API reference has each public class and function once, with the arguments it takes."""

import importlib
import inspect
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import minikeras
from minikeras.ops import linalg as linalg_names
from minikeras.ops import numpy as numpy_names

ROOT = Path(__file__).parents[2]
API = ROOT / "docs" / "api"
TABLES = [*numpy_names.TABLE, *linalg_names.TABLE]  # NumPy's functions by Keras's names


def modules(module):
    """Return ``module`` and the public modules inside it, at any depth."""
    inside = [getattr(module, name) for name in getattr(module, "__all__", [])]
    return [module] + [m for one in inside if isinstance(one, ModuleType) for m in modules(one)]


def find(entry):
    """Return what a full name stands for."""
    module, _, name = entry.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        return getattr(find(module), name)


def public():
    """Yield the full name and the object of each public class and function."""
    for module in modules(minikeras):
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isroutine(thing):
                yield f"{module.__name__}.{name}", thing


PAGES = sorted(API.glob("*.md"))
ENTRIES = [
    entry
    for page in PAGES
    for entry in re.findall(r"^::: (\S+)$", page.read_text("utf-8"), flags=re.MULTILINE)
]
ROWS = re.findall(
    r"^\| `(\w+)` \| (.*?) \| (numpy\.[\w.]+) \|$",
    (API / "ops.md").read_text("utf-8"),
    flags=re.MULTILINE,
)


def test_each_public_class_and_function_is_rendered_once():
    rendered = Counter(id(inspect.unwrap(find(entry))) for entry in ENTRIES)
    tables = {id(inspect.unwrap(getattr(minikeras.ops, name))) for name in TABLES}
    wrong = {}
    for name, thing in public():
        times = rendered[id(inspect.unwrap(thing))]
        if times != 1 and not (times == 0 and id(inspect.unwrap(thing)) in tables):
            wrong[name] = times
    assert not wrong


def test_each_name_of_numpy_is_in_the_table_once():
    assert Counter(name for name, _, _ in ROWS) == Counter(TABLES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_table_has_the_arguments_that_the_function_takes(row):
    name, arguments, _ = row
    parameters = inspect.signature(getattr(minikeras.ops, name)).parameters.values()
    plain = [str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters]
    assert arguments.replace("\\", "") == ", ".join(plain).replace(" = ", "=")


def test_overview_leads_to_every_page_once():
    text = (API / "index.md").read_text("utf-8")
    modules_of_table = re.findall(r"^\| \[`(\w+)`\]\((\w+)\.md\)", text, flags=re.MULTILINE)
    assert all(module == page for module, page in modules_of_table)
    named = [page for _, page in modules_of_table]
    assert sorted(named) == sorted(page.stem for page in PAGES if page.stem != "index")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_in_the_navigation_once(page):
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert navigation.count(f"api/{page.name}\n") == 1
