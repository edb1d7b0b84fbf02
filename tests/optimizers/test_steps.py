"""Steps calculated by hand, from w = 1 with gradients 0.5 and then -1."""

import math

import numpy as np
import pytest

from minikeras.autodiff import Variable
from minikeras.optimizers import (
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Lamb,
    Lion,
    Muon,
    Nadam,
    RMSprop,
    ScheduleFreeAdamW,
)


def after(optimizer, *gradients, start=1.0):
    w = Variable(np.array([start]))
    for gradient in gradients:
        optimizer.apply([np.array([gradient])], [w])
    return w.value[0]


def test_gradient_descent_goes_down_the_gradient():
    assert after(SGD(0.1), 0.5, -1.0) == pytest.approx(1 - 0.05 + 0.1)


def test_momentum_adds_a_share_of_the_last_step():
    # v = -0.05, then -0.045 + 0.1
    assert after(SGD(0.1, momentum=0.9), 0.5, -1.0) == pytest.approx(1 - 0.05 + 0.055)


def test_nesterov_looks_one_step_ahead():
    # v = -0.05: w += -0.045 - 0.05; v = 0.055: w += 0.0495 + 0.1
    assert after(SGD(0.1, 0.9, nesterov=True), 0.5, -1.0) == pytest.approx(1 - 0.095 + 0.1495)


def test_rmsprop_divides_by_the_root_of_the_mean_square():
    first = 0.05 / math.sqrt(0.025 + 1e-7)  # v = 0.1 * 0.25
    second = -0.1 / math.sqrt(0.1225 + 1e-7)  # v = 0.9 * 0.025 + 0.1
    assert after(RMSprop(0.1), 0.5, -1.0) == pytest.approx(1 - first - second)


def test_rmsprop_with_momentum_adds_up_steps():
    first = 0.05 / math.sqrt(0.025 + 1e-7)
    second = 0.5 * first - 0.1 / math.sqrt(0.1225 + 1e-7)
    assert after(RMSprop(0.1, momentum=0.5), 0.5, -1.0) == pytest.approx(1 - first - second)


def test_centered_rmsprop_divides_by_the_deviation():
    first = 0.05 / math.sqrt(0.025 - 0.05**2 + 1e-7)
    second = -0.1 / math.sqrt(0.1225 - 0.055**2 + 1e-7)  # mean = 0.9 * 0.05 - 0.1
    assert after(RMSprop(0.1, centered=True), 0.5, -1.0) == pytest.approx(1 - first - second)


def test_centered_rmsprop_stays_finite_under_a_constant_gradient():
    w = Variable(np.ones(50, np.float32))
    optimizer = RMSprop(1e-3, rho=0.5, centered=True)
    gradient = np.linspace(1.0, 1000.0, 50, dtype=np.float32)
    for _ in range(100):
        optimizer.apply([gradient], [w])
    assert np.isfinite(w.value).all()


def test_adagrad_divides_by_the_root_of_the_sum_of_squares():
    first = 0.05 / math.sqrt(0.35 + 1e-7)
    second = -0.1 / math.sqrt(1.35 + 1e-7)
    assert after(Adagrad(0.1), 0.5, -1.0) == pytest.approx(1 - first - second)


def adam(second_velocity):
    first = 0.1 * math.sqrt(0.001) / 0.1 * 0.05 / (math.sqrt(0.00025) + 1e-7)
    size = 0.1 * math.sqrt(1 - 0.999**2) / (1 - 0.9**2)
    return 1 - first - size * -0.055 / (math.sqrt(second_velocity) + 1e-7)


def test_adam_divides_the_mean_by_the_root_of_the_mean_square():
    assert after(Adam(0.1), 0.5, -1.0) == pytest.approx(adam(0.999 * 0.00025 + 0.001))


def test_amsgrad_keeps_the_largest_mean_square():
    first = 0.1 * math.sqrt(0.5) / 0.1 * 0.05 / (math.sqrt(0.125) + 1e-7)  # v = 0.5 * 0.25
    size = 0.1 * math.sqrt(0.75) / (1 - 0.9**2)
    second = size * 0.045 / (math.sqrt(0.125) + 1e-7)  # v = 0.0625 is smaller
    optimizer = Adam(0.1, beta_2=0.5, amsgrad=True)
    assert after(optimizer, 0.5, 0.0) == pytest.approx(1 - first - second)


def test_adamw_shrinks_the_weight_before_it_steps():
    assert after(AdamW(0.1, weight_decay=0.5), 0.5) == pytest.approx(0.95 - 0.1, abs=1e-6)


