"""Logs for TensorBoard, written without it."""

from minikeras.callbacks.tensorboard.callback import TensorBoard

__all__ = ["TensorBoard"]
