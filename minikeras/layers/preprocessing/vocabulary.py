"""What IntegerLookup and StringLookup share: a vocabulary, given or learned, and its use."""

import math
import os
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np

from minikeras import config as settings
from minikeras._typing import Array
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int
from minikeras.layers.base import Layer
from minikeras.layers.preprocessing.encoding import batches, encode, encoded_shape, is_dataset
from minikeras.layers.preprocessing.hashes import farm_fingerprint, pair_of, sip_hash
from minikeras.layers.preprocessing.refuse import refuse_path, refuse_sparse
from minikeras.layers.preprocessing.strings import string_array

__all__ = ["VocabularyLayer"]


class _Words:
    """A vocabulary: an object of its own, which the search for weights does not walk through."""

    __slots__ = ("given", "given_weights", "table", "tokens")

    def __init__(self, tokens: list[Any]):
        self.tokens = tokens
        self.table = {token: i for i, token in enumerate(tokens)}
        self.given: list[Any] | None = None  # as the constructor got it
        self.given_weights: list[float] | None = None


_SHORT = 8
"""A vocabulary of more tokens is left out of the layer's ``repr``."""


class VocabularyLayer(Layer):
    """Base of the layers that look tokens up in a vocabulary.

    The indices are those of Keras: the mask token (with ``output_mode="int"``), then the places of
    unknown tokens, then the vocabulary.
    """

    _keeps = "iuUO"

    max_tokens: int | None
    mask_token: Any
    oov_token: Any
    output_mode: str
    salt: list[int] | None = None
    oov_method = "farmhash"

    def _set(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        salt: Any,
    ) -> None:
        """Check and keep the arguments that the subclasses share."""
        name = type(self).__name__
        if max_tokens is not None and check_positive_int("max_tokens", max_tokens) == 1:
            raise ValueError(f"{name} expected max_tokens of at least 2, got 1")
        self.max_tokens = max_tokens
        self.num_oov_indices = check_non_negative_int("num_oov_indices", num_oov_indices)
        self.mask_token = mask_token
        self.oov_token = oov_token
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        modes = ["int", "one_hot", "multi_hot", "count", "tf_idf"]
        self.output_mode = check_choice("output_mode", output_mode, modes)
        refuse_sparse(name, sparse)
        self.sparse = sparse
        self.invert = invert
        if invert and output_mode != "int":
            raise ValueError(
                f'{name} expected output_mode="int" with invert=True, got {output_mode!r}'
            )
        self.pad_to_max_tokens = pad_to_max_tokens
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{name} expected max_tokens with pad_to_max_tokens=True, got None")
        self.salt = pair_of(name, salt)
        self._given = vocabulary is not None
        self._words = _Words([])
        self._idf: Array | None = None
        if vocabulary is not None or idf_weights is not None:
            if vocabulary is None:
                raise ValueError(f"{name} expected a vocabulary with idf_weights, got None")
            self.set_vocabulary(vocabulary, idf_weights)
            if not isinstance(vocabulary, str | os.PathLike):
                self._words.given = self._plain(vocabulary)
            if idf_weights is not None:
                self._words.given_weights = np.asarray(idf_weights, float).tolist()

    # To be defined by a subclass.

    def _plain(self, tokens: Any) -> list[Any]:
        """Return tokens as Python strings or integers."""
        raise NotImplementedError

    def _line(self, line: str) -> Any:
        """Return the token in a line of a file."""
        raise NotImplementedError

    def _known(self, x: Array) -> Array:
        """Return the index of each token in the vocabulary without special tokens, -1 for none."""
        tokens, place = self._plain(x), self._words.table.get
        return np.array([place(token, -1) for token in tokens], np.int64).reshape(x.shape)

    # The vocabulary.

    @property
    def _oov_start(self) -> int:
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _token_start(self) -> int:
        return self._oov_start + self.num_oov_indices

    @property
    def vocabulary(self) -> list[Any] | None:
        """The vocabulary as given, or as learned with its special tokens; None without one."""
        words = self._words
        if words.given is not None or not words.tokens:
            return words.given
        return self.get_vocabulary(include_special_tokens=self._has_special_tokens)

    @property
    def idf_weights(self) -> list[float] | None:
        """Weights of ``vocabulary`` in the mode ``"tf_idf"``; None in others, or without one."""
        words = self._words
        if words.given_weights is not None or self._idf is None:
            return words.given_weights
        start = 0 if self._has_special_tokens else self._token_start
        return self._idf[start : self.vocabulary_size()].tolist()  # type: ignore[no-any-return]

    @property
    def _special_tokens(self) -> list[Any]:
        return [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices

    @property
    def _has_special_tokens(self) -> bool:
        """Whether the special tokens are tokens, so that they may stand in a vocabulary."""
        return None not in self._special_tokens

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the vocabulary.

        Parameters
        ----------
        include_special_tokens : bool, default True
            Whether mask and unknown tokens are in it, so that places are the layer's indices.

        Returns
        -------
        list
        """
        return (self._special_tokens if include_special_tokens else []) + self._words.tokens

    def vocabulary_size(self) -> int:
        """Return the number of indices: tokens, unknown ones and the mask."""
        return self._token_start + len(self._words.tokens)

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
            If the vocabulary is empty, too long, has a token twice or a special one inside, or the
            weights are missing or do not fit.
        """
        name = f"{type(self).__name__} {self.name!r}"
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(
                f'{name} takes idf_weights with output_mode="tf_idf" and with no other, got '
                f"output_mode={self.output_mode!r} and "
                f"{'no' if idf_weights is None else 'some'} idf_weights"
            )
        if isinstance(vocabulary, str | os.PathLike):
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = [self._line(line.rstrip("\r\n")) for line in file]
        entries = self._plain(vocabulary)
        if not entries:
            raise ValueError(f"{name} expected a vocabulary with tokens, got an empty one")
        start = self._token_start
        special = self._special_tokens
        complete = entries[:start] == special
        tokens = entries[start:] if complete else entries
        twice = [token for token, count in Counter(tokens).items() if count > 1]
        if twice:
            raise ValueError(f"{name} expected each token once, got {twice[:5]} more than once")
        reserved = [self.mask_token, *([self.oov_token] if self.invert else [])]
        for token in reserved:
            if token is not None and token in tokens:
                raise ValueError(
                    f"{name} found the reserved token {token!r} inside its vocabulary; leave "
                    f"special tokens out, or put all of them in front: {special}"
                )
        if self.max_tokens is not None and start + len(tokens) > self.max_tokens:
            raise ValueError(
                f"{name} expected at most max_tokens={self.max_tokens} tokens, special ones "
                f"included, got {start + len(tokens)}"
            )
        weights = None
        if idf_weights is not None:
            weights = np.asarray(idf_weights, float)
            if weights.shape != (len(entries),):
                raise ValueError(
                    f"{name} expected {len(entries)} idf_weights, one for each entry of the "
                    f"vocabulary, got shape {weights.shape}"
                )
        self._keep(tokens, weights, complete)

    def _keep(self, tokens: list[Any], weights: Array | None, complete: bool) -> None:
        self._words = _Words(tokens)
        if weights is None:
            return
        if not complete:  # nothing is known of unknown tokens: an average
            front = np.full(self._token_start, weights.mean() if len(weights) else 0.0)
            weights = np.concatenate([front, weights])
        if self.pad_to_max_tokens:
            weights = np.pad(weights, (0, (self.max_tokens or 0) - len(weights)))
        self._idf = weights.astype(settings.floatx())

    # Learning it.

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent tokens first, of equals the later in order.

        Parameters
        ----------
        data : array_like or iterable of batches
            An array or a list is all of the data, a document a row; of batches ``(x, y)`` the
            input ``x`` counts.
        steps : int, optional
            At most so many batches are read.

        Raises
        ------
        ValueError
            If the layer was given its vocabulary, or there is no data.
        """
        self.refuse_to_learn_again()
        source: Iterable[Any]
        if is_dataset(data, lists=False):
            source = (
                x if x.ndim > 1 else x[np.newaxis] for x in map(string_array, batches(data, steps))
            )
        else:
            x = string_array(data)
            source = [x if x.ndim > 1 else x.reshape(-1, 1)]
        self.learn(documents for x in source for documents in self._documents(x))

    def refuse_to_learn_again(self) -> None:
        """Raise an error if the vocabulary was an argument."""
        if self._given:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} was given its vocabulary; leave it out to "
                "adapt"
            )

    def _documents(self, x: Array) -> list[list[Any]]:
        """Return the tokens of each row."""
        length = x.size // max(len(x), 1)
        tokens = iter(self._plain(x))
        return [list(islice(tokens, length)) for _ in range(len(x))]

    def learn(self, documents: Iterable[list[Any]]) -> None:
        """Make the vocabulary from lists of tokens."""
        weighted = self.output_mode == "tf_idf"
        counts: Counter[Any] = Counter()
        appearances: Counter[Any] = Counter()
        number = 0
        for document in documents:
            counts.update(document)
            if weighted:
                appearances.update(set(document))
            number += 1
        counts.pop(self.mask_token, None)
        counts.pop(self.oov_token, None)
        if not counts:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} found no token in {number} rows of data"
            )
        pairs = sorted(((count, token) for token, count in counts.items()), reverse=True)
        tokens = [token for _, token in pairs]
        if self.max_tokens is not None:
            tokens = tokens[: max(self.max_tokens - self._token_start, 0)]
        weights = None
        if weighted:
            weights = np.array([math.log(1.0 + number / (1.0 + appearances[t])) for t in tokens])
        self._keep(tokens, weights, complete=False)

    # Using it.

    def _convert(self, value: Any) -> Any:
        return string_array(value)

    def depth(self) -> int:
        """Return the length of the vectors."""
        if self.pad_to_max_tokens:
            return self.max_tokens or 0
        if self.output_mode != "int" and not self._words.tokens:
            raise RuntimeError(
                f"{type(self).__name__} {self.name!r} has no vocabulary yet, which decides about "
                "the length of its output; call adapt(data) or set_vocabulary, or give "
                "max_tokens and pad_to_max_tokens=True"
            )
        return self.vocabulary_size()

    def compute_output_shape(self, input_shape: Any) -> Any:
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape(input_shape, mode, None if mode == "int" else self.depth())

    def forward(self, x: Array) -> Array:
        return self._tokens_at(x) if self.invert else self.encode(self.look_up(x))

    def look_up(self, x: Array) -> Array:
        """Return the index of each token; -1 for masked ones unless ``output_mode="int"``."""
        if x.size and not self._words.tokens:
            raise RuntimeError(
                f"{type(self).__name__} {self.name!r} has no vocabulary yet; call adapt(data) or "
                "set_vocabulary first"
            )
        places = self._known(x)
        unknown = places < 0
        indices = places + self._token_start
        if not unknown.any():
            return indices
        rest = x[unknown]
        masked = np.zeros(len(rest), bool)
        if self.mask_token is not None:
            masked[:] = [token == self.mask_token for token in self._plain(rest)]
        values = np.full(len(rest), 0 if self.output_mode == "int" else -1)
        if not masked.all():
            values[~masked] = self._oov_start + self._buckets(rest[~masked])
        indices[unknown] = values
        return indices

    def _buckets(self, x: Array) -> Any:
        """Return which of the places for unknown tokens each of ``x`` takes."""
        if self.num_oov_indices == 0:
            found = list(dict.fromkeys(self._plain(x)))[:5]
            raise ValueError(
                f"{type(self).__name__} {self.name!r} found {found} outside its vocabulary; add "
                "them, or give num_oov_indices=1 for a place of unknown tokens"
            )
        if self.num_oov_indices == 1:
            return 0
        if self.oov_method == "floormod":
            return x.astype(np.int64) % self.num_oov_indices
        tokens = [str(token).encode() for token in self._plain(x)]
        return np.array([self._hash(token) % self.num_oov_indices for token in tokens], np.int64)

    def _hash(self, token: bytes) -> int:
        if self.salt is None:
            return farm_fingerprint(token)
        return sip_hash(token, (self.salt[0], self.salt[1]))

    def encode(self, indices: Array) -> Array:
        """Return what ``output_mode`` makes of indices."""
        if self.output_mode == "int":
            return indices
        if self.output_mode == "tf_idf":
            assert self._idf is not None  # there is a vocabulary
            return encode(indices, "count", self.depth(), self._idf.dtype) * self._idf
        return encode(indices, self.output_mode, self.depth(), np.int64)

    def _tokens_at(self, x: Array) -> Array:
        """Return the tokens of indices."""
        if x.dtype.kind not in "iuf":
            raise TypeError(
                f"{type(self).__name__} {self.name!r} with invert=True expected indices, got dtype "
                f"{x.dtype}"
            )
        vocabulary = [*self.get_vocabulary(), self.oov_token]  # -1 finds the last one
        places = x.astype(np.int64)
        places = np.where((places < 0) | (places >= len(vocabulary)), -1, places)
        return np.array(vocabulary)[places]

    # Configuration.

    def get_config(self) -> dict[str, Any]:
        configuration = super().get_config()
        vocabulary = self.vocabulary
        weights = self.idf_weights
        configuration["vocabulary"] = None if vocabulary is None else list(vocabulary)
        configuration["idf_weights"] = None if weights is None else list(weights)
        return configuration

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        refuse_path(cls, config)
        derived = ("vocabulary_size", "has_input_vocabulary")  # in files of Keras
        return super().from_config({k: v for k, v in config.items() if k not in derived})

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if name in ("vocabulary", "idf_weights"):
            return value is None or len(value) > _SHORT
        return super()._is_default(name, value, default)
