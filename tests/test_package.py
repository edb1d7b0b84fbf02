"""What is installed: version, dependencies, files, and what ``import minikeras`` brings along."""

import tomllib
from importlib import resources

import pytest

import minikeras


@pytest.fixture(scope="module")
def project(root):
    with open(root / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


def test_version_is_the_project_files(project):
    assert minikeras.__version__ == project["version"]


def test_numpy_is_all_it_needs(project):
    names = [requirement.split(">=")[0] for requirement in project["dependencies"]]
    assert names == ["numpy"]


@pytest.mark.parametrize("path", ["py.typed", "datasets/digits.npz"])
def test_package_carries(path):
    assert resources.files("minikeras").joinpath(path).is_file()


def test_import_loads_nothing_but_numpy_and_the_standard_library(in_fresh_python):
    code = """
import sys
import numpy.random  # brings the modules of its compiled parts
before = set(sys.modules)
import minikeras
for name in sorted({name.partition('.')[0] for name in set(sys.modules) - before}):
    if name not in sys.stdlib_module_names:
        print(name)
"""
    assert set(in_fresh_python(code)) <= {"minikeras", "numpy"}


def test_import_does_not_load_what_only_a_download_or_a_test_needs(in_fresh_python):
    code = "import sys, minikeras; print(*sorted(sys.modules), sep='\\n')"
    loaded = set(in_fresh_python(code))
    assert not loaded & {"http.client", "ssl", "urllib.request", "doctest", "unittest", "asyncio"}


def test_import_is_silent_and_leaves_numpys_settings_alone(in_fresh_python):
    code = """
import numpy
before = numpy.geterr(), numpy.get_printoptions(), numpy.random.get_state()[1].tolist()
import minikeras
after = numpy.geterr(), numpy.get_printoptions(), numpy.random.get_state()[1].tolist()
print(before == after)
"""
    assert in_fresh_python(code) == ["True"]


def test_public_names_exist_and_are_listed_once():
    assert len(set(minikeras.__all__)) == len(minikeras.__all__)
    for name in minikeras.__all__:
        assert getattr(minikeras, name) is not None
