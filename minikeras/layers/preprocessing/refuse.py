"""What preprocessing layers refuse: what Keras offers on TensorFlow alone, and file names."""

import os
from typing import Any

__all__ = ["refuse_path", "refuse_ragged", "refuse_sparse"]


def refuse_sparse(layer: str, sparse: bool) -> None:
    """Raise an error if sparse output is asked for.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.refuse import refuse_sparse
    >>> refuse_sparse("Hashing", False)
    """
    if sparse:
        raise ValueError(
            f"{layer} expected sparse=False, got True: outputs are NumPy arrays, which are dense; "
            'leave sparse out, or use output_mode="int" with an Embedding'
        )


def refuse_ragged(layer: str, ragged: bool) -> None:
    """Raise an error if rows of different lengths are asked for.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.refuse import refuse_ragged
    >>> refuse_ragged("TextVectorization", False)
    """
    if ragged:
        raise ValueError(
            f"{layer} expected ragged=False, got True: outputs are NumPy arrays, whose rows have "
            "one length; leave ragged out, short rows are padded with 0"
        )


def refuse_path(layer: type, config: dict[str, Any]) -> None:
    """Raise an error if a configuration names a file: a saved model never opens one."""
    vocabulary = config.get("vocabulary")
    if isinstance(vocabulary, str | bytes | os.PathLike):
        raise ValueError(
            f"{layer.__name__} expected the vocabulary in its configuration as a list, got the "
            f"file name {vocabulary!r}; files are not opened for a configuration: read it yourself "
            "and call set_vocabulary"
        )
