"""HDF5, as much of it as files of weights consist of: groups, arrays of numbers, attributes.

Files are those of the oldest form of the format, which h5py writes unless told otherwise and every
HDF5 library reads: superblock version 0, groups as B-trees of symbol tables, arrays in one piece.
"""

from minikeras.saving.hdf5.convert import convert
from minikeras.saving.hdf5.reader import read
from minikeras.saving.hdf5.tree import Attribute, Group
from minikeras.saving.hdf5.writer import chunks, write

__all__ = ["Attribute", "Group", "chunks", "convert", "read", "write"]
