"""Files of records as TensorBoard reads them, each record with two checksums.

A record is its length (8 bytes, little-endian), the checksum of the length, the data, and the
checksum of the data. A checksum is a CRC-32C, rotated and shifted by a constant ("masked").

References
----------
Record format: TensorFlow, ``tfrecord`` guide. CRC-32C: Castagnoli, Brauer, Herrmann,
"Optimization of Cyclic Redundancy-Check Codes with 24 and 32 Parity Bits" (1993); RFC 3720, B.4.
"""

import struct
from typing import IO

__all__ = ["crc32c", "masked_crc32c", "write_record"]

_POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41 with its bits reversed


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_entry(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of ``data``.

    Examples
    --------
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    table, crc = _TABLE, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """Return the checksum as records hold it."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def write_record(file: IO[bytes], data: bytes) -> None:
    """Append one record."""
    length = struct.pack("<Q", len(data))
    file.write(
        b"".join(
            (
                length,
                struct.pack("<I", masked_crc32c(length)),
                data,
                struct.pack("<I", masked_crc32c(data)),
            )
        )
    )
