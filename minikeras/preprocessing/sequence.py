"""Sequences of different lengths; the function of ``minikeras.utils``."""

from minikeras.utils import pad_sequences

__all__ = ["pad_sequences"]
