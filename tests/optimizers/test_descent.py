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

EVERY = [
    SGD(0.1),
    SGD(0.05, momentum=0.9),
    SGD(0.05, momentum=0.9, nesterov=True),
    RMSprop(0.02),
    RMSprop(0.01, centered=True, momentum=0.5),
    Adagrad(0.5),
    Adam(0.05),
    Adam(0.05, amsgrad=True),
    AdamW(0.05, weight_decay=1e-4),
    Lion(0.003),
    Adadelta(epsilon=1e-3, learning_rate=1.0),
    Adafactor(0.05),
    Adamax(0.05),
    Ftrl(0.5),
    Lamb(0.01),
    Muon(0.05, adam_weight_decay=None),
    Nadam(0.05),
    ScheduleFreeAdamW(0.05),
]


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_the_bottom_of_a_parabola_is_found(optimizer):
    x = Variable(np.array([1.0, -2.0, 0.5]))
    for _ in range(1000):
        optimizer.apply([2.0 * x.value], [x])
    assert abs(x.value).max() < 0.05


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def slope(x):
    bend = x[1] - x[0] ** 2
    return np.array([-2.0 * (1.0 - x[0]) - 400.0 * x[0] * bend, 200.0 * bend])


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(5e-4, momentum=0.9),
        SGD(5e-4, momentum=0.9, nesterov=True),
        RMSprop(1e-3),
        Adagrad(0.3),
        Adam(0.01),
        AdamW(0.01, weight_decay=1e-6),
        Lion(5e-4),
        Adamax(0.01),
        Nadam(0.01),
        ScheduleFreeAdamW(0.02, warmup_steps=10),
    ],
    ids=repr,
)
def test_the_valley_of_rosenbrock_is_followed_to_its_end(optimizer):
    x = Variable(np.array([-1.2, 1.0]))
    for _ in range(6000):
        optimizer.apply([slope(x.value)], [x])
    assert rosenbrock(x.value) < 0.01
