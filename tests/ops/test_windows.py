import numpy as np
import pytest

from minikeras.ops._windows import NAMES, get_window


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", sorted(NAMES))
def test_windows_are_those_of_scipy(name, periodic):
    signal = pytest.importorskip("scipy.signal")
    for length in (1, 2, 3, 8, 33):
        expected = signal.get_window(name, length, periodic)
        np.testing.assert_allclose(get_window(name, length, periodic), expected, atol=1e-12)


def test_a_misspelt_window_is_corrected():
    with pytest.raises(ValueError, match="unknown window 'haming'; did you mean 'hamming'"):
        get_window("haming", 8)
