"""Clipping, weight decay, averaging, accumulation, loss scale, constraints."""

import math

import numpy as np
import pytest

from minikeras.autodiff import Variable
from minikeras.constraints import NonNeg
from minikeras.optimizers import SGD, Adam, AdamW


def pair():
    return [Variable(np.zeros(2), name="kernel"), Variable(np.zeros(2), name="bias")]


def steps(optimizer, gradients, variables=None):
    """The steps that one update takes from 0."""
    variables = pair() if variables is None else variables
    optimizer.apply([np.array(g, float) for g in gradients], variables)
    return [(-v.value).tolist() for v in variables]


def test_clipnorm_shortens_each_gradient_by_itself():
    first, second = steps(SGD(1.0, clipnorm=1.0), [[3, 4], [0.3, 0.4]])
    assert first == pytest.approx([0.6, 0.8]) and second == pytest.approx([0.3, 0.4])


def test_global_clipnorm_shortens_all_by_one_factor():
    first, second = steps(SGD(1.0, global_clipnorm=6.5), [[3, 4], [0, 12]])  # length 13
    assert first == pytest.approx([1.5, 2.0]) and second == pytest.approx([0, 6])


def test_global_clipnorm_leaves_shorter_gradients_alone():
    assert steps(SGD(1.0, global_clipnorm=20.0), [[3, 4], [0, 12]]) == [[3, 4], [0, 12]]


def test_clipvalue_bounds_each_element():
    assert steps(SGD(1.0, clipvalue=2.0), [[3, -4], [0, 1]]) == [[2, -2], [0, 1]]


def test_global_clipnorm_spreads_what_is_not_finite():
    values = steps(SGD(1.0, global_clipnorm=1.0), [[np.inf, 1], [1, 1]])
    assert np.isnan(values).all()


def test_clipnorm_leaves_a_zero_gradient_at_zero():
    assert steps(SGD(1.0, clipnorm=1.0), [[0, 0], [0, 0]]) == [[0, 0], [0, 0]]


def test_weight_decay_takes_a_share_of_the_weight_times_the_learning_rate():
    w = Variable(np.array([2.0]))
    SGD(0.1, weight_decay=0.5).apply([[0.0]], [w])
    assert w.value[0] == pytest.approx(2.0 - 2.0 * 0.5 * 0.1)


def ones():
    return [Variable(np.ones(2), name=name) for name in ("kernel", "bias", "kernel", "gamma")]


def decayed(optimizer, variables):
    optimizer.apply([np.zeros(2)] * 4, variables)
    return [bool(v.value[0] < 1.0) for v in variables]


def test_variables_are_excluded_from_decay_by_name():
    optimizer = AdamW(0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gam"])
    assert decayed(optimizer, ones()) == [True, False, True, False]


def test_variables_are_excluded_from_decay_one_by_one():
    variables, optimizer = ones(), AdamW(0.1)
    optimizer.exclude_from_weight_decay(var_list=[variables[0], variables[3]])
    assert decayed(optimizer, variables) == [False, True, True, False]


def test_variables_can_be_excluded_after_building():
    variables, optimizer = ones(), AdamW(0.1)
    optimizer.build(variables)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    assert decayed(optimizer, variables) == [False, True, False, True]


def averages(gradients, **options):
    """Weights and averages after each step of plain descent from 1."""
    w, found = Variable(np.array([1.0])), []
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.75, **options)
    for gradient in gradients:
        optimizer.apply([[gradient]], [w])
        found.append((w.value[0], optimizer.state()["average/0"][0]))
    return found, optimizer, w


def test_the_average_starts_at_the_weights_after_the_first_step():
    found, _, _ = averages([0.5, 0.5, 0.5])  # weights 0.5, 0, -0.5
    assert found == [(0.5, 0.5), (0.0, 0.375), (-0.5, 0.75 * 0.375 - 0.125)]


def test_the_weights_take_the_average_every_so_many_steps():
    found, _, _ = averages([0.5, 0.5, 0.5], ema_overwrite_frequency=2)
    assert found[1] == (0.375, 0.375)
    assert found[2] == (-0.125, 0.75 * 0.375 - 0.25 * 0.125)


