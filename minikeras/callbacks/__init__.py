"""Following and steering a run: progress, history, stopping, learning rates, files, backups.

Give instances to ``fit``, ``evaluate`` or ``predict`` as ``callbacks=[...]``; write your own by
deriving from ``Callback``.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily

if TYPE_CHECKING:
    from minikeras.callbacks.backup import BackupAndRestore
    from minikeras.callbacks.base import Callback
    from minikeras.callbacks.callback_list import CallbackList
    from minikeras.callbacks.checkpoint import ModelCheckpoint
    from minikeras.callbacks.early_stopping import EarlyStopping, TerminateOnNaN
    from minikeras.callbacks.history import History
    from minikeras.callbacks.lambda_callback import LambdaCallback
    from minikeras.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
    from minikeras.callbacks.logging import CSVLogger
    from minikeras.callbacks.progbar import Progbar
    from minikeras.callbacks.progress import ProgbarLogger
    from minikeras.callbacks.remote_monitor import RemoteMonitor
    from minikeras.callbacks.swap_ema import SwapEMAWeights
    from minikeras.callbacks.tensorboard import TensorBoard

FAMILIES = {
    "backup": ("BackupAndRestore",),
    "base": ("Callback",),
    "callback_list": ("CallbackList",),
    "checkpoint": ("ModelCheckpoint",),
    "early_stopping": (
        "EarlyStopping",
        "TerminateOnNaN",
    ),
    "history": ("History",),
    "lambda_callback": ("LambdaCallback",),
    "learning_rate": (
        "LearningRateScheduler",
        "ReduceLROnPlateau",
    ),
    "logging": ("CSVLogger",),
    "progbar": ("Progbar",),
    "progress": ("ProgbarLogger",),
    "remote_monitor": ("RemoteMonitor",),
    "swap_ema": ("SwapEMAWeights",),
    "tensorboard": ("TensorBoard",),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES, "callback")

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "Progbar",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
