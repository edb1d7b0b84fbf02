"""Layers that look up, hash and count: the same numbers as real Keras on TensorFlow gave."""

import json

import numpy as np
import pytest

from minikeras.layers import preprocessing
from tests.layers.preprocessing import keras_cases

CASES = keras_cases.cases()
RECORDED = json.loads(keras_cases.RECORDED.read_text("utf-8"))


def assert_same(ours, theirs):
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    elif isinstance(theirs, float):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    else:
        assert ours == theirs


def test_every_case_was_recorded():
    assert list(CASES) == list(RECORDED)


@pytest.mark.parametrize("title", CASES)
def test_result_is_that_of_keras(title):
    assert_same(CASES[title](preprocessing), RECORDED[title])
