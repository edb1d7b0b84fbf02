"""Scratch memory that is used again, but never while anything refers to it."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minikeras.ops import _buffers
from minikeras.ops._buffers import empty

SHAPE = (300, 400)


def address(array):
    return array.ctypes.data


def test_memory_is_used_again_once_nothing_refers_to_it():
    array = empty(SHAPE, "float32")
    place = address(array)
    del array
    assert address(empty(SHAPE, "float32")) == place


def test_a_view_keeps_the_memory():
    view = empty(SHAPE, "float32")[3:, ::2].T
    view[...] = 1.0
    others = [empty(SHAPE, "float32") for _ in range(3)]
    for other in others:
        other[...] = 2.0
    assert (view == 1.0).all()


def test_memory_of_another_dtype_may_be_used_again():
    place = address(empty(SHAPE, "float32"))
    assert address(empty((300, 200), "float64")) == place


@given(
    shape=st.lists(st.integers(0, 300), min_size=0, max_size=3).map(tuple),
    dtype=st.sampled_from(["float16", "float32", "float64", "int64", "bool"]),
)
def test_it_is_an_array_like_any_other(shape, dtype):
    array = empty(shape, dtype)
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.flags.c_contiguous
    assert array.flags.writeable
    array[...] = 1


def test_large_arrays_begin_at_a_cache_line():
    assert address(empty(SHAPE, "float32")) % 64 == 0


def test_no_more_than_the_limit_is_kept(monkeypatch):
    monkeypatch.setattr(_buffers, "LIMIT", 1 << 20)
    arrays = [empty((n, 100), "float32") for n in range(200, 260)]
    del arrays
    assert 0 < _buffers._kept <= 1 << 20
    assert _buffers._kept == sum(size * len(blocks) for size, blocks in _buffers._free.items())


def test_threads_get_memory_of_their_own():
    wrong = []

    def work(number):
        for _ in range(200):
            array = empty(SHAPE, "float32")
            array[0] = number
            if (array[0] != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
