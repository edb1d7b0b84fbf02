"""Any integers as indices from 0 on."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.strings import string_array
from minikeras.layers.preprocessing.vocabulary import VocabularyLayer
from minikeras.registry import register

__all__ = ["IntegerLookup"]


@register("layer")
class IntegerLookup(VocabularyLayer):
    """Turn integers, such as postal codes, into indices of a vocabulary, or vectors made of them.

    The vocabulary is given, or learned by ``adapt``.

    Parameters
    ----------
    max_tokens : int, optional
        Largest number of indices, special ones included; ``adapt`` keeps the most frequent tokens.
    num_oov_indices : int, default 1
        Places for unknown integers; with 0 unknown integers are errors.
    mask_token : int, optional
        A token that means nothing: index 0 with ``output_mode="int"``, left out in other modes.
    oov_token : int, default -1
        What ``invert=True`` gives for the places of unknown integers.
    vocabulary : array_like or path, optional
        The integers, or a text file with one a line. A configuration holds a list, never a path.
    vocabulary_dtype : {"int64"}
    idf_weights : array_like, optional
        With ``output_mode="tf_idf"``, a weight for each entry of the vocabulary.
    invert : bool, default False
        Whether to turn indices back into the integers of the vocabulary.
    output_mode : {"int", "one_hot", "multi_hot", "count", "tf_idf"}, default "int"
        Indices; a vector for each token; or one for each sample, that marks, counts, or counts and
        weights its tokens.
    sparse : bool, default False
        Must stay False.
    pad_to_max_tokens : bool, default False
        Whether vectors have length ``max_tokens`` however short the vocabulary is.
    oov_method : {"floormod", "farmhash"}, default "floormod"
        How one of several places is chosen for an unknown integer: the remainder of a division, or
        a hash, which spreads regular numbers better.
    salt : int or two of them, optional
        With ``"farmhash"``, key of the hash, which is SipHash then.
    **kwargs
        ``name`` as in ``Layer``.

    Raises
    ------
    ValueError
        If arguments contradict each other, or a token is unknown and ``num_oov_indices=0``.
    TypeError
        If an input is no integer.

    Notes
    -----
    A layer made from the configuration has the vocabulary, a learned one as well.

    Examples
    --------
    >>> from minikeras.layers import IntegerLookup
    >>> layer = IntegerLookup(vocabulary=[12, 36, 1138, 42])
    >>> layer([[12, 1138, 42], [42, 1000, 36]])
    array([[1, 3, 4],
           [4, 0, 2]])
    >>> IntegerLookup(vocabulary=[12, 36], output_mode="count")([[12, 36, 36], [7, 12, 12]])
    array([[0, 1, 2],
           [1, 2, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.vocabulary_dtype = check_choice("vocabulary_dtype", vocabulary_dtype, ["int64"])
        self.oov_method = check_choice("oov_method", oov_method, ["floormod", "farmhash"])
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                f'IntegerLookup takes a salt with oov_method="farmhash" alone, got {oov_method!r}'
            )
        self._set(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            salt,
        )

    def _plain(self, tokens: Any) -> list[Any]:
        return self._integers(string_array(tokens)).ravel().tolist()

    def _line(self, line: str) -> int:
        return int(line)

    def _integers(self, x: Array) -> Array:
        if x.dtype.kind == "f" and (np.trunc(x) == x).all():
            return x.astype(np.int64)
        if x.dtype.kind not in "iub" and x.size:
            raise TypeError(
                f"IntegerLookup {self.name!r} expected integers, got dtype {x.dtype}; use a "
                "StringLookup for strings and a Discretization for fractions"
            )
        return x.astype(np.int64)

    def _keep(self, tokens: list[Any], weights: Array | None, complete: bool) -> None:
        super()._keep(tokens, weights, complete)
        values = np.array(tokens, np.int64)
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]

    def _known(self, x: Array) -> Array:
        x = self._integers(x)
        if not self._words.tokens:
            return np.full(x.shape, -1)
        places = np.minimum(np.searchsorted(self._sorted, x), len(self._sorted) - 1)
        return np.where(self._sorted[places] == x, self._order[places], -1)
