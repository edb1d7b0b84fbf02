"""Names, configurations, copies and saved state."""

import copy
import json
import pickle

import numpy as np
import pytest

from minikeras import optimizers
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
    LossScaleOptimizer,
    MultiOptimizer,
    Muon,
    Nadam,
    OptimizerMap,
    RMSprop,
    ScheduleFreeAdamW,
)
from minikeras.optimizers.schedules import CosineDecay
from minikeras.registry import registered

EVERY = [
    SGD(0.1),
    SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
    RMSprop(0.1, momentum=0.5, centered=True),
    Adagrad(0.1, initial_accumulator_value=0.5),
    Adam(CosineDecay(0.1, 20), amsgrad=True),
    AdamW(0.1, use_ema=True, ema_overwrite_frequency=3),
    Lion(0.1, gradient_accumulation_steps=2),
    Adadelta(1.0),
    Adafactor(0.1, gradient_accumulation_steps=2),
    Adamax(0.1),
    Ftrl(0.1, beta=1.0),
    Lamb(0.1, use_ema=True),
    Muon(0.1, exclude_layers=["head"]),
    Nadam(0.1),
    ScheduleFreeAdamW(0.1, warmup_steps=3),
    LossScaleOptimizer(SGD(0.1, momentum=0.9), initial_scale=4.0, dynamic_growth_steps=3),
    MultiOptimizer(OptimizerMap(SGD(0.1), {"variable": Adam(0.1), "b.*": Lion(0.1)})),
]
AROUND_OTHERS = {"LossScaleOptimizer", "MultiOptimizer"}
every = pytest.mark.parametrize("optimizer", EVERY, ids=repr)


def make_variables():
    rng = np.random.default_rng(0)
    return [Variable(rng.standard_normal(shape).astype("f")) for shape in ((3, 2), (2,))]


def train(optimizer, variables, steps, seed):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        optimizer.apply([rng.standard_normal(v.value.shape) for v in variables], variables)
    return [v.value.copy() for v in variables]


def go_on(optimizer, resume):
    """The weights after 5 and 5 steps, with and without ``resume`` in between."""
    optimizer = optimizers.deserialize(optimizers.serialize(optimizer))
    variables = make_variables()
    train(optimizer, variables, 5, seed=1)
    copies = [Variable(v.value) for v in variables]
    resumed = resume(optimizer)
    return train(optimizer, variables, 5, seed=2), train(resumed, copies, 5, seed=2)


def load_into_new(optimizer):
    new = type(optimizer).from_config(optimizer.get_config())
    new.load_state(optimizer.state())
    return new


@every
@pytest.mark.parametrize(
    "resume",
    [load_into_new, copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))],
    ids=["state", "deepcopy", "pickle"],
)
def test_training_goes_on_with_the_same_bits(optimizer, resume):
    for direct, resumed in zip(*go_on(optimizer, resume), strict=True):
        np.testing.assert_array_equal(direct, resumed)


@every
def test_state_can_be_loaded_into_a_built_optimizer(optimizer):
    trained, other = (type(optimizer).from_config(optimizer.get_config()) for _ in range(2))
    train(trained, make_variables(), 5, seed=1)
    train(other, make_variables(), 3, seed=9)
    other.load_state(trained.state())
    assert other.state().keys() == trained.state().keys()
    for name, value in trained.state().items():
        np.testing.assert_array_equal(other.state()[name], value)


def test_the_state_is_a_copy():
    optimizer, variables = SGD(0.1, momentum=0.9), make_variables()
    train(optimizer, variables, 1, seed=1)
    before = optimizer.state()
    kept = before["momentum/0"].copy()
    train(optimizer, variables, 1, seed=2)
    np.testing.assert_array_equal(before["momentum/0"], kept)


def test_a_copy_is_detached_from_the_original():
    optimizer, variables = Adam(), make_variables()
    train(optimizer, variables, 3, seed=1)
    clone = copy.deepcopy(optimizer)
    before = [v.value.copy() for v in variables]
    train(clone, [Variable(v.value) for v in variables], 3, seed=1)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)
    assert (optimizer.iterations, clone.iterations) == (3, 6)


def test_a_copy_of_a_copy_still_has_the_state():
    optimizer, variables = Adam(), make_variables()
    train(optimizer, variables, 3, seed=1)
    clone = pickle.loads(pickle.dumps(copy.deepcopy(optimizer)))
    clone.build(variables)
    np.testing.assert_array_equal(clone.state()["momentum/0"], optimizer.state()["momentum/0"])


