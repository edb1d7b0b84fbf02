"""Arrays in ``.safetensors`` files, which many libraries and languages read.

A file is the length of its header (8 bytes), the header (JSON: name, dtype, shape and place of each
array), and the numbers, one array after the other.

References
----------
Hugging Face, *Safetensors: format*, https://github.com/huggingface/safetensors.
"""

import json
import math
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from minikeras._atomic import replacing
from minikeras._typing import Array, Shape
from minikeras.autodiff.tensor import bare
from minikeras.layers.base import Layer
from minikeras.layers.weights import defines
from minikeras.optimizers.base import Optimizer
from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5 import Group
from minikeras.saving.places import arrays, own_variables, places
from minikeras.saving.weights_h5 import from_tree

__all__ = ["Entry", "load_safetensors", "load_weights", "read_header", "save_safetensors"]

SUFFIX = ".safetensors"
_LONGEST = 1 << 23  # bytes of a header: room for some 70,000 arrays
_AXES = 32  # as many as NumPy 1 has
_METADATA = "__metadata__"

# Arrays stand in this order, so that each begins at a multiple of its elements' size.
_DTYPES = {
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
    "C64": "<c8",
    "F32": "<f4",
    "U32": "<u4",
    "I32": "<i4",
    "BF16": "<u2",  # the upper half of a float32
    "F16": "<f2",
    "U16": "<u2",
    "I16": "<i2",
    "I8": "|i1",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items() if name != "BF16"}
_RANKS = {name: i for i, name in enumerate(_DTYPES)}


class Entry(NamedTuple):
    """What the header says of an array.

    Attributes
    ----------
    dtype : str
        The format's name of it, such as ``"F32"``.
    shape : tuple of int
    start, stop : int
        Place of the numbers in the file, in bytes.
    """

    dtype: str
    shape: Shape
    start: int
    stop: int


def save_safetensors(
    model: Layer | Mapping[str, Any],
    path: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = True,
) -> None:
    """Write the weights of a model, or any arrays, to a ``.safetensors`` file.

    Parameters
    ----------
    model : Model, or dict of str to array
        Weights of a model are named after their place in it, such as ``"layers/dense_1/kernel"``,
        which does not depend on the names of layers. The state of its optimizer is left out.
    path : path
        Ends in ``.safetensors``. An old file stays whole until the new one is complete.
    metadata : dict of str to str, optional
        Notes that go into the file.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    TypeError
        If names or metadata are not text.
    ValueError
        If the name of the file ends otherwise, the model is not built, or an array has a dtype
        that the format does not know.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from minikeras.saving import load_safetensors, save_safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_safetensors({"a": np.eye(2)}, folder + "/x.safetensors", {"made by": "hand"})
    ...     load_safetensors(folder + "/x.safetensors")
    {'a': array([[1., 0.],
           [0., 1.]])}
    """
    target = _checked(path)
    given = _weights(model) if isinstance(model, Layer) else dict(model)
    header: dict[str, Any] = {}
    if metadata is not None:
        _check_texts("metadata", [*metadata.keys(), *metadata.values()])
        header[_METADATA] = dict(sorted(metadata.items()))
    _check_texts("names of arrays", given)
    if _METADATA in given:
        raise ValueError(f"no array can be named {_METADATA!r}; pass metadata=... for notes")
    coded = {name: _coded(name, value) for name, value in given.items()}
    order = sorted(coded, key=lambda name: (_RANKS[coded[name][0]], name))
    place = 0
    for name in order:
        dtype, array = coded[name]
        end = place + array.nbytes
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > _LONGEST:
        raise ValueError(f"the header has {len(text)} bytes, the format allows {_LONGEST} here")
    with replacing(target, overwrite) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(coded[name][1].data if coded[name][1].size else b"")


