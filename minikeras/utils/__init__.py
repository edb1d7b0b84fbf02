"""Small helpers under the names that Keras scripts use."""

from typing import TYPE_CHECKING, Any

from minikeras._lazy import lazily
from minikeras._svg import text_confusion_matrix
from minikeras.callbacks import Progbar
from minikeras.data import PyDataset, pack_x_y_sample_weight, unpack_x_y_sample_weight
from minikeras.random import set_random_seed
from minikeras.registry import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from minikeras.utils.labels import normalize, to_categorical
from minikeras.utils.session import clear_session, get_source_inputs, is_keras_tensor

Sequence = PyDataset

if TYPE_CHECKING:
    from minikeras.utils.directories import (
        audio_dataset_from_directory,
        image_dataset_from_directory,
        text_dataset_from_directory,
    )
    from minikeras.utils.files import get_file
    from minikeras.utils.images import array_to_img, img_to_array, load_img, save_img
    from minikeras.utils.plotting import model_to_dot, plot_model
    from minikeras.utils.sequences import pad_sequences, timeseries_dataset_from_array
    from minikeras.utils.settings import Config, standardize_dtype
    from minikeras.utils.splitting import split_dataset

__all__ = [
    "Config",
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_confusion_matrix",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

_get, __dir__ = lazily(
    __name__,
    {
        "directories": (
            "audio_dataset_from_directory",
            "image_dataset_from_directory",
            "text_dataset_from_directory",
        ),
        "files": ("get_file",),
        "images": ("array_to_img", "img_to_array", "load_img", "save_img"),
        "plotting": ("model_to_dot", "plot_model"),
        "sequences": ("pad_sequences", "timeseries_dataset_from_array"),
        "settings": ("Config", "standardize_dtype"),
        "splitting": ("split_dataset",),
    },
)


def __getattr__(name: str) -> Any:
    return _get(name)
