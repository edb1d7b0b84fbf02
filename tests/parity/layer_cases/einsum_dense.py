"""Cases of EinsumDense; see ``tests/parity/test_layers.py``."""


def einsum(equation, output_shape, **options):
    return lambda layers: layers.EinsumDense(equation, output_shape, **options)


CASES = [
    ("dense", einsum("ab,bc->ac", 3, bias_axes="c"), (2, 4)),
    ("relu", einsum("ab,bc->ac", 3, bias_axes="c", activation="relu"), (2, 4)),
    ("without bias", einsum("ab,bc->ac", 3, activation="gelu"), (2, 4)),
    ("sequence", einsum("abc,cd->abd", (None, 3), bias_axes="d"), (2, 5, 4)),
    ("known steps", einsum("abc,cd->abd", (5, 3), bias_axes="d"), (2, 5, 4)),
    ("heads", einsum("abc,cde->abde", (None, 2, 3), bias_axes="de"), (2, 5, 4)),
    (
        "heads, sigmoid",
        einsum("abc,cde->abde", (None, 2, 3), bias_axes="de", activation="sigmoid"),
        (2, 5, 4),
    ),
    ("bias of some axes", einsum("abc,cde->abde", (None, 2, 3), bias_axes="e"), (2, 5, 4)),
    ("bias of the first axis", einsum("abc,cde->abde", (None, 2, 3), bias_axes="d"), (2, 5, 4)),
    ("bias of the steps", einsum("abc,cd->abd", (5, 3), bias_axes="b"), (2, 5, 4)),
    ("heads joined", einsum("abcd,cde->abe", (None, 6), bias_axes="e"), (2, 5, 2, 3)),
    ("transposed", einsum("abc,cd->adb", (3, 5), bias_axes="d"), (2, 5, 4)),
    ("heads first", einsum("abc,cde->adbe", (2, 5, 3), bias_axes="de"), (2, 5, 4)),
    ("kernel turned round", einsum("abc,dc->abd", (None, 3), bias_axes="d"), (2, 5, 4)),
    ("a kernel per step", einsum("abc,bcd->abd", (5, 3), bias_axes="bd"), (2, 5, 4)),
    ("only scaled", einsum("abc,c->abc", (None, 4)), (2, 5, 4)),
    ("summed away", einsum("abc,cd->ad", 3, bias_axes="d"), (2, 5, 4)),
    ("left ellipsis", einsum("...x,xy->...y", 3, bias_axes="y"), (2, 5, 4)),
    ("left ellipsis, two axes", einsum("...x,xy->...y", 3, bias_axes="y"), (2, 4)),
    ("left ellipsis, four axes", einsum("...ab,bc->...ac", (2, 3), bias_axes="c"), (2, 5, 2, 4)),
    ("right ellipsis", einsum("ab...,bc->ac...", 3, bias_axes="c"), (2, 4, 5)),
    ("right ellipsis, two", einsum("ab...,bc->ac...", 3, bias_axes="c"), (2, 4, 5, 2)),
    ("regularized", einsum("ab,bc->ac", 3, bias_axes="c", kernel_regularizer="l2"), (2, 4)),
]