def load_safetensors(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read all arrays of a ``.safetensors`` file.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict of str to array
        In the order of the file; ``bfloat16`` becomes float32, which holds the same numbers.

    Raises
    ------
    ModelFileError
        If the file is damaged: arrays overlap, leave gaps or lie outside of the file, a name comes
        twice, shape and place contradict each other, or NumPy lacks the dtype.
    FileNotFoundError
        If there is no such file.
    """
    name = os.fspath(_checked(path))
    entries, _ = read_header(path)
    found: dict[str, Array] = {}
    with open(path, "rb") as file:
        for key, entry in entries.items():
            file.seek(entry.start)
            data = bytearray(entry.stop - entry.start)  # writable, and no larger than the file
            if file.readinto(data) != len(data):
                raise ModelFileError(name, "it is cut off: bytes are missing", key)
            found[key] = _array(data, entry)
    return found


def load_weights(model: Layer, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Read the weights of a model from a ``.safetensors`` file; all or nothing.

    Parameters
    ----------
    model : Model
        Built, with the same architecture.
    path : path
        A file that ``save_safetensors(model, path)`` wrote.
    skip_mismatch : bool, default False
        Leave out the layers that do not fit, with a warning, rather than raise.

    Raises
    ------
    ValueError
        If the model is not built.
    ModelFileError
        If the file is damaged, or its weights are not those of the model; nothing is replaced then.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If weights are NaN.

    Examples
    --------
    >>> import tempfile
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.saving import save_safetensors
    >>> from minikeras.saving.safetensors import load_weights
    >>> model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_safetensors(model, folder + "/m.safetensors")
    ...     _ = model.weights[0].assign([[0.0], [0.0]])
    ...     load_weights(model, folder + "/m.safetensors")
    >>> model.get_weights()[0].ravel()
    array([1., 1.], dtype=float32)
    """
    name = os.fspath(path)
    _check_built(model, "loaded")
    found = load_safetensors(path)
    known = {flat: place for flat, (place, _) in _places(model).items()}
    missing = [flat for flat in known if flat not in found]
    unknown = [flat for flat in found if flat not in known]
    if missing or unknown:
        problem = f"it lacks {_few(missing)}, and the model has no place for {_few(unknown)}"
        if not skip_mismatch:
            raise ModelFileError(name, f"{problem}; no weight was replaced")
        warnings.warn(f"{name}: {problem}; these were left out", stacklevel=2)
    tree = Group()
    for flat, place in known.items():
        if flat in found:
            group, _, last = place.rpartition("/")
            tree.group(group).members[last] = found[flat]
    from_tree(model, tree, name, skip_mismatch)


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, Entry], dict[str, str]]:
    """Read what a ``.safetensors`` file says of its arrays; none is read.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict of str to Entry
        In the order of the file.
    dict of str to str
        The metadata.

    Raises
    ------
    ModelFileError
        If the header is damaged.
    """
    file = os.fspath(path)
    if os.path.isdir(path):
        raise ModelFileError(file, "it is a folder, not a file")
    with open(path, "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        length = int.from_bytes(opened.read(8), "little")
        if size < 8 or length > size - 8:
            raise ModelFileError(
                file, f"its header should have {length} bytes, the file has {size}; it is cut off"
            )
        if length > _LONGEST:
            raise ModelFileError(file, f"its header has {length} bytes, more than {_LONGEST}")
        text = opened.read(length)
    if text[:1] != b"{":
        raise ModelFileError(file, "its header does not begin with {; it is of another format")
    try:
        header = json.loads(text.decode(), object_pairs_hook=_Object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(file, f"its header is not right: {error}") from error
    entries = {}
    metadata: dict[str, str] = {}
    for name, value in header.items():
        if name != _METADATA:
            entries[name] = _entry(value, 8 + length, size, file, name)
        elif _is_texts(value):
            metadata = dict(value)
        else:
            raise ModelFileError(file, "expected texts by name", name)
    place = 8 + length
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        if entry.start != place:
            problem = "it overlaps another array" if entry.start < place else "there is a gap"
            raise ModelFileError(
                file, f"{problem}: expected it to begin at byte {place}, not {entry.start}", name
            )
        place = entry.stop
    if place != size:
        raise ModelFileError(file, f"its arrays end at byte {place}, the file at byte {size}")
    return entries, metadata


class _Object(dict[str, Any]):
    """An object of JSON, which may name nothing twice."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__()
        for name, value in pairs:
            if name in self:
                raise ValueError(f"{name!r} comes twice")
            self[name] = value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _entry(value: Any, base: int, size: int, file: str, name: str) -> Entry:
    def fail(problem: str) -> NoReturn:
        raise ModelFileError(file, problem, name)

    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        fail("expected an object with dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        fail(f"its dtype {_short(dtype)} is none of {', '.join(_DTYPES)}")
    if not _is_sizes(shape) or len(shape) > _AXES:
        fail(f"expected its shape to be a list of at most {_AXES} sizes, got {_short(shape)}")
    if not _is_sizes(offsets) or len(offsets) != 2:
        fail(f"expected its data_offsets to be two places, got {_short(offsets)}")
    start, stop = offsets
    if start > stop or stop > size - base:
        fail(f"its bytes {start} to {stop} do not lie within the {size - base} of all arrays")
    wanted = math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
    most = 8 * math.prod(n for n in shape if n)  # bytes of the widest dtype
    # An axis of length 0 makes everything fit, but not every length makes a NumPy array.
    if wanted != stop - start or most >= 2**63:
        fail(f"its shape {_short(shape)} of {dtype} asks for {wanted} bytes, it has {stop - start}")
    return Entry(dtype, tuple(shape), base + start, base + stop)


def _is_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 2**63 for n in value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _array(data: bytearray, entry: Entry) -> Array:
    found: Array
    if entry.dtype == "BOOL":  # NumPy's truth values are bytes 0 and 1, no others
        found = np.frombuffer(data, np.uint8) != 0
    else:
        found = np.frombuffer(data, _DTYPES[entry.dtype])
    if entry.dtype == "BF16":
        found = (found.astype(np.uint32) << 16).view(np.float32)
    return found.astype(found.dtype.newbyteorder("="), copy=False).reshape(entry.shape)


def _coded(name: str, value: Any) -> tuple[str, Array]:
    """Return the format's name of a dtype, and the array as the file holds it."""
    array = np.asarray(bare(value))
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _NAMES:
        raise ValueError(
            f"array {name!r} has dtype {array.dtype}, which .safetensors files cannot hold; they "
            f"hold {', '.join(str(known) for known in _NAMES)}"
        )
    return _NAMES[dtype], np.ascontiguousarray(array, dtype).reshape(array.shape)


def _weights(model: Layer) -> dict[str, Array]:
    _check_built(model, "saved")
    return {flat: value for flat, (_, value) in _places(model).items()}


def _places(model: Layer) -> dict[str, tuple[str, Array]]:
    """Return path in a ``.weights.h5`` file and value of all weights, by their names here."""
    found: dict[str, tuple[str, Array]] = {}
    for place in places(model):
        if isinstance(place.owner, Optimizer):
            continue
        stored = arrays(place.owner)
        names = list(stored)  # of a layer that has save_own_variables
        if not defines(place.owner, "save_own_variables"):
            own = own_variables(place.owner)
            names[: len(own)] = [variable.name for variable in own]
        for name, (key, value) in zip(names, stored.items(), strict=True):
            flat = plain = f"{place.path}/{name}" if place.path else name
            count = 0
            while flat in found:
                count += 1
                flat = f"{plain}_{count}"
            found[flat] = (f"{place.vars}/{key}", value)
    return found


def _check_built(model: Layer, done: str) -> None:
    if not model.built:
        raise ValueError(
            f"weights can be {done} once the model is built; put Input(shape) first, call "
            f"{model.name}.build(input_shape), or call the model on data"
        )


def _check_texts(what: str, values: Iterable[Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"expected {what} to be text, got {value!r} ({type(value).__name__})")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:80]}..."


def _few(names: list[str]) -> str:
    """Return some names, for a message."""
    shown = ", ".join(repr(name) for name in names[:5]) or "nothing"
    return shown if len(names) < 6 else f"{shown} and {len(names) - 5} more"


def _checked(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.suffix != SUFFIX:
        raise ValueError(
            f"expected a file name that ends in {SUFFIX}, got {os.fspath(path)!r}; write "
            f"{target.with_suffix(SUFFIX).name!r}"
        )
    return target
