"""Which variables an optimizer works on, and how gradients reach it."""

import numpy as np
import pytest

from minikeras import optimizers
from minikeras.autodiff import Variable
from minikeras.optimizers import SGD, Adam, Optimizer
from minikeras.optimizers.schedules import ExponentialDecay


@pytest.fixture
def variables():
    return [Variable([[1.0, 2.0]], name="kernel"), Variable([3.0], name="bias")]


GRADIENTS = [[[1.0, 1.0]], [1.0]]


def values(variables):
    return [v.value.tolist() for v in variables]


def test_apply_takes_gradients_and_variables(variables):
    SGD(0.5).apply(GRADIENTS, variables)
    assert values(variables) == [[[0.5, 1.5]], [2.5]]


def test_apply_gradients_takes_pairs_and_gives_the_count(variables):
    optimizer = SGD(0.5)
    assert optimizer.apply_gradients(zip(GRADIENTS, variables, strict=True)) == 1
    assert values(variables) == [[[0.5, 1.5]], [2.5]]
    assert optimizer.iterations == 1


def test_variables_need_to_be_given_only_once(variables):
    optimizer = SGD(0.5)
    optimizer.build(variables)
    optimizer.apply(GRADIENTS)
    assert values(variables) == [[[0.5, 1.5]], [2.5]]


def test_the_order_of_variables_may_change_after_the_first_call(variables):
    optimizer = SGD(0.5)
    optimizer.build(variables)
    optimizer.apply(GRADIENTS[::-1], variables[::-1])
    assert values(variables) == [[[0.5, 1.5]], [2.5]]


def test_step_uses_the_flat_gradient(variables):
    optimizer = SGD(0.5)
    optimizer.build(variables)
    optimizer.flat.gradient[:] = [1, 2, 3]
    optimizer.step()
    assert values(variables) == [[[0.5, 1.0]], [1.5]]


def test_given_gradients_are_not_changed(variables):
    gradients = [np.ones((1, 2), np.float32), np.ones(1, np.float32)]
    Adam(clipvalue=0.5).apply(gradients, variables)
    assert all((gradient == 1.0).all() for gradient in gradients)


def test_no_gradients_at_all_are_no_step(variables):
    optimizer = SGD()
    optimizer.apply([])
    assert optimizer.iterations == 0


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "lion"])
def test_a_variable_without_gradient_stays_as_it_is_with_a_warning(kind, variables):
    optimizer = optimizers.get(kind)
    optimizer.apply(GRADIENTS, variables)
    kernel = variables[0].value.copy()
    with pytest.warns(UserWarning, match="no gradients for variables kernel"):
        optimizer.apply([None, [1.0]], variables)
    np.testing.assert_array_equal(variables[0].value, kernel)
    assert variables[1].value[0] < 3.0


def test_the_missing_gradient_does_not_count_for_the_global_norm(variables):
    optimizer = SGD(1.0, global_clipnorm=1.0)
    optimizer.apply([[[100.0, 0.0]], [0.0]], variables)
    with pytest.warns(UserWarning, match="kernel"):
        optimizer.apply([None, [0.5]], variables)
    assert variables[1].value[0] == 2.5


def test_some_of_the_variables_may_be_given_alone(variables):
    optimizer = SGD(0.5)
    optimizer.build(variables)
    optimizer.apply([[1.0]], [variables[1]])
    assert values(variables) == [[[1.0, 2.0]], [2.5]]


def test_only_missing_gradients_are_an_error(variables):
    with pytest.raises(ValueError, match="no gradients for any variable, expected some for kernel"):
        SGD().apply([None, None], variables)


def test_the_error_of_missing_gradients_names_plain_numbers_as_a_cause(variables):
    with pytest.raises(ValueError, match=r"without float\(\.\.\.\), \.item\(\) or \.numpy\(\)"):
        SGD().apply([None, None], variables)


def test_an_unknown_variable_is_named(variables):
    optimizer = SGD()
    optimizer.build(variables[:1])
    with pytest.raises(ValueError, match="unknown variable 'bias': sgd was built with other"):
        optimizer.apply(GRADIENTS, variables)
    assert values(variables) == [[[1.0, 2.0]], [3.0]]


def test_a_gradient_of_another_shape_is_refused_before_a_weight_changes(variables):
    message = r"gradient of variable 'bias' must have shape \(1,\), got \(2,\)"
    with pytest.raises(ValueError, match=message):
        SGD().apply([[[1.0, 1.0]], [1.0, 1.0]], variables)
    assert values(variables) == [[[1.0, 2.0]], [3.0]]


