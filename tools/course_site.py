"""MkDocs hook: the course's pictures, drawn by the library whenever the site is built.

Those that are committed are for readers on a code host; the site shows what this checkout draws.
"""

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parents[1]))  # MkDocs loads a hook by its path

from tools.course_pictures import draw_all

FOLDER = "course/pictures"


def on_files(files: Files, *, config: Any) -> Files:
    """Put what is drawn now in the place of what was committed."""
    for name, svg in draw_all().items():
        committed = files.get_file_from_path(f"{FOLDER}/{name}")
        if committed is not None:
            files.remove(committed)
        files.append(File.generated(config, f"{FOLDER}/{name}", content=svg))
    return files