def test_lion_steps_by_the_sign_of_the_mean():
    # m = 0.005: down by 0.1; then 0.9 * 0.005 - 0.1 < 0: up by 0.1
    assert after(Lion(0.1), 0.5, -1.0) == pytest.approx(1.0)


def test_lion_keeps_its_mean_apart_from_the_step():
    w, optimizer = Variable(np.array([1.0])), Lion(0.1)
    for gradient in (0.5, -1.0):
        optimizer.apply([[gradient]], [w])
    # 0.99 * 0.005 - 0.01
    assert optimizer.state()["momentum/0"] == pytest.approx(-0.00505)


def test_lion_stands_still_where_there_is_no_gradient():
    assert after(Lion(0.1), 0.0) == 1.0


EVERY = [SGD, RMSprop, Adagrad, Adam, AdamW, Lion, Adadelta, Adafactor, Adamax, Ftrl, Lamb, Muon]
EVERY += [Nadam, ScheduleFreeAdamW]


@pytest.mark.parametrize(
    "optimizer",
    [
        *(SGD(), SGD(momentum=0.9), Adam(), RMSprop(), Adagrad(), Adadelta(), Adafactor()),
        *(Adamax(), Lamb(), Nadam(), ScheduleFreeAdamW(), Muon(adam_weight_decay=None)),
    ],
    ids=repr,
)
def test_a_zero_gradient_changes_nothing(optimizer):
    assert after(optimizer, 0.0, 0.0) == 1.0


@pytest.mark.parametrize("kind", EVERY)
def test_a_zero_learning_rate_changes_nothing(kind):
    assert after(kind(0.0), 0.5) == 1.0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", EVERY)
def test_weights_and_slots_keep_the_dtype(kind, dtype):
    w, optimizer = Variable(np.ones(3, dtype)), kind(0.01)
    optimizer.apply([np.full(3, 0.5)], [w])
    assert w.value.dtype == dtype
    assert all(a.dtype == dtype for name, a in optimizer.state().items() if "/" in name)


def test_adadelta_steps_as_far_as_before_relative_to_the_gradient():
    first = 0.5 * math.sqrt(0.01) / math.sqrt(0.25 * 0.25 + 0.01)
    assert after(Adadelta(1.0, rho=0.75, epsilon=0.01), 0.5) == pytest.approx(1 - first)
    square = 0.75 * 0.25 * 0.25 + 0.25 * 1.0
    second = -math.sqrt(0.25 * first**2 + 0.01) / math.sqrt(square + 0.01)
    assert after(Adadelta(1.0, 0.75, 0.01), 0.5, -1.0) == pytest.approx(1 - first - second)


def test_adamax_divides_by_the_largest_gradient():
    mean = 0.9 * 0.05 - 0.1
    expected = 1 - 0.1 - 0.1 * mean / (1 - 0.81) / 1.0
    assert after(Adamax(0.1, epsilon=0.0), 0.5, -1.0) == pytest.approx(expected)


def test_nadam_takes_the_gradient_and_the_mean_that_comes():
    now, ahead = 0.9 * (1 - 0.5 * 0.96), 0.9 * (1 - 0.5 * 0.96**2)
    direction = ahead * 0.05 / (1 - now * ahead) + 0.5  # (1 - now) * g / (1 - now)
    assert after(Nadam(0.1, epsilon=0.0), 0.5) == pytest.approx(1 - 0.1 * direction / 0.5)


def test_ftrl_finds_the_weights_anew():
    optimizer = Ftrl(0.5, initial_accumulator_value=0.0)
    # z = 0.5 - (0.5 - 0) / 0.5 * 1 = -0.5, w = 0.5 / (0.5 / 0.5)
    assert after(optimizer, 0.5) == pytest.approx(0.5)


def test_ftrl_makes_weights_of_little_use_zero():
    assert after(Ftrl(0.5, l1_regularization_strength=5.0), 0.5, -1.0) == 0.0


def test_ftrl_leaves_weights_without_any_gradient_alone():
    w = Variable(np.array([1.0, 2.0]))
    Ftrl(0.5, initial_accumulator_value=0.0).apply([[0.5, 0.0]], [w])
    assert w.value[1] == 2.0


def test_schedule_free_weights_lie_between_the_last_and_the_mean():
    z = [1 - 0.1, 1 - 0.1 + 0.1 / math.sqrt((0.999 * 0.00025 + 0.001) / (1 - 0.999**2))]
    expected = 0.2 * z[1] + 0.8 * (z[0] + z[1]) / 2
    optimizer = ScheduleFreeAdamW(0.1, beta_1=0.8, epsilon=0.0)
    assert after(optimizer, 0.5, -1.0) == pytest.approx(expected)


