"""Data that never ends, told before it is read."""

import itertools

import pytest

from minikeras.data.endless import is_endless


def forever():
    while True:
        yield 1


def forever_over_a_list():
    while True:
        yield from [1, 2]


def forever_with_clean_up():
    while 1:
        try:
            yield 1
        finally:
            pass


def until_break():
    while True:
        yield 1
        if len("ab") == 2:
            break


def until_return():
    while True:
        if len("ab") == 2:
            return
        yield 1


def until_an_error():
    yield 1
    raise OSError


def over_a_list():
    yield from [1, 2]


class Forever:
    def __iter__(self):
        while True:
            yield 1


class Twice:
    def __iter__(self):
        yield 1
        yield 1


class Elsewhere:
    def __iter__(self):
        return iter([1])


@pytest.mark.parametrize(
    "data",
    [
        itertools.count(),
        itertools.cycle([1]),
        itertools.repeat(1),
        forever(),
        forever_over_a_list(),
        forever_with_clean_up(),
        (x for x in itertools.count()),
        (x for x in forever()),
        map(abs, forever()),
        zip(forever(), itertools.count()),
        enumerate(forever()),
        filter(None, forever()),
        Forever(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_certainly_endless(data):
    assert is_endless(data)


@pytest.mark.parametrize(
    "data",
    [
        [1],
        iter([1]),
        itertools.repeat(1, 3),
        itertools.repeat(1, 0),
        itertools.islice(forever(), 3),
        until_break(),
        until_return(),
        until_an_error(),
        over_a_list(),
        (x for x in [1]),
        map(abs, [1]),
        zip(forever(), [1]),
        Twice(),
        Elsewhere(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_not_known_to_be_endless(data):
    assert not is_endless(data)


def test_a_generator_that_has_ended_is_not_endless():
    data = forever()
    data.close()
    assert not is_endless(data)


def test_nothing_is_read():
    data = (x for x in [1, 2])
    is_endless(data)
    assert list(data) == [1, 2]
