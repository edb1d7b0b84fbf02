"""Hashes of strings that are the same on every machine and in every run: FarmHash and SipHash.

Python integers have no fixed width, hence the masks to 64 bits.
"""

from collections.abc import Iterable
from typing import Any

__all__ = ["farm_fingerprint", "fingerprint_cat", "pair_of", "sip_hash"]

_64 = 0xFFFFFFFFFFFFFFFF
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F


def farm_fingerprint(data: bytes) -> int:
    """Return FarmHash's 64-bit fingerprint of ``data``.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    int
        In [0, 2**64).

    References
    ----------
    Pike and Alakuijala, FarmHash (2014), https://github.com/google/farmhash: ``Fingerprint64``.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.hashes import farm_fingerprint
    >>> [farm_fingerprint(letter) % 3 for letter in (b"A", b"B", b"C", b"D", b"E")]
    [1, 0, 1, 1, 2]
    """
    length = len(data)
    if length <= 16:
        return _short(data)
    if length <= 32:
        return _up_to_32(data)
    if length <= 64:
        return _up_to_64(data)
    x = seed = 81
    y = (seed * _K1 + 113) & _64
    z = (_mix((y * _K2 + 113) & _64) * _K2) & _64
    v = w = (0, 0)
    x = (x * _K2 + _word(data, 0)) & _64
    end = (length - 1) // 64 * 64
    for at in range(0, end, 64):
        x, y, z, v, w = _round(data, at, x, y, z, v, w, _K1, 1)
    factor = (_K1 + ((z & 0xFF) << 1)) & _64
    w = ((w[0] + ((length - 1) & 63)) & _64, w[1])
    v = ((v[0] + w[0]) & _64, v[1])
    w = ((w[0] + v[0]) & _64, w[1])
    x, y, z, v, w = _round(data, length - 64, x, y, z, v, w, factor, 9)
    return _pair(
        _pair(v[0], w[0], factor) + _mix(y) * _K0 + z, _pair(v[1], w[1], factor) + x, factor
    )


def _round(
    data: bytes,
    at: int,
    x: int,
    y: int,
    z: int,
    v: tuple[int, int],
    w: tuple[int, int],
    factor: int,
    weight: int,
) -> tuple[int, int, int, tuple[int, int], tuple[int, int]]:
    """Mix 64 bytes from ``at`` into the state."""
    x = _turn(x + y + v[0] + _word(data, at + 8), 37) * factor & _64
    y = _turn(y + v[1] + _word(data, at + 48), 42) * factor & _64
    x ^= w[1] * weight & _64
    y = (y + v[0] * weight + _word(data, at + 40)) & _64
    z = _turn(z + w[0], 33) * factor & _64
    v = _weak(data, at, v[1] * factor, x + w[0])
    w = _weak(data, at + 32, z + w[1], y + _word(data, at + 16))
    return z, y, x, v, w


def _short(data: bytes) -> int:
    length = len(data)
    factor = _K2 + length * 2
    if length >= 8:
        a = _word(data, 0) + _K2
        b = _word(data, length - 8)
        return _pair(_turn(b, 37) * factor + a, (_turn(a, 25) + b) * factor, factor)
    if length >= 4:
        first, last = (int.from_bytes(part, "little") for part in (data[:4], data[-4:]))
        return _pair(length + (first << 3), last, factor)
    if length:
        y = data[0] + (data[length >> 1] << 8)
        z = length + (data[-1] << 2)
        return _mix((y * _K2 ^ z * _K0) & _64) * _K2 & _64
    return _K2


def _up_to_32(data: bytes) -> int:
    length = len(data)
    factor = _K2 + length * 2
    a = _word(data, 0) * _K1
    b = _word(data, 8)
    c = _word(data, length - 8) * factor
    d = _word(data, length - 16) * _K2
    return _pair(_turn(a + b, 43) + _turn(c, 30) + d, a + _turn(b + _K2, 18) + c, factor)


