"""Functional models before there are numbers: placeholders, and the calls that connect them.

``Input(...)`` gives a ``KerasTensor``. Calling a layer or a NumPy function on one makes a ``Node``,
which remembers the call, and gives placeholders for its outputs. ``Graph`` puts the nodes between
some inputs and outputs in order and runs them on arrays.
"""

from minikeras.graph.graph import Graph
from minikeras.graph.placeholders import KerasTensor, Node, placeholders, replace

__all__ = ["Graph", "KerasTensor", "Node", "placeholders", "replace"]