def test_the_weights_take_the_average_at_the_end():
    _, optimizer, w = averages([0.5, 0.5])
    optimizer.finalize_variable_values([w])
    assert w.value[0] == 0.375


def test_without_an_average_the_end_changes_nothing():
    w, optimizer = Variable(np.array([1.0])), SGD(1.0)
    optimizer.apply([[0.5]], [w])
    optimizer.finalize_variable_values([w])
    assert w.value[0] == 0.5


def test_gradients_are_accumulated_and_their_mean_is_applied():
    w, found = Variable(np.array([0.0])), []
    optimizer = SGD(1.0, gradient_accumulation_steps=2)
    for gradient in (1.0, 2.0, 3.0, 5.0):
        optimizer.apply([[gradient]], [w])
        found.append((w.value[0], optimizer.iterations))
    assert found == [(0.0, 0), (-1.5, 1), (-1.5, 1), (-5.5, 2)]


def test_accumulated_gradients_are_clipped_as_a_mean():
    w = Variable(np.array([0.0]))
    optimizer = SGD(1.0, gradient_accumulation_steps=2, clipvalue=1.0)
    for gradient in (3.0, -2.0):
        optimizer.apply([[gradient]], [w])
    assert w.value[0] == -0.5


def test_a_scaled_loss_leads_to_the_same_step():
    w, optimizer = Variable(np.array([0.0])), SGD(1.0, loss_scale_factor=4.0)
    assert optimizer.scale_loss(0.5) == 2.0
    optimizer.apply([[4.0]], [w])
    assert w.value[0] == -1.0


def test_constraints_hold_after_every_step():
    kernel, bias = pair()
    kernel.constraint = NonNeg()
    steps(SGD(1.0), [[1, -2], [1, -2]], [kernel, bias])
    assert kernel.value.tolist() == [0, 2] and bias.value.tolist() == [-1, 2]


def test_a_constraint_that_changes_the_shape_is_refused():
    w = Variable(np.zeros(2), name="kernel")
    w.constraint = lambda value: value.sum()
    with pytest.raises(ValueError, match=r"constraint of variable 'kernel' must keep its shape"):
        SGD().apply([np.zeros(2)], [w])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"learning_rate": -0.1}, ValueError, "learning_rate must be a finite number of at least"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be"),
        ({"learning_rate": math.inf}, ValueError, "learning_rate must be"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be"),
        ({"learning_rate": True}, TypeError, "learning_rate must be"),
        ({"momentum": 1.5}, ValueError, r"momentum must be a number in \[0, 1\]"),
        ({"clipnorm": 0.0}, ValueError, "clipnorm must be a finite number above 0"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, ValueError, "at most one of clipnorm, clipvalue"),
        ({"weight_decay": -1.0}, ValueError, "weight_decay must be"),
        ({"ema_momentum": 1.5}, ValueError, "ema_momentum must be"),
        ({"ema_overwrite_frequency": 0}, ValueError, "ema_overwrite_frequency must be"),
        ({"gradient_accumulation_steps": 1}, ValueError, "an integer of at least 2, got 1"),
        ({"gradient": "numeric"}, ValueError, "did you mean 'numerical'"),
        ({"momentun": 0.9}, TypeError, "SGD has no argument 'momentun'; did you mean 'momentum'"),
        ({"lr": 0.1}, TypeError, "SGD has no argument 'lr'; did you mean 'learning_rate'"),
    ],
)
def test_wrong_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        SGD(**options)


@pytest.mark.parametrize("beta", [-0.1, 1.0])
def test_betas_of_adam_must_leave_room_for_the_gradient(beta):
    with pytest.raises(ValueError, match="beta_1 must be"):
        Adam(beta_1=beta)


def test_adamw_needs_a_weight_decay():
    with pytest.raises(TypeError, match="AdamW needs a weight_decay"):
        AdamW(weight_decay=None)
