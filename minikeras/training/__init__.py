"""Training: ``steps`` is one batch, ``loop`` is fit, evaluate and predict over many.

``objective`` matches losses and metrics to outputs; ``numerical`` is the gradient by central
differences. ``Model`` only forwards to these functions.
"""
