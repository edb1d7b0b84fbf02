"""Between what a user hands to ``fit``, ``evaluate``, ``predict`` and the loop: batches.

``convert`` makes arrays of whatever holds numbers, ``checks`` compares their lengths and finds NaN,
``weights`` turns class weights into sample weights, ``arrays`` cuts batches out of whole arrays,
``iterables`` takes them from generators, loaders and a ``PyDataset``, ``adapter`` chooses.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily
from minikeras.data.adapter import adapt, as_x_y_sample_weight, train_validation_split
from minikeras.data.arrays import ArraySource
from minikeras.data.checks import check_finite
from minikeras.data.convert import to_array, to_arrays
from minikeras.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from minikeras.data.py_dataset import PyDataset
from minikeras.data.source import Source

if TYPE_CHECKING:
    from minikeras.data.iterables import IterableSource, PyDatasetSource

__getattr__, __dir__ = lazily(__name__, {"iterables": ("IterableSource", "PyDatasetSource")})

__all__ = [
    "ArraySource",
    "IterableSource",
    "PyDataset",
    "PyDatasetSource",
    "Source",
    "adapt",
    "as_x_y_sample_weight",
    "check_finite",
    "pack_x_y_sample_weight",
    "to_array",
    "to_arrays",
    "train_validation_split",
    "unpack_x_y_sample_weight",
]
