"""MkDocs hook: pictures that the code of a page draws, drawn whenever the site is built.

Where a page shows ``<img src="NAME.svg">`` and has no such file beside it, its blocks of Python are
run, as a reader would run them, and what they save as ``NAME.svg`` goes to the site. So the picture
is what the code above it draws with the library as it is. This is for pages that run within a
second or two; slower pictures are drawn beforehand and committed.
"""

import io
import re
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT))  # the library of this checkout, installed or not

from minikeras import config  # noqa: E402
from minikeras.layers.naming import reset_names  # noqa: E402
from minikeras.random import set_random_seed  # noqa: E402


def wanted(text: str) -> list[str]:
    """Return the pictures that a page expects of its own code.

    Examples
    --------
    >>> wanted('<img src="a.svg" alt="A"> ![B](b.svg) <img src="../c.svg">')
    ['a.svg']
    """
    return re.findall(r'<img src="([\w-]+\.svg)"', text)


def draw(page: Path) -> dict[str, str]:
    """Run the code of a page until it has saved all pictures that it shows; return them."""
    text = page.read_text("utf-8")
    missing, drawn = set(wanted(text)), {}
    set_random_seed(0)
    reset_names()
    config.set_floatx("float32")
    namespace: dict[str, Any] = {"__name__": "page"}
    with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(io.StringIO()):
        for block in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if not missing:
                break
            exec(compile(block, str(page), "exec"), namespace)
            for name in sorted(missing):
                if Path(name).exists():
                    drawn[name] = Path(name).read_text("utf-8")
                    missing.remove(name)
    if missing:
        raise ValueError(f"{page} shows {sorted(missing)}, but its code saves no such file")
    return drawn


def pages() -> list[Path]:
    """Return the pages that show what their code draws."""
    return [page for page in sorted(DOCS.rglob("*.md")) if wanted(page.read_text("utf-8"))]


def on_files(files: Any, *, config: Any) -> None:
    """Add the pictures, each where its page looks for it."""
    for page in pages():
        place = PurePosixPath(page.relative_to(DOCS).as_posix())
        folder = place.parent if place.stem == "index" else place.with_suffix("")
        for name, svg in draw(page).items():
            files.append(File.generated(config, str(folder / name), content=svg))
