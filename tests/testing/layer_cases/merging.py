"""Cases of the merging layers."""

from minikeras.layers import merging

PAIR = {"input_shape": [(3, 2), (3, 2)]}
THREE = {"input_shape": [(4,), (4,), (4,)]}
BROADCAST = {"input_shape": [(3, 1, 2), (4, 1), (2,)]}

LAYERS = {
    "Add": [(merging.Add(), PAIR), (merging.Add(), THREE), (merging.Add(), BROADCAST)],
    "Average": [(merging.Average(), THREE), (merging.Average(), BROADCAST)],
    "Concatenate": [
        (merging.Concatenate(), {"input_shape": [(3, 2), (3, 1), (3, 4)]}),
        (merging.Concatenate(axis=1), {"input_shape": [(1, 3), (2, 3)]}),
    ],
    "Dot": [
        (merging.Dot(1), {"input_shape": [(4,), (4,)]}),
        (merging.Dot(-1, normalize=True), PAIR),
        (merging.Dot((2, 1)), {"input_shape": [(2, 3), (3, 4)]}),
        (merging.Dot((1, 2)), {"input_shape": [(3,), (2, 3, 4)]}),
    ],
    "Maximum": [(merging.Maximum(), THREE), (merging.Maximum(), BROADCAST)],
    "Minimum": [(merging.Minimum(), THREE)],
    "Multiply": [(merging.Multiply(), THREE), (merging.Multiply(), BROADCAST)],
    "Subtract": [(merging.Subtract(), PAIR)],
}
