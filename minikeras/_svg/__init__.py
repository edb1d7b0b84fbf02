"""Charts as SVG text, without any dependency: training curves and confusion matrices.

The pictures have no background and one palette that reads on white and on black pages alike:
``prefers-color-scheme`` follows the operating system, not the notebook theme or the README that
shows the picture. They use no style sheet and no ids, so that many fit into one HTML page.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily

if TYPE_CHECKING:
    from minikeras._svg.lines import curves, line_chart
    from minikeras._svg.matrix import confusion_matrix, text_confusion_matrix

FAMILIES: dict[str, tuple[str, ...]] = {
    "lines": ("curves", "line_chart"),
    "matrix": ("confusion_matrix", "text_confusion_matrix"),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES)

__all__ = ["confusion_matrix", "curves", "line_chart", "text_confusion_matrix"]
