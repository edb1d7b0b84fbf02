"""``project``: a matrix product over the last axes."""

import numpy as np
import pytest

from minikeras import GradientTape, Variable, check_gradients
from minikeras.ops.einsum import project


@pytest.mark.parametrize("activation", [None, "relu", "tanh", "sigmoid"])
@pytest.mark.parametrize(("axes", "kernel"), [(1, (4, 2, 3)), (2, (3, 4, 5)), (1, (4, 5))])
def test_values_and_gradients_are_those_of_tensordot(rng, axes, kernel, activation):
    x, w = rng.standard_normal((2, 3, 4)), rng.standard_normal(kernel)
    bias = rng.standard_normal(kernel[axes:])
    np.testing.assert_allclose(project(x, w, bias, axes=axes), np.tensordot(x, w, axes) + bias)
    check_gradients(
        lambda *arrays: project(*arrays, activation, axes=axes), x, w, bias, second=True
    )


def test_gradients_are_written_where_they_belong(rng):
    kernel, bias = Variable(rng.standard_normal((4, 2, 3))), Variable(np.zeros((2, 3)))
    x = rng.standard_normal((5, 4))
    views = {id(v): np.full(v.shape, np.nan) for v in (kernel, bias)}
    with GradientTape() as tape:
        y = np.sum(project(x, kernel, bias))
    tape.backward({id(y): np.array(1.0)}, views)
    wanted = np.broadcast_to(x.sum(axis=0)[:, None, None], kernel.shape)
    np.testing.assert_allclose(views[id(kernel)], wanted)
    np.testing.assert_array_equal(views[id(bias)], np.full((2, 3), 5.0))


def test_axes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"shape \(..., 3, 4\) for a kernel of shape \(3, 4, 2\)"):
        project(np.zeros((2, 4, 3)), np.zeros((3, 4, 2)), axes=2)
