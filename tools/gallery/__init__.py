"""The pictures of the gallery: what the examples draw, and what their results look like.

    python -m tools.gallery              # all, in a minute or two
    python -m tools.gallery xor spiral   # some

runs ``examples/`` and writes ``docs/gallery/pictures/``, where the pictures are committed: building
the site then runs no training. An example that saves pictures has those, by their names; one in
Keras's style saves none, and ``keras_style`` here draws from the variables that it leaves behind.
"""

import io
import runpy
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

from minikeras import config
from minikeras.layers.naming import reset_names
from minikeras.random import set_random_seed
from tools.gallery import keras_style

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FOLDER = ROOT / "docs" / "gallery" / "pictures"

# As the gallery shows them: those that are easiest to follow first.
ORDER = [
    "xor",
    "three_layers",
    "glass_box",
    "digits",
    "spiral",
    "filters",
    "descent",
    "vanishing",
    "keras_style/sequential",
    "keras_style/with_callbacks",
    "keras_style/two_inputs_two_outputs",
    "keras_style/nested_blocks",
    "keras_style/convnet",
    "keras_style/transfer_learning",
    "keras_style/autoencoder",
    "keras_style/vae",
    "keras_style/gan",
    "keras_style/adding_numbers",
    "keras_style/timeseries",
    "keras_style/text_transformer",
    "keras_style/structured_data",
    "keras_style/custom_loop",
    "keras_style/custom_train_step",
    "keras_style/custom_rnn_cell",
]


def stem(name: str) -> str:
    """Return what the files of an example are called: ``keras_style/gan`` has ``gan.svg``."""
    return name.rpartition("/")[2]


def pictures_of(name: str) -> list[Path]:
    """Return the committed pictures of an example; the first one stands for it."""
    first = FOLDER / f"{stem(name)}.svg"
    others = sorted(FOLDER.glob(f"{stem(name)}-*.svg"))
    return [first, *others] if first.exists() else others


def draw(name: str) -> dict[str, str]:
    """Run an example; return its pictures as SVG by file name."""
    set_random_seed(0)
    reset_names()
    config.set_floatx("float32")
    file = str(EXAMPLES / f"{name}.py")
    before, sys.argv = sys.argv, [file]  # an example may take arguments, not those of this tool
    with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(io.StringIO()):
        try:
            left: dict[str, Any] = runpy.run_path(file, run_name="__main__")
        finally:
            sys.argv = before
        drawn = {path.name: path.read_text("utf-8") for path in sorted(Path().glob("*.svg"))}
        if name.startswith("keras_style/"):
            reset_names()
            drawn[f"{stem(name)}.svg"] = getattr(keras_style, stem(name))(left)
    return drawn
