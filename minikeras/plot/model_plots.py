"""``plot_model``: the graph of a model as a picture, without Graphviz."""

import os
import warnings
from pathlib import Path
from typing import Any

from minikeras._svg.dot import dot
from minikeras._svg.graph import Frame, draw_graph
from minikeras._svg.picture import Picture
from minikeras._validation import check_choice, check_number, suggest_arguments
from minikeras.plot.model_graph import Details, describe, read

__all__ = ["Dot", "model_to_dot", "plot_model"]

_ENDINGS = (".svg", ".png", ".pdf", ".dot")


@suggest_arguments
def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Picture:
    """Draw the layers of a model and how they are connected.

    Parameters
    ----------
    model : Model
        Functional, Sequential (built or not), or a subclass, whose layers stand in a row without
        arrows: how they are connected only its code says.
    to_file : str, path or None, default "model.png"
        Ends in ``.svg`` or ``.dot``; or in ``.png`` or ``.pdf``, which need the extra ``png``.
        Without the extra, the picture goes to the same name with ``.svg``, and a warning says so.
        None writes no file.
    show_shapes, show_dtype, show_layer_names : bool, default False
        Whether to show them.
    rankdir : {"TB", "LR"}
        Whether arrows run from top to bottom or from left to right.
    expand_nested : bool, default False
        Whether to show the layers of models inside, in a frame.
    dpi : int, default 200
        Pixels per inch of a PNG.
    show_layer_activations, show_trainable : bool, default False
        Whether to show them.
    splines : str, default "ortho"
        How Graphviz shall draw the arrows of a ``.dot`` file; the picture's are curved.

    Returns
    -------
    Picture
        Shown by notebooks.

    Raises
    ------
    TypeError
        If ``model`` is not a model.
    ValueError
        If the ending of ``to_file`` or ``rankdir`` is unknown.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.utils import plot_model
    >>> model = Sequential([Input((4,)), Dense(8, activation="relu"), Dense(3)], name="iris")
    >>> picture = plot_model(model, "iris.svg", show_shapes=True)
    >>> picture.desc
    '3 boxes: InputLayer leads to Dense; Dense leads to Dense.'
    """
    kind = None if to_file is None else Path(to_file).suffix.lower()
    if kind is not None and kind not in _ENDINGS:
        raise ValueError(
            f"to_file expected a name that ends in {', '.join(_ENDINGS)}, got "
            f"{os.fspath(to_file or '')!r}"
        )
    check_number("dpi", dpi, 0, open_minimum=True)
    details = Details(
        show_shapes,
        show_dtype,
        show_layer_names,
        show_layer_activations,
        show_trainable,
        expand_nested,
    )
    horizontal = _is_horizontal(rankdir)
    frame = read(model, details)
    picture = Picture(draw_graph(frame, describe(frame), horizontal=horizontal))
    if to_file is not None:
        if kind == ".dot":
            text = dot(frame, horizontal=horizontal, dpi=dpi, splines=splines)
            Path(to_file).write_text(text + "\n", encoding="utf-8")
        else:
            _save(picture, to_file, dpi)
    return picture


def _save(picture: Picture, path: str | os.PathLike[str], dpi: float) -> None:
    try:
        picture.save(path, dpi)
    except ImportError as error:  # a script that plots on its way goes on
        beside = Path(path).with_suffix(".svg")
        picture.save(beside)
        warnings.warn(f"{error}; plot_model wrote {str(beside)!r}", UserWarning, stacklevel=4)


def _is_horizontal(rankdir: str) -> bool:
    return bool(check_choice("rankdir", rankdir, ["TB", "LR"]) == "LR")


class Dot:
    r"""A graph in DOT, the language of Graphviz; ``model_to_dot`` makes it.

    Examples
    --------
    >>> from minikeras import Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.utils import model_to_dot
    >>> graph = model_to_dot(Sequential([Dense(2, name="out")], name="m"))
    >>> print(graph.to_string())
    digraph "m (Sequential)" {
      graph [dpi=200, rankdir=TB, splines=ortho];
      node [shape=box, style=rounded, fontname="Helvetica"];
      n0 [label="Dense\nName: out"];
    }
    """

    def __init__(self, frame: Frame, horizontal: bool, dpi: float, splines: str):
        self._frame = frame
        self._settings: dict[str, Any] = {
            "horizontal": horizontal,
            "dpi": dpi,
            "splines": splines,
        }

    def to_string(self) -> str:
        """Return the graph as text."""
        return dot(self._frame, **self._settings)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the text to a file."""
        Path(path).write_text(self.to_string() + "\n", encoding="utf-8")

    def _repr_svg_(self) -> str:
        horizontal = self._settings["horizontal"]
        return draw_graph(self._frame, describe(self._frame), horizontal=horizontal)

    def __str__(self) -> str:
        return self.to_string()


@suggest_arguments
def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Dot:
    """Return the graph of a model as DOT text, for Graphviz.

    Parameters
    ----------
    model : Model
    show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi
        As in ``plot_model``; names are shown by default.
    subgraph : bool, default False
        Accepted for Keras code; models inside are clusters whenever ``expand_nested`` is set.
    show_layer_activations, show_trainable, splines
        As in ``plot_model``.

    Returns
    -------
    Dot
        Text by ``str()`` and ``to_string()``; ``write(path)`` saves it.

    Raises
    ------
    TypeError, ValueError
        As ``plot_model``.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.utils import model_to_dot
    >>> model = Sequential([Input((4,)), Dense(3, name="scores")])
    >>> "Output: (None, 3)" in model_to_dot(model, show_shapes=True).to_string()
    True
    """
    check_number("dpi", dpi, 0, open_minimum=True)
    details = Details(
        show_shapes,
        show_dtype,
        show_layer_names,
        show_layer_activations,
        show_trainable,
        expand_nested,
    )
    return Dot(read(model, details), _is_horizontal(rankdir), dpi, splines)
