import gc
import sys
import threading
import tracemalloc
import weakref
from collections import namedtuple

import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Variable
from minikeras.autodiff.tensor import active_tape


@pytest.fixture
def w():
    return Variable(np.array([1.0, 2.0]), name="w")


def test_gradient_by_a_variable(w):
    with GradientTape() as tape:
        loss = np.sum(w**3)
    np.testing.assert_array_equal(tape.gradient(loss, w), [3.0, 12.0])


def test_variable_that_appears_several_times_gathers_its_gradients(w):
    with GradientTape() as tape:
        loss = np.sum(w * w + w * 3.0 - w)
    np.testing.assert_array_equal(tape.gradient(loss, w), [4.0, 6.0])


def test_sources_give_gradients_in_their_form(w):
    b = Variable(np.array(2.0))
    pair = namedtuple("pair", "w b")
    with GradientTape(persistent=True) as tape:
        loss = np.sum(w * b)
    assert tape.gradient(loss, [w, b])[1] == 3.0
    assert tape.gradient(loss, {"b": b, "more": (w,)})["more"][0].tolist() == [2.0, 2.0]
    assert tape.gradient(loss, pair(w, b)).b == 3.0


def test_gradient_by_a_value_along_the_way(w):
    with GradientTape() as tape:
        middle = w * 2.0
        loss = np.sum(middle**2)
    found = tape.gradient(loss, [middle, w])
    np.testing.assert_array_equal(found, [[4.0, 8.0], [8.0, 16.0]])


def test_source_without_influence_gives_none_or_zeros(w):
    other = Variable(np.ones(3))
    with GradientTape(persistent=True) as tape:
        loss = np.sum(w)
    assert tape.gradient(loss, other) is None
    np.testing.assert_array_equal(
        tape.gradient(loss, other, unconnected_gradients="zero"), np.zeros(3)
    )


def test_constant_target_gives_none(w):
    with GradientTape() as tape:
        pass
    assert tape.gradient(np.float64(3.0), [w]) == [None]


@pytest.mark.parametrize("take", [float, lambda loss: loss.item(), lambda loss: None])
def test_a_target_that_is_no_array_is_refused_and_the_cause_named(w, take):
    with GradientTape() as tape:
        loss = take(np.sum(w))
    with pytest.raises(TypeError, match=r"within the tape as target, got .*float\(loss\) and"):
        tape.gradient(loss, w)


def test_a_constant_python_number_has_gradient_zero_where_zeros_are_asked_for(w):
    with GradientTape() as tape:
        pass
    np.testing.assert_array_equal(tape.gradient(0.0, w, unconnected_gradients="zero"), 0.0 * w)


def test_the_sum_of_no_losses_is_a_target_beside_others(w):
    with GradientTape() as tape:
        targets = [np.sum(w), sum([])]
    np.testing.assert_array_equal(tape.gradient(targets, w), np.ones(w.shape))


def test_elements_and_members_of_the_target_are_summed(w):
    with GradientTape() as tape:
        targets = [w * 2.0, np.sum(w)]
    np.testing.assert_array_equal(tape.gradient(targets, w), [3.0, 3.0])


def test_elements_of_the_target_can_be_weighted(w):
    with GradientTape(persistent=True) as tape:
        target = w * 2.0
    np.testing.assert_array_equal(tape.gradient(target, w, [1.0, 10.0]), [2.0, 20.0])
    with pytest.raises(ValueError, match=r"of the target's shape \(2,\), got \(3,\)"):
        tape.gradient(target, w, np.ones(3))


def test_tape_is_used_once_unless_persistent(w):
    with GradientTape() as tape:
        loss = np.sum(w)
    tape.gradient(loss, w)
    with pytest.raises(RuntimeError, match=r"make it GradientTape\(persistent=True\)"):
        tape.gradient(loss, w)


def test_persistent_tape_gives_the_same_again(w):
    with GradientTape(persistent=True) as tape:
        loss = np.sum(np.exp(w))
    np.testing.assert_array_equal(tape.gradient(loss, w), tape.gradient(loss, w))


def test_variable_that_is_not_trainable_is_recorded_only_when_watched():
    v = Variable(np.array(3.0), trainable=False)
    with GradientTape() as tape:
        assert type(v * v) is not minikeras.Tensor
        tape.watch(v)
        loss = v * v
    assert tape.gradient(loss, v) == 6.0


def test_tape_can_record_only_what_is_watched(w):
    other = Variable(np.array([3.0, 4.0]))
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([other])
        loss = np.sum(w * other)
    assert tape.gradient(loss, w) is None