def test_an_assigned_learning_rate_belongs_to_the_state():
    optimizer = SGD(0.1)
    optimizer.learning_rate = 0.01
    new = SGD(0.1)
    new.load_state(optimizer.state())
    assert new.learning_rate == 0.01


def test_exclusions_from_decay_survive_a_copy():
    variables = [Variable(np.ones(2), name="kernel"), Variable(np.ones(2), name="scale")]
    optimizer = AdamW(0.1)
    optimizer.exclude_from_weight_decay(var_list=variables[1:])
    clone = pickle.loads(pickle.dumps(optimizer))
    clone.apply([np.zeros(2), np.zeros(2)], variables)
    assert variables[0].value[0] < 1.0 and variables[1].value[0] == 1.0


def test_a_state_of_other_slots_is_refused():
    trained = SGD(0.1)
    train(trained, make_variables(), 1, seed=1)
    optimizer = Adam()
    optimizer.build(make_variables())
    with pytest.raises(ValueError, match="lacks .*momentum/0"):
        optimizer.load_state(trained.state())


def test_a_state_of_other_shapes_is_refused_and_nothing_changes():
    trained, optimizer = Adam(), Adam()
    train(trained, make_variables(), 1, seed=1)
    optimizer.build([Variable(np.zeros((3, 2))), Variable(np.zeros(5), name="bias")])
    with pytest.raises(ValueError, match=r"saved momentum of variable 'bias' has shape \(2,\)"):
        optimizer.load_state(trained.state())
    assert optimizer.iterations == 0 and not optimizer.state()["momentum/0"].any()


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="holds 'iterations', got \\['a'\\]"):
        SGD().load_state({"a": np.zeros(1)})


@every
def test_configuration_survives_a_round_trip_through_json(optimizer):
    data = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(data)
    assert type(again) is type(optimizer) and repr(again) == repr(optimizer)


def test_the_way_to_the_gradient_is_in_the_configuration_only_when_it_is_not_keras():
    assert "gradient" not in SGD().get_config()
    again = SGD.from_config(SGD(gradient="numerical").get_config())
    assert again.gradient == "numerical"


@pytest.mark.parametrize(
    ("optimizer", "shown"),
    [
        (SGD(0.1, gradient="numerical"), "SGD(learning_rate=0.1, gradient='numerical')"),
        (Adam(), "Adam()"),
        (AdamW(weight_decay=0.1, name="mine"), "AdamW(weight_decay=0.1, name='mine')"),
    ],
)
def test_repr_shows_what_differs_from_the_defaults(optimizer, shown):
    assert repr(optimizer) == shown


@pytest.mark.parametrize("name", ["sgd", "SGD", "RMSprop", "rmsprop", "adamw", "AdamW", "ADAM"])
def test_get_takes_names_in_any_case(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


@pytest.mark.parametrize("name", sorted({*registered("optimizer")} - AROUND_OTHERS))
def test_get_takes_configurations_and_instances(name):
    optimizer = optimizers.get(name)
    assert optimizers.get(optimizer) is optimizer
    assert repr(optimizers.get(optimizers.serialize(optimizer))) == repr(optimizer)
    assert optimizers.get(None) is None


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("adm", ValueError, "unknown optimizer 'adm'; did you mean 'adam'"),
        ({"class_name": "Adm", "config": {}}, ValueError, "did you mean 'Adam'"),
        (0.1, TypeError, "optimizer must be"),
        (np.sum, TypeError, "optimizer must be a name, a configuration or an Optimizer"),
    ],
)
def test_what_is_no_optimizer_is_refused(identifier, error, message):
    with pytest.raises(error, match=message):
        optimizers.get(identifier)


def test_more_steps_than_files_can_count_are_counted_all_the_same():
    optimizer, weight = Adam(0.1), Variable(1.0)
    optimizer.build([weight])
    optimizer.set_weights([2**31 - 1, *(v.numpy() for v in optimizer.variables[1:])])
    optimizer.apply([np.ones(())], [weight])
    assert int(optimizer.iterations) == 2**31
    assert int(optimizer.variables[0].numpy()) == 2**31 - 1  # int32, as in Keras's files
