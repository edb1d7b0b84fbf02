"""Contract cases of Embedding, ReversibleEmbedding and Masking."""

import numpy as np

from minikeras.layers.embedding import Embedding, ReversibleEmbedding
from minikeras.layers.masking import Masking

IDS = np.array([[1, 0, 4], [2, 2, 0], [4, 3, 2]])

LAYERS = {
    "Embedding": [
        (Embedding(5, 2), {"inputs": IDS}),
        (Embedding(5, 2, mask_zero=True), {"inputs": IDS}),
        (Embedding(5, 2, lora_rank=1, embeddings_regularizer="l2"), {"inputs": IDS}),
        (Embedding(40, 3, "normal", name="wide"), {"inputs": IDS}),
    ],
    "ReversibleEmbedding": [
        (ReversibleEmbedding(5, 2, mask_zero=True), {"inputs": IDS}),
        (ReversibleEmbedding(5, 2, tie_weights=False, logit_soft_cap=2.0), {"inputs": IDS}),
    ],
    "Masking": [
        (Masking(), {"input_shape": (3, 2)}),
        (Masking(-1.0, dtype="float32"), {"input_shape": (4, 2)}),
    ],
}
