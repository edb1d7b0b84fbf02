"""Fourier transforms of pairs, and of pieces of a signal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import check_gradients, ops


@given(st.integers(1, 9), st.integers(1, 9))
def test_real_transform_and_back_is_the_signal(length, seed):
    x = np.random.default_rng(seed).standard_normal((2, length))
    np.testing.assert_allclose(ops.irfft(ops.rfft(x), length), x, atol=1e-12)


@pytest.mark.parametrize("length", [4, 5])
@pytest.mark.parametrize("fft_length", [3, 4, 6, 7])
def test_second_derivatives_are_known(rng, length, fft_length):
    x = rng.standard_normal(length)

    def energy(x):
        real, imag = ops.rfft(x, fft_length)
        return np.sum(real**3 + imag**3)

    check_gradients(energy, x, second=True)
    check_gradients(
        lambda a, b: np.sum(ops.irfft((a, b), fft_length) ** 3),
        rng.standard_normal(3),
        rng.standard_normal(3),
        second=True,
    )


def test_dtype_is_kept(rng):
    for dtype in ["float32", "float64"]:
        x = rng.standard_normal(8).astype(dtype)
        assert ops.rfft(x)[0].dtype == ops.fft((x, x))[1].dtype == dtype
        assert ops.irfft(ops.rfft(x)).dtype == dtype


@pytest.mark.parametrize("window", ["hann", "hamming", np.bartlett(10)[1:-1]])
def test_short_time_transform_and_back_is_the_signal(rng, window):
    x = rng.standard_normal((2, 64))
    spectrum = ops.stft(x, 8, 2, 8, window=window)
    back = ops.istft(spectrum, 8, 2, 8, length=64, window=window)
    np.testing.assert_allclose(back, x, atol=1e-10)


def test_windows_are_scipys():
    signal = pytest.importorskip("scipy.signal")
    for name in ["hann", "hamming"]:
        impulse = np.zeros(9)
        pieces = ops.stft(impulse + 1.0, 9, 1, 9, window=name, center=False)
        expected = np.fft.rfft(signal.get_window(name, 9))
        np.testing.assert_allclose(pieces[0][0], expected.real, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.fft(np.ones(4)), r"a pair \(real part, imaginary part\), got ndarray"),
        (lambda: ops.fft((np.ones(4), np.ones(3))), "of one shape"),
        (lambda: ops.stft(np.ones(9), 8, 2, 4), "fft_length must be at least sequence_length"),
        (lambda: ops.stft(np.ones(9), 4, 2, 4, window="flat"), "window must be one of 'hann'"),
        (lambda: ops.stft(np.ones(9), 4, 2, 4, window=np.ones(3)), "must have 4 weights"),
        (lambda: ops.istft((np.ones(3), np.ones(3)), 4, 2, 4), "at least 2 axes"),
        (lambda: ops.extract_sequences(np.ones(9), 0, 2), "sequence_length"),
    ],
)
def test_what_cannot_be_transformed_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