def test_watched_integers_become_float64():
    with GradientTape() as tape:
        x = tape.watch(3)
        y = x * x
    assert tape.gradient(y, x) == 6.0
    assert x.dtype == np.float64


def test_watching_twice_changes_nothing():
    with GradientTape() as tape:
        x = tape.watch(np.ones(2))
        assert tape.watch(x) is x


def test_watched_value_must_be_real_numbers():
    with pytest.raises(TypeError, match="expected real numbers, got complex128"):
        GradientTape().watch(np.ones(2) * 1j)


def test_source_must_be_traced(w):
    with GradientTape() as tape:
        loss = np.sum(w)
    with pytest.raises(TypeError, match=r"got ndarray; trace an array with x = tape.watch\(x\)"):
        tape.gradient(loss, np.ones(2))


def test_gradients_of_one_sum_are_separate_arrays():
    a, b = Variable(np.ones(2)), Variable(np.ones(2))
    with GradientTape() as tape:
        loss = a + b
    da, db = tape.gradient(loss, [a, b])
    da += 5.0
    np.testing.assert_array_equal(db, [1.0, 1.0])


def test_nothing_is_recorded_while_stopped(w):
    with GradientTape() as tape:
        with tape.stop_recording():
            constant = w * 2.0
        assert type(constant) is np.ndarray
        loss = np.sum(w * constant)
    np.testing.assert_array_equal(tape.gradient(loss, w), [2.0, 4.0])


def test_traced_value_counts_as_constant_while_stopped():
    with GradientTape() as tape:
        x = tape.watch(np.array([1.0, 2.0]))
        with tape.stop_recording():
            assert type(np.exp(x)) is np.ndarray
            assert np.asarray(x).tolist() == [1.0, 2.0]


def test_same_tape_cannot_record_twice_at_once():
    tape = GradientTape()
    with tape, pytest.raises(RuntimeError, match="make a second one to nest them"):
        tape.__enter__()


def test_tape_can_go_on_recording_later(w):
    tape = GradientTape()
    with tape:
        middle = w * 2.0
    with tape:
        loss = np.sum(middle * w)
    np.testing.assert_array_equal(tape.gradient(loss, w), [4.0, 8.0])


def test_gradient_may_be_asked_for_inside_the_block(w):
    with GradientTape() as tape:
        loss = np.sum(w * w)
        gradient = tape.gradient(loss, w)
    assert type(gradient) is np.ndarray


def test_values_are_plain_numbers_after_the_block(w):
    with GradientTape() as tape:
        y = w * 2.0
    assert tape.recording is False
    assert np.asarray(y).tolist() == [2.0, 4.0]
    assert type(y + 1.0) is np.ndarray
    assert type(np.concatenate([y, y])) is np.ndarray
    assert np.add(y, 1.0, out=np.empty(2)).tolist() == [3.0, 5.0]


def test_jacobian_of_a_tape(w):
    with GradientTape(persistent=True) as tape:
        y = w**2
    np.testing.assert_array_equal(tape.jacobian(y, w), [[2.0, 0.0], [0.0, 4.0]])


# Tapes around tapes.


def test_second_derivative_by_nested_tapes(w):
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = np.sum(w**3)
        slope = inner.gradient(y, w)
    np.testing.assert_array_equal(outer.gradient(slope, w), [6.0, 12.0])


def test_value_of_the_inner_tape_counts_for_the_outer(w):
    with GradientTape(persistent=True) as outer:
        with GradientTape() as inner:
            y = np.sum(w**3)
        loss = y + np.sum(inner.gradient(y, w) ** 2)  # 9 w^4
    np.testing.assert_array_equal(outer.gradient(loss, w), [3 + 36, 12 + 36 * 8])
    np.testing.assert_array_equal(outer.gradient(y, w), [3.0, 12.0])


def test_outer_tape_sees_what_only_it_watches():
    with GradientTape() as outer:
        a = outer.watch(np.array(2.0))
        with GradientTape() as inner:
            x = inner.watch(np.array(3.0))
            y = a * x**2
        slope = inner.gradient(y, x)  # 2 a x
    assert outer.gradient(slope, a) == 6.0


def test_gradient_penalty_through_a_network(rng):
    kernels = [Variable(rng.standard_normal((3, 4))), Variable(rng.standard_normal((4, 1)))]
    x = rng.standard_normal((5, 3))

    def penalty(k1, k2):
        with GradientTape() as tape:
            t = tape.watch(x)
            y = np.tanh(t @ k1) @ k2
        slope = tape.gradient(y, t)
        return np.mean((np.sqrt(np.sum(slope**2, axis=1)) - 1.0) ** 2)

    minikeras.check_gradients(penalty, *kernels)


