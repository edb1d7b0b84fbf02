"""Layers in which each step of a sequence looks at the steps of another."""

from minikeras.layers.attention.grouped_query import GroupedQueryAttention, GroupQueryAttention
from minikeras.layers.attention.multi_head import MultiHeadAttention
from minikeras.layers.attention.plain import AdditiveAttention, Attention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "GroupQueryAttention",
    "GroupedQueryAttention",
    "MultiHeadAttention",
]
