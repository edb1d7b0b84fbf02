"""The pictures of the course: drawn by minikeras from the numbers that its pages print.

    python -m tools.course_pictures

writes them all to ``docs/course/pictures/``, where they are committed, so that the pages also show
them on a code host. ``tests/test_course_pages.py`` draws them again and compares.

Each module ``chapter_NN`` has a function ``pictures()``, which returns SVG documents by file name
without suffix. One picture serves the pages of all languages: texts in it are symbols and names
from the code; what it shows is said in the page's own alternative text.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from minikeras import config
from minikeras.layers.naming import reset_names
from minikeras.random import set_random_seed

FOLDER = Path(__file__).parents[2] / "docs" / "course" / "pictures"


def draw_all() -> dict[str, str]:
    """Return every picture of the course by its file name."""
    names = sorted(m.name for m in iter_modules(__path__) if m.name.startswith("chapter_"))
    drawn: dict[str, str] = {}
    for name in names:  # each from the same start, whatever ran before
        set_random_seed(0)
        reset_names()
        config.set_floatx("float32")
        for stem, svg in import_module(f"{__name__}.{name}").pictures().items():
            drawn[f"{stem}.svg"] = svg
    return drawn
