"""An exported model beside ONNX Runtime."""

import numpy as np
import pytest

from tests.export.examples import predictions

try:
    import onnx
    import onnxruntime as runtime
    from onnx import checker
except ImportError:
    checker = onnx = runtime = None

# Not importorskip: a module that several test files import cannot skip them all.
needs_runtime = pytest.mark.skipif(
    runtime is None, reason="needs onnx and onnxruntime: pip install 'minikeras-numpy[onnx]'"
)


def exported(model, path, opset=17):
    """Write a model; return the file as ``onnx`` reads it, checked, and a session that runs it."""
    model.export(path, opset=opset)
    file = onnx.load(path)
    checker.check_model(file, full_check=True)
    return file, opened(path)


def opened(path):
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(session, values):
    names = [one.name for one in session.get_inputs()]
    return session.run(None, dict(zip(names, values, strict=True)))


def agree(model, session, values, tolerance=1e-5):
    """Compare with what ``predict`` gives: shapes, dtypes and numbers."""
    got, expected = run(session, values), predictions(model, values)
    assert len(got) == len(expected)
    for mine, other in zip(expected, got):
        assert mine.shape == other.shape
        if other.dtype == object:
            assert mine.tolist() == other.tolist()
        else:
            assert mine.dtype == other.dtype
            np.testing.assert_allclose(mine, other, atol=tolerance, rtol=tolerance)
    return got


def check(model, path, *batches, tolerance=1e-5):
    """Export a model and compare it on each list of inputs."""
    file, session = exported(model, path)
    for values in batches:
        agree(model, session, values, tolerance)
    return file


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def words(*shape, seed=0, high=20):
    """Return indices of words, some of them 0."""
    found = np.random.default_rng(seed).integers(1, high, shape).astype("int32")
    found[np.random.default_rng(seed + 1).random(shape) < 0.4] = 0
    return found
