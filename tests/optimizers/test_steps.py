"""Steps calculated by hand, from w = 1 with gradients 0.5 and then -1."""

import math

import numpy as np
import pytest

from minikeras.autodiff import Variable
from minikeras.optimizers import SGD, Adagrad, Adam, AdamW, Lion, RMSprop


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


@pytest.mark.parametrize("optimizer", [SGD(), SGD(momentum=0.9), Adam(), RMSprop(), Adagrad()])
def test_a_zero_gradient_changes_nothing(optimizer):
    assert after(optimizer, 0.0, 0.0) == 1.0


@pytest.mark.parametrize("optimizer", [SGD(0.0), Adam(0.0), Lion(0.0)])
def test_a_zero_learning_rate_changes_nothing(optimizer):
    assert after(optimizer, 0.5) == 1.0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", [SGD, RMSprop, Adagrad, Adam, AdamW, Lion])
def test_weights_and_slots_keep_the_dtype(kind, dtype):
    w, optimizer = Variable(np.ones(3, dtype)), kind(0.01)
    optimizer.apply([np.full(3, 0.5)], [w])
    assert w.value.dtype == dtype
    assert all(a.dtype == dtype for name, a in optimizer.state().items() if "/" in name)
