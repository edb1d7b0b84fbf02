"""The hook that puts the project's own wheel beside the playground."""

import io
import json
import zipfile

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("hatchling")

from mkdocs.config import load_config
from mkdocs.structure.files import File, Files

from tools.playground_wheel import beside_playground


@pytest.fixture(scope="module")
def beside(root):
    """Name and bytes of each file that the hook adds."""
    return beside_playground(root)


def test_note_names_the_wheel(beside):
    assert json.loads(beside["wheel.json"])["wheel"] in beside


def test_wheel_holds_the_package_and_nothing_else(beside):
    (wheel,) = (content for name, content in beside.items() if name.endswith("-py3-none-any.whl"))
    names = zipfile.ZipFile(io.BytesIO(wheel)).namelist()
    assert "minikeras/__init__.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"minikeras", "minikeras_numpy"}


def test_same_source_gives_the_same_wheel(beside, root):
    assert beside_playground(root) == beside


def test_site_gets_wheel_and_note_but_no_compiled_python(root):
    hook = "tools/playground_wheel.py"
    config = load_config(str(root / "mkdocs.yml"), plugins=[], hooks=[hook])
    left = File("playground/__pycache__/playground.pyc", config.docs_dir, config.site_dir, True)
    files = config.plugins.run_event("files", Files([left]), config=config)
    assert len(files) == 2 and "playground/wheel.json" in files.src_uris
