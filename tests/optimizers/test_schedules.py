import math

import numpy as np
import pytest

from minikeras.autodiff import Variable
from minikeras.optimizers import SGD, schedules
from minikeras.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from minikeras.registry import registered


@pytest.mark.parametrize("step", [0, 1, 7, 10, 35])
def test_exponential_decay_follows_its_formula(step):
    assert ExponentialDecay(0.1, 10, 0.5)(step) == pytest.approx(0.1 * 0.5 ** (step / 10))


@pytest.mark.parametrize(("step", "halvings"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2)])
def test_a_staircase_goes_down_at_once(step, halvings):
    rate = ExponentialDecay(0.1, 10, 0.5, staircase=True)
    assert rate(step) == pytest.approx(0.1 * 0.5**halvings)


@pytest.mark.parametrize("step", [0, 1, 25, 50, 99, 100, 200])
def test_cosine_decay_follows_its_formula(step):
    share = min(step, 100) / 100
    expected = 0.1 * (0.8 * 0.5 * (1 + math.cos(math.pi * share)) + 0.2)
    assert CosineDecay(0.1, 100, alpha=0.2)(step) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.01), (5, 0.055), (10, 0.1), (60, 0.05), (110, 0.0), (999, 0.0)]
)
def test_cosine_decay_warms_up_in_a_straight_line(step, expected):
    rate = CosineDecay(0.01, 100, warmup_target=0.1, warmup_steps=10)
    assert rate(step) == pytest.approx(expected)


def test_cosine_decay_with_a_target_but_no_warm_up_starts_at_the_target():
    assert CosineDecay(0.01, 100, warmup_target=0.1)(0) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 1.0), (10, 1.0), (11, 0.5), (20, 0.5), (21, 0.1), (99, 0.1)]
)
def test_piecewise_constants_change_after_their_boundary(step, expected):
    assert PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])(step) == expected


@pytest.mark.parametrize("step", [0, 1, 7, 10, 35])
def test_inverse_time_decay_follows_its_formula(step):
    assert InverseTimeDecay(0.1, 10, 0.5)(step) == pytest.approx(0.1 / (1 + 0.5 * step / 10))
    stairs = InverseTimeDecay(0.1, 10, 0.5, staircase=True)
    assert stairs(step) == pytest.approx(0.1 / (1 + 0.5 * (step // 10)))


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 1.0), (5, 0.1 + 0.9 * 0.25), (10, 0.1), (11, 0.1), (99, 0.1)]
)
def test_polynomial_decay_ends_at_its_last_rate(step, expected):
    assert PolynomialDecay(1.0, 10, 0.1, power=2.0)(step) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 1.0), (10, 0.0), (11, 1 - 11 / 20), (20, 0.0), (21, 1 - 21 / 30)]
)
def test_polynomial_decay_in_cycles_reaches_for_the_next_multiple(step, expected):
    rate = PolynomialDecay(1.0, 10, 0.0, cycle=True)
    assert rate(step) == pytest.approx(expected)


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0, 3.0])
def test_cosine_waves_begin_at_their_top_and_end_at_the_bottom(factor):
    rate = CosineDecayRestarts(1.0, 1000, t_mul=factor, m_mul=0.5, alpha=0.2)
    begin = 0.0
    for wave in range(7):  # 3**5 is where logarithms are off by a rounding error
        length = 1000 * factor**wave
        assert rate(begin) == pytest.approx(0.8 * 0.5**wave + 0.2)
        assert rate(begin + length / 2) == pytest.approx(0.4 * 0.5**wave + 0.2)
        assert rate(begin + length * 0.999999) == pytest.approx(0.2, abs=1e-6)
        begin += length


def test_cosine_waves_that_get_shorter_come_to_an_end():
    rate = CosineDecayRestarts(1.0, 10, t_mul=0.5, alpha=0.1)
    assert rate(10) == pytest.approx(1.0) and rate(12.5) == pytest.approx(0.55)
    assert rate(20) == rate(1000) == pytest.approx(0.1)


