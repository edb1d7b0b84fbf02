"""Contract cases of the attention layers.

Layers that are called on several arrays are given them as one list, by a subclass that takes it.
"""

from minikeras.layers.attention import (
    AdditiveAttention,
    Attention,
    GroupedQueryAttention,
    MultiHeadAttention,
)

LISTED = [(3, 4), (5, 4)]
AXES = [(3, 2, 4), (2, 2, 5)]


def of_a_list(cls):
    """Return a subclass of ``cls`` that takes its arrays as one list."""

    class OfAList(cls):
        def build(self, input_shape):
            super().build(*input_shape)

        def forward(self, inputs, training=None):
            return super().forward(*inputs, training=training, use_causal_mask=len(inputs) == 3)

        def compute_output_shape(self, input_shape):
            return super().compute_output_shape(*input_shape)

    OfAList.__name__ = cls.__name__
    return OfAList


Heads, Grouped = of_a_list(MultiHeadAttention), of_a_list(GroupedQueryAttention)

LAYERS = {
    "Attention": [
        (Attention(), {"input_shape": LISTED}),
        (Attention(use_scale=True), {"input_shape": [(3, 4), (5, 2), (5, 4)]}),
        (Attention(True, "concat"), {"input_shape": LISTED}),
        (Attention(dropout=0.4, seed=1), {"input_shape": LISTED}),
    ],
    "AdditiveAttention": [
        (AdditiveAttention(), {"input_shape": LISTED}),
        (AdditiveAttention(use_scale=False, dropout=0.2), {"input_shape": LISTED}),
    ],
    "MultiHeadAttention": [
        (Heads(2, 3), {"input_shape": LISTED}),
        (Heads(2, 3, 2, 0.3, output_shape=5, seed=2), {"input_shape": [(3, 4), (5, 2), (5, 4)]}),
        (Heads(2, 3, attention_axes=(1, 2)), {"input_shape": AXES}),
        (Heads(1, 2, attention_axes=2, sliding_window=2), {"input_shape": [(3, 2, 4), (3, 5, 4)]}),
        (Heads(2, 2, use_gate=True, use_bias=False), {"input_shape": LISTED}),
        (Heads(2, 2, kernel_regularizer="l2", activity_regularizer="l2"), {"input_shape": LISTED}),
    ],
    "GroupedQueryAttention": [
        (Grouped(3, 4, 2), {"input_shape": LISTED}),
        (Grouped(2, 2, 1, dropout=0.3, use_gate=True), {"input_shape": LISTED}),
    ],
}
