"""``ops._memory``: memory is used again, and never while somebody looks at it."""

import threading

import numpy as np

from minikeras.ops import _memory
from minikeras.ops._memory import empty, empty_like

LARGE = (512, 512)


def place(array):
    return array.ctypes.data


def test_shape_and_dtype_are_those_asked_for():
    for shape in [(), (0, 3), (2, 3), LARGE]:
        for dtype in ("float32", "float64", bool):
            array = empty(shape, dtype)
            assert array.shape == shape and array.dtype == dtype
            assert array.flags.c_contiguous and array.flags.writeable
    assert empty_like(np.ones((3, 2), "float16")).dtype == "float16"


def test_memory_is_handed_out_again_once_the_array_is_gone():
    first = empty(LARGE, np.float64)
    was = place(first)
    del first
    assert place(empty(LARGE, np.float64)) == was


def test_memory_in_use_is_not_handed_out():
    arrays = [empty(LARGE, np.float64) for _ in range(3)]
    assert len({place(array) for array in arrays}) == 3


def test_a_view_keeps_the_memory():
    array = empty(LARGE, np.float64)
    was, view = place(array), array.reshape(-1)[5:7].T
    del array
    assert place(empty(LARGE, np.float64)) != was
    del view


def test_what_is_too_much_comes_from_numpy(monkeypatch):
    monkeypatch.setattr(_memory, "MOST", 3 << 20)
    monkeypatch.setattr(_memory, "_store", _memory._Store())
    held = [empty((1 << 20,), np.uint8) for _ in range(5)]
    assert sum(array.base is None for array in held) == 2
    del held
    other = empty((3 << 19,), np.uint8)  # blocks that nobody uses make room for another length
    assert other.base is not None
    assert _memory._store.size <= 3 << 20


def test_threads_do_not_share(rng):
    seen = []

    def work():
        array = empty(LARGE, np.float64)
        seen.append((array, place(array)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({where for _, where in seen}) == 4
