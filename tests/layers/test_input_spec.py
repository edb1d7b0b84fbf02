"""What a layer says of its input by ``input_spec``."""

import numpy as np
import pytest

from minikeras.layers import InputSpec, Layer


class Picky(Layer):
    def __init__(self, spec):
        super().__init__(name="picky")
        self.input_spec = spec

    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("spec", "fits", "fails", "message"),
    [
        (InputSpec(ndim=2), (1, 2), (1, 2, 3), "expected 2 axes, got shape"),
        (InputSpec(min_ndim=3), (1, 2, 3), (1, 2), "at least 3 axes"),
        (InputSpec(max_ndim=2), (1, 2), (1, 2, 3), "at most 2 axes"),
        (InputSpec(axes={-1: 3}), (1, 3), (1, 4), "length 3 along axis -1"),
        (InputSpec(shape=(None, 2)), (5, 2), (5, 3), r"expected shape \(None, 2\)"),
        (InputSpec(dtype="float32"), (1, 2), None, ""),
        (
            InputSpec(shape=(None, 1), allow_last_axis_squeeze=True),
            (4,),
            (4, 2),
            r"expected shape \(None, 1\)",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_refused(spec, fits, fails, message):
    layer = Picky(spec)
    assert layer(np.zeros(fits)).shape == fits
    if fails is not None:
        with pytest.raises(ValueError, match=f"Picky 'picky' .*{message}"):
            layer(np.zeros(fails))


def test_several_inputs_have_a_spec_each():
    layer = Picky([InputSpec(ndim=2, name="a"), InputSpec(ndim=3, name="b")])
    layer([np.zeros((1, 2)), np.zeros((1, 2, 3))])
    with pytest.raises(ValueError, match="for its input 'b' expected 3 axes"):
        layer([np.zeros((1, 2)), np.zeros((1, 2))])
    with pytest.raises(ValueError, match="expected 2 inputs, got 3"):
        layer([np.zeros((1, 2))] * 3)
