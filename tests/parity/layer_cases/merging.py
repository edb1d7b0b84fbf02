"""Cases of the merging layers; see ``tests/parity/test_layers.py``."""

PAIR, THREE = [(2, 3, 4), (2, 3, 4)], [(3, 4), (3, 4), (3, 4)]
BROADCAST = [(2, 3, 1, 4), (2, 5, 4), (2, 1)]

CASES = [
    (f"{name} {title}", lambda layers, name=name: getattr(layers, name)(), inputs)
    for name in ("Add", "Average", "Maximum", "Minimum", "Multiply")
    for title, inputs in (("three", THREE), ("broadcast", BROADCAST), ("one", [(2, 3)]))
]
CASES += [
    ("Subtract", lambda layers: layers.Subtract(), PAIR),
    ("Subtract broadcast", lambda layers: layers.Subtract(), [(2, 4), (2, 3, 4)]),
    ("Concatenate", lambda layers: layers.Concatenate(), [(2, 3), (2, 4), (2, 1)]),
    ("Concatenate axis 1", lambda layers: layers.Concatenate(axis=1), [(2, 3, 4), (2, 1, 4)]),
    ("Concatenate axis -2", lambda layers: layers.Concatenate(-2), [(2, 3, 4), (2, 1, 4)]),
    ("Dot vectors", lambda layers: layers.Dot(1), [(3, 4), (3, 4)]),
    ("Dot matrices", lambda layers: layers.Dot((2, 1)), [(2, 3, 4), (2, 4, 5)]),
    ("Dot last", lambda layers: layers.Dot(-1), [(2, 3, 4), (2, 5, 4)]),
    ("Dot first", lambda layers: layers.Dot(1), [(2, 3, 4), (2, 3, 5)]),
    ("Dot cosines", lambda layers: layers.Dot(2, normalize=True), [(2, 3, 4), (2, 5, 4)]),
    ("Dot vector and matrix", lambda layers: layers.Dot((1, 2)), [(2, 4), (2, 3, 4)]),
    ("Dot matrix and vector", lambda layers: layers.Dot((1, 1)), [(2, 4, 3), (2, 4)]),
    ("Dot volumes", lambda layers: layers.Dot((2, 3)), [(2, 3, 4, 2), (2, 5, 3, 4)]),
]
