"""Every rule, over the calls in cases.py."""

import numpy as np
import pytest

import minikeras
from minikeras.autodiff.record import COMPOSITES, RULES, WITHOUT_GRADIENT
from minikeras.tree import map_leaves
from tests.autodiff.cases import CASES

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def leaves(structure):
    found = []
    map_leaves(found.append, structure)
    return found


def test_every_rule_has_a_case():
    ours = {f for f in (*RULES, *COMPOSITES) if f is not np.i0}  # a doctest's
    assert ours - {case.function for case in CASES} == set()


def test_no_function_is_in_two_tables():
    assert not set(RULES) & set(COMPOSITES)
    assert not (set(RULES) | set(COMPOSITES)) & WITHOUT_GRADIENT


@every_case
def test_first_and_second_derivatives_agree_with_central_differences(case):
    minikeras.check_gradients(case.call, *case.args, second=case.second)


@every_case
def test_recorded_value_is_that_of_numpy(case):
    expected = case.call(*case.args)
    with minikeras.GradientTape() as tape:
        found = case.call(*[tape.watch(arg) for arg in case.args])
    assert type(found) is type(expected) or not isinstance(expected, tuple | list)
    for ours, theirs in zip(leaves(found), leaves(expected), strict=True):
        assert ours.shape == np.shape(theirs)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-12, atol=1e-12)


@every_case
def test_dtype_of_value_is_that_of_numpy_and_of_gradient_that_of_input(case):
    args = [np.asarray(arg, np.float32) for arg in case.args]
    expected = [y.dtype for y in leaves(case.call(*args))]  # float64 beside a float64 constant
    with minikeras.GradientTape() as tape:
        traced = [tape.watch(arg) for arg in args]
        outputs = leaves(case.call(*traced))
    assert [y.dtype for y in outputs] == expected
    for arg, gradient in zip(args, tape.gradient(outputs, traced), strict=True):
        assert gradient is None or gradient.dtype == np.float32
        assert gradient is None or gradient.shape == arg.shape
