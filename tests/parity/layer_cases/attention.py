"""Cases of the attention layers; see ``tests/parity/test_layers.py``."""

import numpy as np

QUERY, VALUE, KEY = (2, 3, 4), (2, 5, 6), (2, 5, 4)
MASK = np.array([[1, 1, 1, 0, 1], [1, 0, 1, 0, 0]], bool)
QUERY_MASK = np.array([[1, 1, 0], [1, 0, 1]], bool)
BETWEEN = np.array([[[1, 1, 0, 0, 1], [1, 0, 1, 0, 1], [0, 0, 0, 1, 0]]] * 2, bool)
BLIND = BETWEEN.copy()
BLIND[1, 2] = False
TWO_AXES = np.arange(2 * 6 * 4).reshape(2, 2, 3, 2, 2) % 3 > 0


def same(layers_name, *args, **options):
    return lambda layers: getattr(layers, layers_name)(*args, **options)


def heads(*args, **options):
    return same("MultiHeadAttention", *args, **options)


def grouped(*args, **options):
    return same("GroupQueryAttention", *args, **options)


def plain(name):
    """Return cases that Attention and AdditiveAttention have in common."""
    return [
        (f"{name} two", same(name), [QUERY, (2, 5, 4)]),
        (f"{name} three", same(name), [QUERY, VALUE, KEY]),
        (f"{name} scaled", same(name, use_scale=True), [QUERY, VALUE, KEY]),
        (f"{name} unscaled", same(name, use_scale=False), [QUERY, VALUE, KEY]),
        (f"{name} dropout at inference", same(name, dropout=0.5, seed=1), [QUERY, VALUE, KEY]),
        *(
            (f"{name} {title}", same(name, use_scale=True), [QUERY, VALUE, KEY], {"call": call})
            for title, call in [
                ("scores", {"return_attention_scores": True}),
                ("causal", {"use_causal_mask": True}),
                ("masks", {"mask": [QUERY_MASK, MASK]}),
                ("value mask", {"mask": [None, MASK]}),
                ("query mask", {"mask": [QUERY_MASK, None], "return_attention_scores": True}),
                ("all", {"mask": [QUERY_MASK, MASK], "use_causal_mask": True,
                         "return_attention_scores": True}),
            ]
        ),
    ]  # fmt: skip


def calls(title, make, inputs):
    """Return cases of the ways in which a layer with projections can be called."""
    return [
        (f"{title} {name}", make, inputs, {"args": True, "call": call})
        for name, call in [
            ("plain", {}),
            ("scores", {"return_attention_scores": True}),
            ("causal", {"use_causal_mask": True}),
            ("causal scores", {"use_causal_mask": True, "return_attention_scores": True}),
            ("mask", {"attention_mask": BETWEEN}),
            ("mask scores", {"attention_mask": BETWEEN, "return_attention_scores": True}),
            ("blind", {"attention_mask": BLIND}),
            ("blind scores", {"attention_mask": BLIND, "return_attention_scores": True}),
            ("value mask", {"value_mask": MASK}),
            ("key mask", {"key_mask": MASK}),
            ("all masks", {"value_mask": MASK, "attention_mask": BLIND, "use_causal_mask": True}),
        ]
    ]


SELF = {"args": True}
CASES = [
    *plain("Attention"),
    *plain("AdditiveAttention"),
    ("concat", same("Attention", score_mode="concat"), [QUERY, VALUE, KEY]),
    ("concat scaled", same("Attention", True, "concat"), [QUERY, VALUE, KEY],
     {"call": {"return_attention_scores": True, "mask": [None, MASK]}}),
    *calls("heads", heads(2, 3), [QUERY, VALUE]),
    *calls("heads, three", heads(2, 3), [QUERY, VALUE, KEY]),
    # Keras on jax takes a value_dim of its own only where it does not fuse: with dropout or scores.
    *calls("heads, value_dim", heads(2, 3, value_dim=5, dropout=0.1), [QUERY, VALUE, KEY]),
    *calls("heads, window", heads(2, 3, sliding_window=2), [QUERY, VALUE]),
    *calls("heads, dropout", heads(2, 3, dropout=0.3), [QUERY, VALUE]),
    ("one head", heads(1, 4, use_bias=False), [QUERY, VALUE], SELF),
    ("output shape", heads(2, 3, output_shape=7), [QUERY, VALUE], SELF),
    ("two output axes", heads(2, 3, output_shape=(2, 4)), [QUERY, VALUE], SELF),
    ("gate", heads(2, 3, use_gate=True), [QUERY, VALUE], SELF),
    ("gate scores", heads(2, 3, value_dim=4, use_gate=True), [QUERY, VALUE],
     {"args": True, "call": {"return_attention_scores": True}}),
    ("mask of the heads", heads(2, 3), [QUERY, VALUE],
     {"args": True, "call": {"attention_mask": np.stack([BETWEEN, ~BETWEEN], axis=1)}}),
    ("mask of all samples", heads(2, 3), [QUERY, VALUE],
     {"args": True, "call": {"attention_mask": BETWEEN[:1]}}),
    ("number mask", heads(2, 3), [QUERY, VALUE],
     {"args": True, "call": {"attention_mask": BETWEEN.astype("float32")}}),
    *(
        (f"axes {axes}{' scores' if scores else ''}", heads(2, 3, attention_axes=axes),
         [(2, 3, 2, 4), (2, *lengths, 5)],
         {"args": True, "call": {"return_attention_scores": scores}})
        for axes, lengths in [
            (None, (4, 3)), ((1, 2), (4, 3)), (1, (5, 2)), (2, (3, 5)), (-2, (3, 5))
        ]
        for scores in (False, True)
    ),
    ("two axes, masked", heads(2, 3, attention_axes=(1, 2)), [(2, 2, 3, 4), (2, 2, 2, 5)],
     {"args": True, "call": {"attention_mask": TWO_AXES}}),
    ("second axis, masked", heads(2, 3, attention_axes=(2,)), [(2, 2, 3, 4), (2, 2, 5, 5)],
     {"args": True, "call": {"attention_mask": BETWEEN[:, None]}}),
    *calls("grouped", grouped(3, 4, 2), [QUERY, (2, 5, 4)]),
    *calls("multi-query", grouped(3, 4, 1, use_bias=False), [QUERY, (2, 5, 4), (2, 5, 6)]),
    *calls("grouped, gate", grouped(3, 4, 4, use_gate=True, sliding_window=3), [QUERY, (2, 5, 4)]),
]  # fmt: skip
