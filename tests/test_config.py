"""Settings of the process."""

import numpy as np
import pytest

from minikeras import config
from minikeras.layers import Dense


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floatx_is_the_type_of_new_weights_and_results(dtype):
    old = Dense(1)
    old(np.ones((1, 1)))
    config.set_floatx(dtype)
    layer = Dense(1)
    assert layer(np.ones((1, 1))).dtype == layer.kernel.dtype == config.floatx() == dtype
    assert old(np.ones((1, 1))).dtype == "float32"


@pytest.mark.parametrize("wrong", ["float", "int32", np.float32, None, 32])
def test_floatx_must_be_a_name_of_a_float_type(wrong):
    with pytest.raises(ValueError, match="unknown floatx"):
        config.set_floatx(wrong)
    assert config.floatx() == "float32"


def test_epsilon_can_be_set():
    config.set_epsilon(1e-3)
    assert config.epsilon() == 1e-3


@pytest.mark.parametrize(
    ("wrong", "error"), [(0, ValueError), (-1e-7, ValueError), ("a", TypeError)]
)
def test_epsilon_is_above_zero(wrong, error):
    with pytest.raises(error, match="epsilon must be a finite number above 0"):
        config.set_epsilon(wrong)


def test_the_image_format_is_one_of_two():
    assert config.image_data_format() == "channels_last"
    config.set_image_data_format("channels_first")
    assert config.image_data_format() == "channels_first"
    with pytest.raises(ValueError, match="unknown image_data_format 'channel_last'; did you mean"):
        config.set_image_data_format("channel_last")


def test_blas_threads_are_a_positive_number():
    assert config.set_blas_threads(1) in (True, False)
    with pytest.raises(ValueError, match="count must be an integer of at least 1, got 0"):
        config.set_blas_threads(0)