def test_third_derivative():
    f = lambda x: x**4  # noqa: E731
    assert minikeras.grad(minikeras.grad(minikeras.grad(f)))(2.0) == 48.0


def test_perturbations_of_two_tapes_stay_apart():
    # d/dx (x * d/dy (x + y)) = 1: the inner derivative must not see the outer x.
    def inner(x):
        return x * minikeras.grad(lambda y: x + y)(1.0)

    assert minikeras.grad(inner)(1.0) == 1.0


def test_op_that_cannot_be_differentiated_twice_is_named():
    @minikeras.autodiff.primitive
    def in_place(x):
        y = np.exp(x)

        def dx(dy):
            out = np.empty(y.shape)
            out[...] = y * dy
            return out

        return y, (dx,)

    joint = minikeras.custom_gradient(lambda x: (np.exp(x), lambda dy: in_place(x) * dy))
    assert minikeras.grad(in_place)(0.0) == 1.0
    with pytest.raises(TypeError) as caught:
        minikeras.hessian(in_place)(0.0)
    assert "in_place cannot be differentiated twice" in " ".join(caught.value.__notes__)
    assert minikeras.hessian(joint)(0.0) == 1.0


def test_inner_gradient_after_both_blocks_is_a_constant(w):
    with GradientTape(), GradientTape() as inner:
        y = np.sum(w**2)
    assert type(inner.gradient(y, w)) is np.ndarray


def test_backward_writes_into_given_arrays(w):
    into = np.full(2, np.nan)
    with GradientTape() as tape:
        loss = np.sum(w * 3.0) + np.sum(w)
    gradients = tape.backward({id(loss): np.ones(())}, into={id(w): into})
    assert gradients[id(w)] is into
    np.testing.assert_array_equal(into, [4.0, 4.0])


# What stays behind.


def test_exception_in_a_block_leaves_nothing_behind(w):
    with pytest.raises(KeyboardInterrupt), GradientTape(), GradientTape():
        raise KeyboardInterrupt
    assert active_tape.get() is None
    assert type(w * 2.0) is np.ndarray


def test_exception_in_a_backward_pass_leaves_nothing_behind(w):
    @minikeras.custom_gradient
    def broken(x):
        def grad_fn(upstream):
            raise ZeroDivisionError

        return x * 1.0, grad_fn

    with GradientTape() as tape:
        with pytest.raises(ZeroDivisionError), GradientTape(persistent=True) as inner:
            inner.gradient(broken(w), w)
        assert active_tape.get() is tape
        loss = np.sum(w)
    np.testing.assert_array_equal(tape.gradient(loss, w), [1.0, 1.0])


def test_threads_do_not_see_each_others_tapes(w):
    found = []

    def work():
        found.append(type(w * 2.0))
        with GradientTape() as tape:
            loss = np.sum(w * w)
        found.append(tape.gradient(loss, w).tolist())

    with GradientTape() as tape:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        loss = np.sum(w)
    assert found.count(np.ndarray) == 4
    assert found.count([2.0, 4.0]) == 4
    assert tape.gradient(loss, w).tolist() == [1.0, 1.0]


def test_backward_pass_frees_what_it_has_used(w):
    class Held:
        pass

    held = Held()
    alive = weakref.ref(held)
    steps = []

    @minikeras.autodiff.primitive
    def holding(x, held):
        return x * 1.0, (lambda dy: (held, dy)[1], None)

    @minikeras.autodiff.primitive
    def watching(x):
        return x * 1.0, (lambda dy: (steps.append(alive() is None), dy)[1],)

    with GradientTape() as tape:
        loss = np.sum(holding(watching(w), held))
    del held
    gc.disable()
    try:
        tape.gradient(loss, w)
    finally:
        gc.enable()
    assert steps == [True]  # freed before the walk went on, without the garbage collector
    assert tape.entries == []


def test_many_steps_hold_memory_flat():
    w = Variable(np.ones(1000))

    def step():
        with GradientTape() as tape:
            loss = np.mean(np.tanh(w * 2.0) ** 2)
        w.assign_sub(0.01 * tape.gradient(loss, w))

    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(300):
            step()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            step()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    # Less than the smallest object a step. Python's own stores of free objects may grow a little.
    assert grown < 1000 * sys.getsizeof(object())
