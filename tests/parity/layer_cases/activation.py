"""Cases of the activation layers; see ``tests/parity/test_layers.py``."""

import numpy as np

IMAGE = (2, 3, 4, 5)
MASK = np.array([[True, True, False, True], [False, True, False, True]])

CASES = [
    ("ReLU", lambda layers: layers.ReLU(), IMAGE),
    ("ReLU bounded", lambda layers: layers.ReLU(max_value=0.7), IMAGE),
    ("ReLU sloped", lambda layers: layers.ReLU(negative_slope=0.2), IMAGE),
    ("ReLU from threshold", lambda layers: layers.ReLU(threshold=0.4), IMAGE),
    ("ReLU with all", lambda layers: layers.ReLU(1.0, 0.1, 0.2), IMAGE),
    ("LeakyReLU", lambda layers: layers.LeakyReLU(), IMAGE),
    ("LeakyReLU steep", lambda layers: layers.LeakyReLU(1.5), IMAGE),
    ("PReLU", lambda layers: layers.PReLU(), IMAGE),
    ("PReLU shared", lambda layers: layers.PReLU(shared_axes=[1, 2]), IMAGE),
    ("PReLU shared along one", lambda layers: layers.PReLU("ones", shared_axes=2), IMAGE),
    ("ELU", lambda layers: layers.ELU(), IMAGE),
    ("ELU half", lambda layers: layers.ELU(0.5), IMAGE),
    ("Softmax", lambda layers: layers.Softmax(), IMAGE),
    ("Softmax axis 1", lambda layers: layers.Softmax(1), IMAGE),
    ("Softmax axes", lambda layers: layers.Softmax((1, 2)), IMAGE),
    ("Softmax masked", lambda layers: layers.Softmax(), (2, 4), {"call": {"mask": MASK}}),
    (
        "Softmax over axes, masked",
        lambda layers: layers.Softmax((1, 2)),
        (2, 3, 4),
        {"call": {"mask": MASK[:, np.newaxis]}},
    ),
]