def _up_to_64(data: bytes) -> int:
    length = len(data)
    factor = _K2 + length * 2
    a = _word(data, 0) * _K2
    b = _word(data, 8)
    c = _word(data, length - 8) * factor
    d = _word(data, length - 16) * _K2
    y = _turn(a + b, 43) + _turn(c, 30) + d
    z = _pair(y, a + _turn(b + _K2, 18) + c, factor)
    e = _word(data, 16) * factor
    f = _word(data, 24)
    g = (y + _word(data, length - 32)) * factor
    h = (z + _word(data, length - 24)) * factor
    return _pair(_turn(e + f, 43) + _turn(g, 30) + h, e + _turn(f + a, 18) + g, factor)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _turn(value: int, places: int) -> int:
    """Rotate 64 bits to the right."""
    value &= _64
    return (value >> places | value << 64 - places) & _64


def _mix(value: int) -> int:
    value &= _64
    return value ^ value >> 47


def _pair(u: int, v: int, factor: int) -> int:
    """Hash two words into one."""
    a = _mix((u ^ v) * factor)
    return _mix((v ^ a) * factor) * factor & _64


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Mix 32 bytes into two words."""
    w, x, y, z = (_word(data, at + shift) for shift in (0, 8, 16, 24))
    a += w
    b = _turn(b + a + z, 21)
    total = a + x + y
    return (total + z) & _64, (b + _turn(total, 44) + a) & _64


def sip_hash(data: bytes, key: tuple[int, int]) -> int:
    """Return SipHash-2-4 of ``data``: a hash that cannot be foreseen without the key.

    Parameters
    ----------
    data : bytes
    key : (int, int)
        Two words of 64 bits.

    Returns
    -------
    int
        In [0, 2**64).

    References
    ----------
    Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).

    Examples
    --------
    The example of the paper's appendix A.

    >>> from minikeras.layers.preprocessing.hashes import sip_hash
    >>> hex(sip_hash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
    '0xa129ca6149be45e5'
    """
    first, second = (word & _64 for word in key)
    state = (
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    )
    padded = data + bytes(-(len(data) + 1) % 8) + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        a, b, c, d = state
        word = _word(padded, at)
        a, b, c, d = _sip_rounds((a, b, c, d ^ word), 2)
        state = (a ^ word, b, c, d)
    a, b, c, d = state
    a, b, c, d = _sip_rounds((a, b, c ^ 0xFF, d), 4)
    return a ^ b ^ c ^ d


def _sip_rounds(state: tuple[int, int, int, int], rounds: int) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for _ in range(rounds):
        a = (a + b) & _64
        b = _turn(b, 51) ^ a
        a = _turn(a, 32)
        c = (c + d) & _64
        d = _turn(d, 48) ^ c
        a = (a + d) & _64
        d = _turn(d, 43) ^ a
        c = (c + b) & _64
        b = _turn(b, 47) ^ c
        c = _turn(c, 32)
    return a, b, c, d


def fingerprint_cat(words: Iterable[int]) -> int:
    """Return one 64-bit hash of several, in their order.

    Parameters
    ----------
    words : iterable of int
        The first is the start, such as a key; negative ones count as their 64 bits.

    Returns
    -------
    int
        In [0, 2**64).

    Notes
    -----
    ``FingerprintCat64`` of TensorFlow, a round of MurmurHash: what Keras crosses features with.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.hashes import farm_fingerprint, fingerprint_cat
    >>> fingerprint_cat([0xDECAFCAFFE, farm_fingerprint(b"A"), 101]) % 5
    1
    """
    factor = 0xC6A4A7935BD1E995
    total, *others = words
    for word in others:
        total = (total & _64) ^ factor
        total ^= _mix((word & _64) * factor) * factor & _64
        total = total * factor & _64
        total = _mix(total) * factor & _64
        total = _mix(total)
    return total


def pair_of(layer: str, salt: Any) -> list[int] | None:
    """Return the two numbers that a salt consists of."""
    if salt is None:
        return None
    pair = list(salt) if isinstance(salt, list | tuple) else [salt, salt]
    if len(pair) != 2 or not all(isinstance(word, int) for word in pair):
        raise ValueError(f"{layer} expected salt to be an integer or two of them, got {salt!r}")
    return pair
