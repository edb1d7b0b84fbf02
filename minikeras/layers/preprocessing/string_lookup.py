"""Strings as integers."""

from typing import Any, Unpack

from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.strings import string_array, strings
from minikeras.layers.preprocessing.vocabulary import VocabularyLayer
from minikeras.registry import register

__all__ = ["StringLookup"]


@register("layer")
class StringLookup(VocabularyLayer):
    """Turn strings into indices of a vocabulary, or vectors made of them.

    The vocabulary is given, or learned by ``adapt``.

    Parameters
    ----------
    max_tokens : int, optional
        Largest number of indices, special ones included; ``adapt`` keeps the most frequent tokens.
    num_oov_indices : int, default 1
        Places for unknown tokens; several are chosen among by a hash, with 0 unknown tokens are
        errors.
    mask_token : str, optional
        A token that means nothing: index 0 with ``output_mode="int"``, left out in other modes.
    oov_token : str, default "[UNK]"
        What ``invert=True`` gives for the places of unknown tokens.
    vocabulary : array_like or path, optional
        The tokens, or a text file with one a line. A configuration holds a list, never a path.
    idf_weights : array_like, optional
        With ``output_mode="tf_idf"``, a weight for each entry of the vocabulary.
    invert : bool, default False
        Whether to turn indices into strings instead.
    output_mode : {"int", "one_hot", "multi_hot", "count", "tf_idf"}, default "int"
        Indices; a vector for each token; or one for each sample, that marks, counts, or counts and
        weights its tokens.
    pad_to_max_tokens : bool, default False
        Whether vectors have length ``max_tokens`` however short the vocabulary is.
    sparse : bool, default False
        Must stay False.
    encoding : str, default "utf-8"
        Of inputs that are bytes.
    salt : int or two of them, optional
        Key of the hash, which is SipHash then, FarmHash otherwise.
    **kwargs
        ``name`` as in ``Layer``.

    Raises
    ------
    ValueError
        If arguments contradict each other, or a token is unknown and ``num_oov_indices=0``.
    TypeError
        If an input is no string.

    Notes
    -----
    A layer made from the configuration has the vocabulary, a learned one as well.

    Examples
    --------
    >>> from minikeras.layers import StringLookup
    >>> layer = StringLookup(vocabulary=["a", "b", "c", "d"])
    >>> layer([["a", "c", "d"], ["d", "z", "b"]])
    array([[1, 3, 4],
           [4, 0, 2]])
    >>> layer = StringLookup()
    >>> layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'd', 'z', 'c', 'b', 'a']
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        salt: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.encoding = encoding
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
        return strings(string_array(tokens), f"StringLookup {self.name!r}", self.encoding)

    def _line(self, line: str) -> str:
        return line