def test_counts_of_gradients_and_variables_must_match(variables):
    with pytest.raises(ValueError, match="got 1 gradients for 2 variables"):
        SGD().apply(GRADIENTS[:1], variables)


def test_an_optimizer_without_variables_says_what_to_do():
    with pytest.raises(ValueError, match=r"call apply\(grads, variables\)"):
        SGD().apply([1.0])
    with pytest.raises(ValueError, match=r"call build\(variables\)"):
        SGD().step()


def test_building_again_with_the_same_variables_keeps_everything(variables):
    optimizer = Adam()
    optimizer.apply(GRADIENTS, variables)
    flat, before = optimizer.flat, optimizer.state()
    optimizer.build(variables)
    assert optimizer.flat is flat
    for name, value in optimizer.state().items():
        np.testing.assert_array_equal(value, before[name])


def test_building_with_other_variables_keeps_the_slots_of_those_that_stay(variables):
    optimizer = Adam()
    optimizer.apply(GRADIENTS, variables)
    kept = optimizer.state()["momentum/1"]
    optimizer.build([Variable([0.0, 0.0]), variables[1]])
    np.testing.assert_array_equal(optimizer.state()["momentum/1"], kept)
    assert optimizer.state()["momentum/0"].tolist() == [0.0, 0.0]


def test_two_optimizers_can_take_turns_on_the_same_variables(variables):
    first, second = SGD(0.5), SGD(0.25)
    first.build(variables)
    second.build(variables)
    first.apply(GRADIENTS)
    second.apply(GRADIENTS)
    first.apply(GRADIENTS)
    assert values(variables) == [[[-0.25, 0.75]], [1.75]]


def test_the_learning_rate_can_be_assigned(variables):
    optimizer = SGD(0.5)
    optimizer.learning_rate = 0.25
    optimizer.apply(GRADIENTS, variables)
    assert values(variables) == [[[0.75, 1.75]], [2.75]]
    optimizer.learning_rate = ExponentialDecay(1.0, 1, 0.5)
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize("rate", [np.float32(0.5), np.array(0.5), Variable(0.5), 1])
def test_any_number_is_a_learning_rate(rate):
    assert SGD(rate).learning_rate == float(np.asarray(rate))


@pytest.mark.parametrize("rate", [-1.0, np.nan])
def test_a_wrong_learning_rate_cannot_be_assigned(rate):
    optimizer = SGD(0.5)
    with pytest.raises(ValueError, match="learning_rate must be"):
        optimizer.learning_rate = rate
    assert optimizer.learning_rate == 0.5


def test_an_optimizer_of_ones_own_is_a_name_for_each_slot_and_a_formula(variables):
    class Heavy(Optimizer):
        def slots(self):
            return {"velocity": 0.0}

        def update(self, w, g, learning_rate, step, velocity, scratch):
            velocity *= 0.5
            velocity += g
            w -= learning_rate * velocity

    optimizer = Heavy(0.5)
    optimizer.apply(GRADIENTS, variables)
    optimizer.apply(GRADIENTS, variables)
    assert values(variables) == [[[-0.25, 0.75]], [1.75]]


def test_an_optimizer_without_a_formula_says_so(variables):
    with pytest.raises(NotImplementedError, match="Optimizer must define update"):
        Optimizer(0.1).apply(GRADIENTS, variables)


def test_scalars_and_empty_arrays_are_variables_too():
    variables = [Variable(np.array(1.0)), Variable(np.zeros((0, 3)))]
    Adam(0.1).apply([1.0, np.zeros((0, 3))], variables)
    assert variables[0].value == pytest.approx(0.9)


def test_variables_are_listed_in_the_order_of_keras_files(variables):
    optimizer = Adam(amsgrad=True, use_ema=True)
    optimizer.build(variables)
    assert [v.name for v in optimizer.variables] == [
        "iteration",
        "learning_rate",
        "kernel_average",
        "bias_average",
        "kernel_momentum",
        "kernel_velocity",
        "bias_momentum",
        "bias_velocity",
        "kernel_velocity_hat",
        "bias_velocity_hat",
    ]


def test_what_is_assigned_to_a_listed_slot_holds(variables):
    optimizer = SGD(1.0, momentum=0.5)
    optimizer.build(variables)
    optimizer.variables[-1].assign([2.0])
    optimizer.apply([[[0.0, 0.0]], [0.0]])
    assert variables[1].value[0] == 4.0
