"""The fixed parts of the format: sizes, signatures, kinds of messages.

References
----------
The HDF Group, *HDF5 File Format Specification Version 3.0*, sections II to IV.
"""

from struct import Struct

__all__ = [
    "ATTRIBUTE",
    "ATTRIBUTE_INFO",
    "CONTINUATION",
    "DATASPACE",
    "DATATYPE",
    "EXTERNAL_FILES",
    "FILL_VALUE",
    "FILTERS",
    "GLOBAL_HEAP",
    "GLOBAL_OBJECT",
    "HEADER",
    "INTERNAL_K",
    "LAYOUT",
    "LEAF_K",
    "LINK",
    "LINK_INFO",
    "LOCAL_HEAP",
    "MESSAGE",
    "SIGNATURE",
    "SUPERBLOCK",
    "SYMBOL",
    "SYMBOL_NODE",
    "SYMBOL_TABLE",
    "TREE_NODE",
    "UNDEFINED",
    "VLEN",
    "padding",
]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF  # an address that points nowhere
LEAF_K, INTERNAL_K = 4, 16  # nodes hold up to twice as many entries

# All integers are little-endian; "x" is a byte that is reserved.
SUPERBLOCK = Struct("<8s 3B x 3B x H H I Q Q Q Q")
"""Signature; versions of superblock, free space, root group and shared messages; size of offsets
and of lengths; leaf and internal k; flags; addresses: base, free space, end, driver."""
SYMBOL = Struct("<Q Q I 4x 16s")  # offset of the name, address, kind of cache, cache
TREE_NODE = Struct("<4s B B H Q Q")  # "TREE", kind, level, entries, left and right sibling
SYMBOL_NODE = Struct("<4s B x H")  # "SNOD", version, entries
LOCAL_HEAP = Struct("<4s B 3x Q Q Q")  # "HEAP", version, size, first free block, address
GLOBAL_HEAP = Struct("<4s B 3x Q")  # "GCOL", version, size
GLOBAL_OBJECT = Struct("<H H 4x Q")  # index, references, size
HEADER = Struct("<B x H I I 4x")  # version, messages, references, size
MESSAGE = Struct("<H H B 3x")  # kind, size, flags
VLEN = Struct("<I Q I")  # length, address of a global heap, index in it

# Kinds of messages in a header.
DATASPACE = 0x01
LINK_INFO = 0x02
DATATYPE = 0x03
FILL_VALUE = 0x05
LINK = 0x06
EXTERNAL_FILES = 0x07
LAYOUT = 0x08
FILTERS = 0x0B
ATTRIBUTE = 0x0C
CONTINUATION = 0x10
SYMBOL_TABLE = 0x11
ATTRIBUTE_INFO = 0x15


def padding(size: int) -> int:
    """Return how many bytes lie between ``size`` and the next multiple of 8."""
    return -size % 8
