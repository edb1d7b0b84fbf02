"""Contract cases of EinsumDense."""

from minikeras.layers.einsum_dense import EinsumDense

LAYERS = {
    "EinsumDense": [
        (EinsumDense("ab,bc->ac", 3, bias_axes="c"), {}),
        (EinsumDense("abc,cd->abd", (None, 3), "tanh", bias_axes="d"), {"input_shape": (2, 4)}),
        (EinsumDense("abc,cd->adb", (3, 2), bias_axes="d"), {"input_shape": (2, 4)}),
        (EinsumDense("abcd,cde->abe", (2, 3), "gelu", "e"), {"input_shape": (2, 2, 3)}),
        (EinsumDense("...x,xy->...y", 3, bias_axes="y"), {"input_shape": (2, 2, 4)}),
        (EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), {"input_shape": (4, 2)}),
        (EinsumDense("abc,bcd->abd", (2, 3), bias_axes="bd"), {"input_shape": (2, 4)}),
    ]
}
