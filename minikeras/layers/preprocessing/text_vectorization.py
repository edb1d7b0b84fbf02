"""Texts as integers."""

import re
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase, punctuation
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.preprocessing.encoding import batches, encoded_shape, is_dataset
from minikeras.layers.preprocessing.refuse import refuse_path, refuse_ragged
from minikeras.layers.preprocessing.string_lookup import StringLookup
from minikeras.layers.preprocessing.strings import string_array, strings
from minikeras.registry import register

__all__ = ["TextVectorization"]

_TABLES: dict[str, dict[int, Any]] = {
    "lower": str.maketrans(ascii_uppercase, ascii_lowercase),
    "strip_punctuation": str.maketrans("", "", punctuation),
    "lower_and_strip_punctuation": str.maketrans(ascii_uppercase, ascii_lowercase, punctuation),
}
_WORD = re.compile("[^ \t\n\v\f\r]+")


@register("layer")
class TextVectorization(Layer):
    """Turn texts into sequences of word indices, or vectors that count words.

    Each text is standardised, split, joined to n-grams if wanted, and its tokens are looked up in
    a vocabulary that is given or learned by ``adapt``.

    Parameters
    ----------
    max_tokens : int, optional
        Largest number of indices, special ones included; ``adapt`` keeps the most frequent tokens.
    standardize : str, callable or None, default "lower_and_strip_punctuation"
        Also ``"lower"`` and ``"strip_punctuation"``. As in Keras, letters from A to Z are made
        small and no others. A callable gets an array of strings and gives one.
    split : str, callable or None, default "whitespace"
        Also ``"character"``. A callable gets an array of strings and gives a list of tokens for
        each.
    ngrams : int or tuple of int, optional
        Lengths of the n-grams that take the place of tokens, joined by spaces; an integer means
        all lengths up to it.
    output_mode : {"int", "multi_hot", "count", "tf_idf"}, default "int"
        Indices padded with 0, or a vector for each text that marks, counts, or counts and weights
        its tokens.
    output_sequence_length : int, optional
        Length that sequences of indices are cut or padded to; default: that of the longest.
    pad_to_max_tokens : bool, default False
        Whether vectors have length ``max_tokens`` however short the vocabulary is.
    vocabulary : array_like or path, optional
        The tokens, or a text file with one a line. A configuration holds a list, never a path.
    idf_weights : array_like, optional
        With ``output_mode="tf_idf"``, a weight for each entry of the vocabulary.
    sparse, ragged : bool, default False
        Must stay False.
    encoding : str, default "utf-8"
        Of inputs that are bytes.
    **kwargs
        ``name`` as in ``Layer``.

    Raises
    ------
    ValueError
        If arguments contradict each other, or an input has neither shape (batch,) nor (batch, 1).

    Notes
    -----
    Index 0 (``""``) is padding and 1 (``"[UNK]"``) stands for unknown tokens; vectors have no
    place for padding. A layer made from the configuration has the vocabulary, a learned one as
    well.

    Examples
    --------
    >>> from minikeras.layers import TextVectorization
    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']
    >>> layer([["foo qux bar!"], ["Qux baz"]])
    array([[4, 1, 3, 0],
           [1, 2, 0, 0]])
    """

    _keeps = "UO"

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | Callable[[Array], Any] | None = "lower_and_strip_punctuation",
        split: str | Callable[[Array], Any] | None = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if not callable(standardize):
            check_choice("standardize", standardize, [None, *_TABLES])
        if not callable(split):
            check_choice("split", split, [None, "whitespace", "character"])
        refuse_ragged("TextVectorization", ragged)
        self.standardize = standardize
        self.split = split
        if isinstance(ngrams, list):
            ngrams = tuple(ngrams)
        for length in ngrams if isinstance(ngrams, tuple) else [ngrams]:
            if length is not None:
                check_positive_int("ngrams", length)
        self.ngrams = ngrams
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None:
            check_positive_int("output_sequence_length", output_sequence_length)
            if output_mode != "int":
                raise ValueError(
                    'TextVectorization takes output_sequence_length with output_mode="int" alone, '
                    f"got {output_mode!r}"
                )
        self.sparse = sparse
        self.ragged = ragged
        self.encoding = encoding
        self._lookup = StringLookup(
            max_tokens=max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
            name=f"{self.name}_lookup",
        )
        self.max_tokens = max_tokens
        self.output_mode = self._lookup.output_mode
        self.pad_to_max_tokens = pad_to_max_tokens

    @property
    def vocabulary(self) -> list[str] | None:
        """The vocabulary as given, or as learned with its special tokens; None without one."""
        return self._lookup.vocabulary

    @property
    def idf_weights(self) -> list[float] | None:
        """Weights of ``vocabulary`` in the mode ``"tf_idf"``; None in others, or without one."""
        return self._lookup.idf_weights

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the vocabulary.

        Parameters
        ----------
        include_special_tokens : bool, default True
            Whether ``""`` and ``"[UNK]"`` are in it, so that places are the layer's indices.

        Returns
        -------
        list of str
        """
        return self._lookup.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return the number of indices, special ones included."""
        return self._lookup.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Parameters
        ----------
        vocabulary : array_like or path
            The tokens, with or without the special ones in front; or a text file with one token a
            line.
        idf_weights : array_like, optional
            A weight for each entry of ``vocabulary``; needed, and allowed, with
            ``output_mode="tf_idf"`` alone.

        Raises
        ------
        ValueError
            As ``StringLookup.set_vocabulary``.
        """
        self._lookup.set_vocabulary(vocabulary, idf_weights)

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent tokens first, of equals the later in order.

        Parameters
        ----------
        data : array_like of str, or iterable of batches
            Of batches ``(x, y)`` the input ``x`` counts.
        batch_size : int, optional
            Accepted for Keras code; without effect.
        steps : int, optional
            At most so many batches are read.

        Raises
        ------
        ValueError
            If the layer was given its vocabulary, or there is no token in the data.
        """
        self._lookup.refuse_to_learn_again()
        source = batches(data, steps) if is_dataset(data, lists=False) else [data]
        self._lookup.learn(row for batch in source for row in self._rows(string_array(batch)))

    def _convert(self, value: Any) -> Any:
        return string_array(value)

    def _rows(self, x: Array) -> list[list[str]]:
        """Return the tokens of each text."""
        title = f"TextVectorization {self.name!r}"
        if callable(self.standardize):
            given = np.array(strings(x, title, self.encoding)).reshape(x.shape)
            x = np.asarray(self.standardize(given))
        if self.split is not None and x.ndim > 1:
            if x.ndim > 2 or x.shape[1] != 1:
                raise ValueError(
                    f"{title} expected texts of shape (batch,) or (batch, 1), got {x.shape}; call "
                    "it for each column, or join the columns"
                )
            x = x[:, 0]
        texts = strings(x, title, self.encoding)
        rows: list[list[str]]
        if isinstance(self.standardize, str):
            table = _TABLES[self.standardize]
            texts = [text.translate(table) for text in texts]
        if self.split is None:
            length = x.size // max(len(x), 1) if x.ndim else 1
            rows = [texts[i : i + length] for i in range(0, len(texts), max(length, 1))]
        elif self.split == "whitespace":
            rows = list(map(_WORD.findall, texts))
        elif self.split == "character":
            rows = list(map(list, texts))
        else:
            made: Any = self.split(np.array(texts))  # type: ignore[operator]
            rows = [strings(string_array(row), title, self.encoding) for row in made]
        return rows if self.ngrams is None else [self._joined(row) for row in rows]

    def _joined(self, tokens: list[str]) -> list[str]:
        """Return the n-grams of a text, those of one length after those of another."""
        lengths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams or ()
        return [" ".join(tokens[i : i + n]) for n in lengths for i in range(len(tokens) - n + 1)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            length = self.output_sequence_length
            if self.split is None and length is None:
                return tuple(input_shape)
            return (*tuple(input_shape)[:1], length)
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape((*tuple(input_shape)[:1], None), mode, self._lookup.depth())

    def forward(self, x: Array) -> Array:
        rows = self._rows(x)
        length = max(map(len, rows), default=0)
        if self.output_sequence_length is not None:
            length = self.output_sequence_length
        tokens = [token for row in rows for token in row[:length]]
        filled = np.arange(length) < np.array([[len(row)] for row in rows]).reshape(-1, 1)
        masked = 0 if self.output_mode == "int" else -1
        indices = np.full((len(rows), length), masked)
        indices[filled] = self._lookup.look_up(np.array(tokens, dtype=object))
        if x.ndim == 0:
            indices = indices[0]
        elif x.ndim == 1 and self.split is None and self.output_sequence_length is None:
            indices = indices[:, 0] if self.output_mode == "int" else indices
        return self._lookup.encode(indices)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        refuse_path(cls, config)
        derived = ("vocabulary_size", "has_input_vocabulary")  # in files of Keras
        return super().from_config({k: v for k, v in config.items() if k not in derived})

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if name in ("vocabulary", "idf_weights"):
            return self._lookup._is_default(name, value, default)
        return super()._is_default(name, value, default)
