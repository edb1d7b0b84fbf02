"""Cases of Embedding, ReversibleEmbedding and Masking; see ``tests/parity/test_layers.py``."""


def ids(*shape, below=7, dtype="int32"):
    return lambda rng: rng.integers(below, size=shape).astype(dtype)


def with_gaps(rng):
    x = rng.standard_normal((3, 4, 2)).astype("float32")
    x[0, 1:] = 0.0
    x[2, 0] = 0.0
    x[1, 1, 0] = 0.0
    return x


CASES = [
    ("rows", lambda layers: layers.Embedding(7, 3), ids(2, 5)),
    ("one axis", lambda layers: layers.Embedding(7, 3), ids(4)),
    ("three axes", lambda layers: layers.Embedding(7, 3), ids(2, 3, 4)),
    ("float numbers", lambda layers: layers.Embedding(7, 3), ids(2, 5, dtype="float32")),
    ("int64", lambda layers: layers.Embedding(7, 3, mask_zero=True), ids(2, 5, dtype="int64")),
    ("large table", lambda layers: layers.Embedding(300, 4), ids(20, 9, below=300)),
    ("many repeats", lambda layers: layers.Embedding(40, 4), ids(20, 30, below=9)),
    (
        "mixed repeats",
        lambda layers: layers.Embedding(200, 4),
        lambda rng: rng.geometric(0.05, (10, 12)).clip(0, 199).astype("int32"),
    ),
    (
        "positions",
        lambda layers: layers.Embedding(50, 4),
        lambda rng: rng.permutation(20).cumsum() % 50,
    ),
    ("reversible", lambda layers: layers.ReversibleEmbedding(7, 3), ids(2, 5), {"shape": False}),
    (
        "untied",
        lambda layers: layers.ReversibleEmbedding(7, 3, tie_weights=False),
        ids(2, 5),
        {"shape": False},
    ),
    (
        "reverse",
        lambda layers: layers.ReversibleEmbedding(7, 3),
        (2, 5, 3),
        {"call": {"reverse": True}, "shape": False},
    ),
    (
        "reverse, untied",
        lambda layers: layers.ReversibleEmbedding(7, 3, tie_weights=False),
        (2, 5, 3),
        {"call": {"reverse": True}, "shape": False},
    ),
    (
        "reverse with a soft cap",
        lambda layers: layers.ReversibleEmbedding(7, 3, logit_soft_cap=0.5),
        (2, 3),
        {"call": {"reverse": True}, "shape": False},
    ),
    ("Masking", lambda layers: layers.Masking(), with_gaps),
    (
        "Masking another value",
        lambda layers: layers.Masking(0.5),
        lambda rng: rng.integers(2, size=(5, 3, 2)).astype("float32") / 2.0,
    ),
]
