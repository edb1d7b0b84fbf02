import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Variable, grad
from minikeras.autodiff import bare, primitive, rule, unbroadcast


@pytest.fixture
def w():
    return Variable(np.array([1.0, 2.0]))


# Lost gradients are errors.


def test_function_without_a_rule_is_named_with_the_remedy(w):
    with GradientTape(), pytest.raises(TypeError, match="np.unwrap has no gradient rule; write it"):
        np.unwrap(w)


def test_function_without_a_rule_works_where_nothing_is_recorded(w):
    assert np.unwrap(w).tolist() == [1.0, 2.0]
    with GradientTape() as tape, tape.stop_recording():
        assert np.unwrap(w).tolist() == [1.0, 2.0]
    with GradientTape():
        assert np.unwrap(Variable([1.0], trainable=False)).tolist() == [1.0]
        assert np.unwrap(minikeras.stop_gradient(w * 2)).tolist() == [2.0, 4.0]


def test_ufunc_method_without_a_rule_is_named(w):
    with GradientTape(), pytest.raises(TypeError, match=r"np.hypot.reduce has no gradient rule"):
        np.hypot.reduce(w)
    assert np.hypot.reduce(w) == np.hypot(1.0, 2.0)


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda t: np.array([t, t])])
def test_conversion_to_an_array_is_refused(w, convert):
    with GradientTape(), pytest.raises(TypeError, match=r"plain array would lose its gradient; .*"):
        convert(w * 2.0)


def test_output_array_is_refused(w):
    with GradientTape():
        with pytest.raises(TypeError, match=r"np.add cannot write a traced value .* a = a \+ b"):
            np.add(w, 1.0, out=np.empty(2))
        with pytest.raises(TypeError, match=r"np.sum cannot write a traced value"):
            np.sum(w, out=np.empty(()))
        total = np.zeros(2)
        with pytest.raises(TypeError, match=r"np.add cannot write a traced value"):
            total += w


def test_settings_that_are_none_count_as_not_given(w):
    with GradientTape():
        assert float(np.sum(w, out=None)) == 3.0
        assert np.add(w, 1.0, out=None).shape == (2,)


def test_item_assignment_is_refused(w):
    with GradientTape():
        y = w * 2.0
        with pytest.raises(TypeError, match=r"cannot be assigned, .* np.where, np.concatenate"):
            y[0] = 1.0
        with pytest.raises(TypeError, match="cannot be assigned"):
            w[0] = 1.0
        with pytest.raises(TypeError, match="would lose its gradient"):
            np.zeros(2)[:] = y


def test_truth_of_many_elements_is_refused(w):
    with GradientTape():
        with pytest.raises(ValueError, match=r"2 elements is ambiguous; .* np.where"):
            bool(w * 2.0)
        assert np.sum(w)


def test_one_number_converts(w):
    with GradientTape():
        y = np.sum(w)
        assert (float(y), int(y), y.item(), f"{y:.2f}", y.tolist()) == (3.0, 3, 3.0, "3.00", 3.0)


# The two forms of an op.


@primitive
def scale(x, factor, *, shift=0.0):
    """Multiply and shift."""
    y = x * factor + shift
    return y, (lambda dy: unbroadcast(dy * factor, x), lambda dy: unbroadcast(dy * x, factor))


def test_primitive_gives_callers_the_value_alone(w):
    assert scale(3.0, 2.0) == 6.0
    assert type(scale(w, 2.0)) is np.ndarray
    with GradientTape():
        assert type(scale(np.ones(2), 2.0)) is np.ndarray
        assert type(scale(w, 2.0)) is minikeras.Tensor


def test_primitive_keeps_name_docstring_and_settings(w):
    assert (scale.__name__, scale.__doc__) == ("scale", "Multiply and shift.")
    assert scale(w, 2.0, shift=1.0).tolist() == [3.0, 5.0]


def test_primitive_takes_arrays_by_keyword(w):
    with GradientTape() as tape:
        loss = np.sum(scale(np.array([3.0, 4.0]), factor=w))
    np.testing.assert_array_equal(tape.gradient(loss, w), [3.0, 4.0])


def test_traced_setting_is_refused_and_an_untraced_one_taken(w):
    shift = Variable(np.array(1.0))
    assert scale(w, 2.0, shift=shift).tolist() == [3.0, 5.0]
    with GradientTape():
        with pytest.raises(TypeError, match="scale has no gradient by its setting 'shift'"):
            scale(w, 2.0, shift=shift)
        assert np.asarray(minikeras.stop_gradient(scale(w, 2.0, shift=bare(shift)))).size == 2


