"""The names under which older Keras code finds what is in ``minikeras.utils``."""

from minikeras.preprocessing import image, sequence
from minikeras.utils import (
    image_dataset_from_directory,
    text_dataset_from_directory,
    timeseries_dataset_from_array,
)

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
