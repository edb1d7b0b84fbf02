"""Following and steering a run: progress, history, early stopping, learning rates, log files.

Give instances to ``fit``, ``evaluate`` or ``predict`` as ``callbacks=[...]``; write your own by
deriving from ``Callback``.
"""

from minikeras.callbacks.base import Callback
from minikeras.callbacks.callback_list import CallbackList
from minikeras.callbacks.early_stopping import EarlyStopping, TerminateOnNaN
from minikeras.callbacks.history import SVG, History
from minikeras.callbacks.lambda_callback import LambdaCallback
from minikeras.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from minikeras.callbacks.logging import CSVLogger
from minikeras.callbacks.progbar import Progbar
from minikeras.callbacks.progress import ProgbarLogger

__all__ = [
    "SVG",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Progbar",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
