"""scikit-learn is loaded when it is used, and an error says which extra has it."""


def test_the_module_loads_without_scikit_learn(in_fresh_python):
    code = "import sys, minikeras.wrappers; print('sklearn' in sys.modules)"
    assert in_fresh_python(code) == ["False"]


def test_the_error_names_the_extra(in_fresh_python):
    code = """
import sys
sys.modules["sklearn"] = None  # importing it fails
from minikeras import wrappers
print(*wrappers.__all__)
try:
    wrappers.SKLearnClassifier
except ImportError as error:
    print("minikeras-numpy[sklearn]" in str(error))
"""
    names = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
    assert in_fresh_python(code) == [*names, "True"]
