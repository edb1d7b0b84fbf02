import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings

from minikeras.losses.shapes import fit_weights, match_ranks


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        ((5,), (5, 1), ((5, 1), (5, 1))),
        ((5, 1), (5,), ((5, 1), (5, 1))),
        ((5, 3), (5, 3, 1), ((5, 3), (5, 3))),
        ((5, 3, 1), (5, 3), ((5, 3), (5, 3))),
        ((5,), (5, 3), ((5,), (5, 3))),
        ((5, 3), (5,), ((5, 3), (5,))),
        ((5,), (5,), ((5,), (5,))),
        ((5,), (5, 1, 1), ((5,), (5, 1, 1))),
    ],
)
def test_one_missing_axis_of_length_1_is_made_up_for(y_true, y_pred, expected):
    a, b = match_ranks(np.zeros(y_true), np.zeros(y_pred))
    assert (a.shape, b.shape) == expected


@settings(max_examples=50)
@given(shape=hnp.array_shapes(max_dims=4, max_side=3))
def test_weights_of_any_leading_axes_fit(shape):
    for rank in range(1, len(shape) + 1):
        weights = np.random.default_rng(0).random(shape[:rank])
        fitted = fit_weights("loss", weights, shape, np.float64)
        assert fitted.shape == shape
        index = tuple(0 for _ in shape[rank:])
        assert (fitted[(..., *index)] == weights).all()
