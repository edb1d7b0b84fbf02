"""Fifty steps beside real Keras: same weights, same gradients, same options."""

import math
import warnings

import numpy as np
import pytest

from minikeras import constraints, optimizers
from minikeras.autodiff import Variable
from minikeras.optimizers import schedules

pytest.importorskip("keras")

# Keras's variables give NumPy an old form of __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPES = {
    "kernel": (5, 4),
    "bias": (4,),
    "second/kernel": (4, 3),
    "scale": (),
    "embeddings": (3, 4),
    "conv/kernel": (2, 3, 4),
}
STEPS = 50

CASES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"clipnorm": 0.5, "weight_decay": 0.01}),
    ("SGD", {"global_clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1, "momentum": 0.5}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 7}),
    ("SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 3}),
    ("SGD", {"loss_scale_factor": 8.0}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.9, "epsilon": 1e-5}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-4}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "beta_2": 0.5}),
    ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 4, "clipnorm": 1.0}),
    (
        "Adam",
        {
            "learning_rate": 0.01,
            "gradient_accumulation_steps": 2,
            "use_ema": True,
            "ema_momentum": 0.9,
            "ema_overwrite_frequency": 5,
        },
    ),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1, "use_ema": True}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.9, "weight_decay": 0.01}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adadelta", {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-4, "clipnorm": 1.0}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "use_ema": True}),
    ("Nadam", {"learning_rate": 0.01, "gradient_accumulation_steps": 3}),
    ("Ftrl", {}),
    ("Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.3, "beta": 0.5}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.5,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.2,
        },
    ),
    ("ScheduleFreeAdamW", {}),
    (
        "ScheduleFreeAdamW",
        {"learning_rate": 0.01, "beta_1": 0.8, "warmup_steps": 20, "weight_decay": 0.01},
    ),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}),
    ("Lamb", {"learning_rate": 0.01, "use_ema": True, "clipvalue": 0.5}),
    ("Adafactor", {}),
    ("Adafactor", {"learning_rate": 0.5, "clip_threshold": 0.5, "beta_2_decay": -0.5}),
    ("Adafactor", {"learning_rate": 0.1, "relative_step": False, "weight_decay": 0.1}),
    ("Muon", {}),
    ("Muon", {"learning_rate": 0.01, "nesterov": False, "rms_rate": None, "weight_decay": 0.1}),
    (
        "Muon",
        {
            "learning_rate": 0.01,
            "exclude_layers": ["second"],
            "adam_lr_ratio": 0.3,
            "adam_weight_decay": None,
            "global_clipnorm": 1.0,
        },
    ),
    ("Muon", {"learning_rate": 0.01, "exclude_embeddings": False, "ns_steps": 2}),
]

NAMES = sorted({name for name, _ in CASES})


def start():
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape).astype("f") for name, shape in SHAPES.items()}


def gradients(optimizer):
    rng = np.random.default_rng(1)
    # Keras compiles something anew at every step when it accumulates, which takes long.
    for _ in range(9 if optimizer.gradient_accumulation_steps else STEPS):
        yield [rng.standard_normal(shape).astype("f") for shape in SHAPES.values()]


def ours(optimizer, prepare=lambda variables: None, missing=()):
    variables = [Variable(value, name=name) for name, value in start().items()]
    prepare(variables)
    optimizer.build(variables)
    for k, grads in enumerate(gradients(optimizer)):
        run(optimizer, grads, variables, k, missing)
    return optimizer, variables


def theirs(keras, optimizer, prepare=lambda variables: None, missing=()):
    variables = [keras.Variable(value, name=n.replace("/", "_")) for n, value in start().items()]
    prepare(variables)
    optimizer.build(variables)
    for k, grads in enumerate(gradients(optimizer)):
        grads = [keras.ops.convert_to_tensor(g) for g in grads]
        run(optimizer, grads, variables, k, missing)
    return optimizer, variables


def run(optimizer, grads, variables, k, missing):
    if k % 3 == 1:
        grads = [None if i in missing else g for i, g in enumerate(grads)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about gradients that are missing on purpose
        optimizer.apply(grads, variables)


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            mine.numpy(), np.asarray(other), rtol=1e-5, atol=1e-5, err_msg=mine.name
        )


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_weights_and_slots_agree(keras, name, options):
    mine, my_variables = ours(getattr(optimizers, name)(**options))
    other, variables = theirs(keras, getattr(keras.optimizers, name)(**options))
    assert_equal(my_variables, variables)
    assert_equal(mine.variables, other.variables)
    assert mine.iterations == int(other.iterations)
    mine.finalize_variable_values(my_variables)
    other.finalize_variable_values(variables)
    assert_equal(my_variables, variables)


@pytest.mark.parametrize("name", NAMES)
def test_variables_without_gradient_are_skipped_alike(keras, name):
    options = {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 1.0}
    _, mine = ours(getattr(optimizers, name)(**options), missing=(0, 2))
    _, other = theirs(keras, getattr(keras.optimizers, name)(**options), missing=(0, 2))
    assert_equal(mine, other)


def test_exclusions_from_weight_decay_agree(keras):
    mine, other = (
        module.AdamW(0.01, weight_decay=0.5) for module in (optimizers, keras.optimizers)
    )
    for optimizer in (mine, other):
        optimizer.exclude_from_weight_decay(var_names=["bias", "scale"])
    assert_equal(ours(mine)[1], theirs(keras, other)[1])