def test_a_warm_up_starts_with_a_fraction_of_the_rate():
    assert after(ScheduleFreeAdamW(0.1, warmup_steps=4, epsilon=0.0), 0.5) == pytest.approx(0.975)


def test_lamb_steps_in_proportion_to_each_variable():
    small, large = Variable(np.array([3.0, 4.0])), Variable(np.array([30.0, 40.0]))
    Lamb(0.1, epsilon=0.0).apply([[0.5, -1.0], [0.5, -1.0]], [small, large])
    step = 0.1 * 5 / math.sqrt(2)
    np.testing.assert_allclose(small.value, [3 - step, 4 + step])
    np.testing.assert_allclose(large.value, [30 - 10 * step, 40 + 10 * step])


def test_lamb_moves_weights_that_are_zero():
    w = Variable(np.zeros(2))
    Lamb(0.1).apply([[0.5, -1.0]], [w])
    np.testing.assert_allclose(w.value, [-0.1, 0.1], rtol=1e-5)


def test_adafactor_keeps_rows_and_columns_of_matrices():
    kernel, bias = Variable(np.ones((2, 3)), name="kernel"), Variable(np.ones(3), name="bias")
    optimizer = Adafactor(0.1)
    gradient = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    optimizer.apply([gradient, gradient[0]], [kernel, bias])
    state = optimizer.state()
    np.testing.assert_allclose(state["row/0"], (gradient**2).mean(axis=1))
    np.testing.assert_allclose(state["column/0"], (gradient**2).mean(axis=0))
    factored = np.outer(state["row/0"], state["column/0"]) / state["row/0"].mean()
    direction = gradient / np.sqrt(factored)
    direction /= max(1.0, math.sqrt((direction**2).mean()))
    np.testing.assert_allclose(kernel.value, 1 - 0.1 * direction)
    np.testing.assert_allclose(bias.value, 0.9 * np.ones(3))  # g / sqrt(g**2)


def test_muon_brings_the_singular_values_of_a_step_near_one(rng):
    kernel = Variable(np.zeros((6, 4)), name="kernel")
    optimizer = Muon(1.0, rms_rate=None, weight_decay=None, ns_steps=10)
    optimizer.apply([rng.standard_normal((6, 4))], [kernel])
    values = np.linalg.svd(kernel.value, compute_uv=False)
    assert (values > 0.6).all() and (values < 1.3).all()


def test_muon_leaves_all_but_matrices_and_the_excluded_to_adam():
    shapes = {"kernel": (3, 2), "bias": (2,), "embeddings": (3, 2), "head/kernel": (3, 2)}
    variables = [Variable(np.ones(shape), name=name) for name, shape in shapes.items()]
    optimizer = Muon(0.1, exclude_layers=["head"])
    optimizer.build(variables)
    names = [name for name in optimizer.state() if name.startswith("velocity")]
    assert names == ["velocity/1", "velocity/2", "velocity/3"]


def test_muon_and_its_adam_have_a_weight_decay_each():
    variables = [Variable(np.ones((2, 2)), name="kernel"), Variable(np.ones(2), name="bias")]
    optimizer = Muon(0.1, weight_decay=0.5, adam_weight_decay=0.25)
    optimizer.apply([np.zeros((2, 2)), np.zeros(2)], variables)
    assert variables[0].value[0, 0] == pytest.approx(0.95)
    assert variables[1].value[0] == pytest.approx(0.975)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Adadelta(rho=1.5), ValueError, r"rho must be a number in \[0, 1\]"),
        (lambda: Adafactor(beta_2_decay=0.8), ValueError, "beta_2_decay must be"),
        (lambda: Adafactor(clip_threshold=0), ValueError, "clip_threshold must be"),
        (lambda: Ftrl(learning_rate_power=0.5), ValueError, "learning_rate_power must be"),
        (lambda: Ftrl(beta=-1.0), ValueError, "beta must be"),
        (lambda: Lamb(beta_1=1.0), ValueError, "beta_1 must be"),
        (lambda: Muon(exclude_layers="head"), TypeError, r"write \['head'\]"),
        (lambda: Muon(ns_steps=-1), ValueError, "ns_steps must be"),
        (lambda: Nadam(momentum=0.9), TypeError, "Nadam has no argument 'momentum'"),
        (lambda: ScheduleFreeAdamW(beta_1=0.0), ValueError, "beta_1 must be"),
        (lambda: ScheduleFreeAdamW(warmup_steps=-1), ValueError, "warmup_steps must be"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