def test_rule_takes_arrays_by_keyword(w):
    with GradientTape() as tape:
        x = np.linalg.solve(np.diag([2.0, 4.0]), b=w)
        loss = np.sum(np.clip([0.0, 5.0], a_min=x, a_max=9.0))
    np.testing.assert_array_equal(tape.gradient(loss, w), [0.5, 0.0])


def test_vjps_of_inputs_that_need_no_gradient_are_not_called():
    @primitive
    def product(x, y):
        return x * y, (lambda dz: dz * y, lambda dz: 1 / 0)

    assert grad(product)(2.0, 3.0) == 3.0


def test_none_stands_for_no_gradient(w):
    @primitive
    def chosen(x, y):
        return x + y, (None, lambda dz: dz)

    with GradientTape() as tape:
        z = chosen(w, w * 2.0)
    np.testing.assert_array_equal(tape.gradient(z, w), [2.0, 2.0])


def test_one_function_may_give_all_gradients():
    calls = []

    @primitive
    def product(x, y):
        def vjp(dz):
            calls.append(1)
            return dz * y, dz * x

        return x * y, vjp

    assert grad(product, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert grad(product, 1)(2.0, 3.0) == 2.0
    assert len(calls) == 2


def test_op_with_several_outputs():
    calls = []

    @primitive
    def polar(x, y):
        r = np.hypot(x, y)

        def vjp(dvalues):
            calls.append(1)
            dr, dangle = dvalues
            return dr * x / r - dangle * y / r**2, dr * y / r + dangle * x / r**2

        return (r, np.arctan2(y, x)), vjp

    assert polar(3.0, 4.0) == (5.0, np.arctan2(4.0, 3.0))
    minikeras.check_gradients(polar, 3.0, 4.0, second=True)
    calls.clear()
    grad(lambda x, y: sum(polar(x, y)), (0, 1))(3.0, 4.0)
    assert len(calls) == 1
    assert grad(lambda x, y: polar(x, y)[1])(3.0, 4.0) == -4.0 / 25.0


def test_input_without_gradient_of_an_op_with_several_outputs(w):
    @primitive
    def ends(x, y):
        return (x[0] + y[0], x[1] * y[1]), (lambda d: np.stack(d) * [1.0, y[1]], None)

    with GradientTape() as tape:
        loss = sum(ends(w, w))
    np.testing.assert_array_equal(tape.gradient(loss, w), [1.0, 2.0])


def test_vjp_may_write_into_the_gradient_of_a_weight(w):
    given = []

    @primitive
    def double(x):
        def dx(dy, out):
            given.append(out)
            return np.multiply(dy, 2.0, out=out)

        return x * 2.0, (dx,)

    into = np.empty(2)
    with GradientTape() as tape:
        loss = np.sum(double(w) + double(w))
    tape.backward({id(loss): np.ones(())}, into={id(w): into})
    np.testing.assert_array_equal(into, [4.0, 4.0])
    assert given[0] is into
    assert given[1] is None  # the second one is added


def test_rule_for_a_function_of_ones_own():
    @rule(np.i0)
    def _i0(x):
        return np.i0(x), (lambda dy: dy * 7.0,)

    assert grad(lambda x: np.sum(np.i0(x)))(np.ones(1)) == 7.0


def test_int_setting_of_a_positional_argument_needs_no_gradient():
    @primitive
    def shifted(x, steps):
        return np.roll(x, steps), (lambda dy: np.roll(dy, -steps), None)

    np.testing.assert_array_equal(
        grad(lambda x: shifted(x, 1)[0])(np.array([1.0, 2.0])), [0.0, 1.0]
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), 6.0), ((1,), [6.0]), ((3,), [2.0, 2.0, 2.0]), ((2, 1), [[3.0], [3.0]])],
)
def test_unbroadcast_sums_over_the_broadcast_axes(shape, expected):
    found = unbroadcast(np.ones((2, 3)), np.zeros(shape, np.float32))
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float32


def test_stop_gradient_keeps_structure_and_drops_tapes(w):
    with GradientTape():
        found = minikeras.stop_gradient({"a": [w * 2.0, 3], "b": (w,)})
    assert type(found["a"][0]) is np.ndarray
    assert found["a"][1] == 3
    assert type(found["b"]) is tuple