def test_constraints_agree(keras):
    def prepare(module):
        def constrain(variables):
            variables[0].constraint = module.MaxNorm(1.0)
            variables[1].constraint = module.NonNeg()
            variables[2].constraint = module.MinMaxNorm(0.5, 1.0, rate=0.5, axis=1)

        return constrain

    _, mine = ours(optimizers.Adam(0.01), prepare(constraints))
    _, other = theirs(keras, keras.optimizers.Adam(0.01), prepare(keras.constraints))
    assert_equal(mine, other)


SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True},
    ),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "alpha": 0.1}),
    (
        "CosineDecay",
        {
            "initial_learning_rate": 0.01,
            "decay_steps": 30,
            "warmup_target": 0.1,
            "warmup_steps": 10,
        },
    ),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True},
    ),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "power": 0.5}),
    (
        "PolynomialDecay",
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 7,
            "end_learning_rate": 0.01,
            "power": 2.0,
            "cycle": True,
        },
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 6}),
    (
        "CosineDecayRestarts",
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 7,
            "t_mul": 1.0,
            "m_mul": 0.8,
            "alpha": 0.1,
        },
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.5, "m_mul": 0.9},
    ),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True},
    ),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "power": 0.5}),
    (
        "PolynomialDecay",
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 7,
            "end_learning_rate": 0.01,
            "power": 2.0,
            "cycle": True,
        },
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 6}),
    (
        "CosineDecayRestarts",
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 7,
            "t_mul": 1.0,
            "m_mul": 0.8,
            "alpha": 0.1,
        },
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.5, "m_mul": 0.9},
    ),
    ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [0.1, 0.05, 0.01]}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=str)
def test_schedules_agree(keras, name, options):
    mine = getattr(schedules, name)(**options)
    other = getattr(keras.optimizers.schedules, name)(**options)
    for step in range(STEPS):
        assert mine(step) == pytest.approx(float(other(step)), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=str)
def test_training_with_a_schedule_agrees(keras, name, options):
    _, mine = ours(optimizers.SGD(getattr(schedules, name)(**options), momentum=0.9))
    schedule = getattr(keras.optimizers.schedules, name)(**options)
    _, other = theirs(keras, keras.optimizers.SGD(schedule, momentum=0.9))
    assert_equal(mine, other)


@pytest.mark.parametrize("name", NAMES)
def test_configurations_agree(keras, name):
    mine = getattr(optimizers, name)().get_config()
    other = getattr(keras.optimizers, name)().get_config()
    other.pop("name"), mine.pop("name")
    assert mine.keys() == other.keys()
    for key, value in other.items():
        if isinstance(value, float):
            assert math.isclose(mine[key], value, rel_tol=1e-6), key
        else:
            assert mine[key] == value, key


@pytest.mark.parametrize("name", NAMES)
def test_kerass_configuration_is_read(keras, name):
    data = keras.optimizers.serialize(getattr(keras.optimizers, name)())
    assert type(optimizers.deserialize(data)) is getattr(optimizers, name)


def several(module):
    return module.MultiOptimizer(
        module.OptimizerMap(
            module.SGD(0.1, momentum=0.9),
            {"second.*": module.Adam(0.01, use_ema=True), "bias": module.RMSprop(0.01)},
        )
    )


def test_several_optimizers_in_one_agree(keras):
    mine, my_variables = ours(several(optimizers))
    other, variables = theirs(keras, several(keras.optimizers))
    assert_equal(my_variables, variables)
    assert_equal(mine.variables, other.variables)
    data = keras.optimizers.serialize(other)
    again = optimizers.deserialize(data)
    assert [type(one).__name__ for one in again.optimizers] == ["Adam", "RMSprop", "SGD"]
    assert again.get_config().keys() == data["config"].keys()


def test_loss_scaling_agrees(keras):
    def make(module):
        return module.LossScaleOptimizer(
            module.SGD(0.1, momentum=0.9), initial_scale=4.0, dynamic_growth_steps=7
        )

    mine, other = make(optimizers), make(keras.optimizers)
    _, my_variables = ours(mine)
    bad = [np.zeros(shape) for shape in SHAPES.values()]
    bad[0][0] = np.inf
    mine.apply(bad, my_variables)
    values = list(start().values())
    other.build([keras.Variable(value) for value in values])
    state = [variable.value for variable in other.variables]
    for grads in [*gradients(other), bad]:  # on jax it works in this form only
        values, state = other.stateless_apply(state, grads, values)
    assert_equal(my_variables, values)
    assert_equal(mine.variables, state)
    again = optimizers.deserialize(keras.optimizers.serialize(other))
    assert (again.initial_scale, again.dynamic_growth_steps) == (4.0, 7)


@pytest.mark.parametrize("name", NAMES)
def test_what_keras_remembers_can_be_taken_over(keras, name):
    other, variables = theirs(keras, getattr(keras.optimizers, name)(0.01))
    mine = getattr(optimizers, name)(0.5)
    copies = [Variable(np.asarray(v), name=n) for v, n in zip(variables, SHAPES)]
    mine.build(copies)
    mine.set_weights([np.asarray(v) for v in other.variables])
    grads = next(gradients(mine))
    mine.apply(grads, copies)
    other.apply([keras.ops.convert_to_tensor(g) for g in grads], variables)
    assert_equal(copies, variables)
    assert_equal(mine.variables, other.variables)