def test_an_optimizer_asks_for_the_rate_of_the_steps_taken_so_far():
    w = Variable(np.array([0.0]))
    optimizer = SGD(PiecewiseConstantDecay([0, 1], [1.0, 0.1, 0.01]))
    for _ in range(3):
        optimizer.apply([[-1.0]], [w])
    assert w.value[0] == pytest.approx(1.11)
    assert optimizer.learning_rate == 0.01


def test_a_schedule_of_ones_own_is_used():
    class Harmonic(LearningRateSchedule):
        def __call__(self, step):
            return 1.0 / (step + 1)

    w, optimizer = Variable(np.array([0.0])), SGD(Harmonic())
    for _ in range(3):
        optimizer.apply([[-1.0]], [w])
    assert w.value[0] == pytest.approx(1 + 1 / 2 + 1 / 3)


@pytest.mark.parametrize("rate", [math.nan, -0.1, math.inf])
def test_a_rate_out_of_range_is_refused_before_a_weight_changes(rate):
    class Wrong(LearningRateSchedule):
        def __call__(self, step):
            return rate

    w = Variable(np.array([1.0]))
    with pytest.raises(ValueError, match=r"learning_rate must be .* for step 0"):
        SGD(Wrong()).apply([[1.0]], [w])
    assert w.value[0] == 1.0


def test_a_function_without_arguments_is_a_learning_rate():
    rates = iter([0.5, 0.25])
    w, optimizer = Variable(np.array([0.0])), SGD(lambda: next(rates))
    for _ in range(2):
        optimizer.apply([[-1.0]], [w])
    assert w.value[0] == 0.75


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps must be a finite number above 0"),
        (lambda: ExponentialDecay(-0.1, 10, 0.5), "initial_learning_rate must be"),
        (lambda: CosineDecay(0.1, -5), "decay_steps must be"),
        (lambda: CosineDecay(0.1, 5, warmup_target=-1.0), "warmup_target must be"),
        (lambda: CosineDecay(0.1, 5, warmup_steps=-1), "warmup_steps must be"),
        (lambda: InverseTimeDecay(0.1, 10, -0.5), "decay_rate must be"),
        (lambda: PolynomialDecay(0.1, 10, end_learning_rate=-0.5), "end_learning_rate must be"),
        (lambda: PolynomialDecay(0.1, 10, power=0), "power must be"),
        (lambda: CosineDecayRestarts(0.1, 0), "first_decay_steps must be"),
        (lambda: CosineDecayRestarts(0.1, 10, t_mul=0.0), "t_mul must be"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one entry more than boundaries"),
        (lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), "boundaries must increase"),
        (lambda: PiecewiseConstantDecay([1], [0.1, math.nan]), "each of values must be"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "schedule",
    [
        ExponentialDecay(0.1, 10, 0.5, staircase=True),
        CosineDecay(0.0, 10, alpha=0.1, warmup_target=0.2, warmup_steps=3),
        CosineDecayRestarts(0.1, 4, t_mul=1.5, m_mul=0.5),
        InverseTimeDecay(0.1, 4, 0.5),
        PolynomialDecay(0.1, 4, cycle=True),
        PiecewiseConstantDecay([1, 2], [0.1, 0.2, 0.3]),
    ],
    ids=repr,
)
def test_configuration_survives_a_round_trip(schedule):
    again = schedules.deserialize(schedules.serialize(schedule))
    assert repr(again) == repr(schedule)
    assert [again(step) for step in range(15)] == [schedule(step) for step in range(15)]


def test_every_schedule_is_registered():
    assert set(registered("schedule")) >= {
        "CosineDecay",
        "CosineDecayRestarts",
        "ExponentialDecay",
        "InverseTimeDecay",
        "PiecewiseConstantDecay",
        "PolynomialDecay",
    }


def test_a_schedule_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="must define __call__"):
        LearningRateSchedule()(0)
