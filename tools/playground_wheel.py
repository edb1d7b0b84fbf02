"""MkDocs hook: the project's own wheel beside the playground, and its name in ``wheel.json``.

The playground runs the library of the very commit that the site is built from. Building needs no
network: hatchling, the project's build backend, runs in this process.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

FOLDER = "playground"


def build_wheel(root: Path) -> tuple[str, bytes]:
    """Build the wheel of the project in the folder ``root``; return its name and its bytes."""
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ModuleNotFoundError:
        raise PluginError(
            "the playground needs the project's wheel, and hatchling, which builds it, is missing; "
            "install it with: pip install -e '.[docs]'"
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        (made,) = WheelBuilder(str(root)).build(directory=folder, versions=["standard"])
        wheel = Path(made)
        return wheel.name, wheel.read_bytes()


def beside_playground(root: Path) -> dict[str, bytes]:
    """Return what the playground finds beside its page: the wheel, and a note of its name."""
    name, content = build_wheel(root)
    return {name: content, "wheel.json": json.dumps({"wheel": name}).encode()}


def on_files(files: Files, *, config: Any) -> Files:
    """Add the wheel to the files of the site; drop what running the Python file left behind."""
    for file in [file for file in files if "__pycache__" in file.src_uri]:
        files.remove(file)
    for name, content in beside_playground(Path(config.config_file_path).parent).items():
        files.append(File.generated(config, f"{FOLDER}/{name}", content=content))
    return files
