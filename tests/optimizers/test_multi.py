"""Several optimizers in one, and a loss that is scaled."""

import copy
import pickle

import numpy as np
import pytest

import minikeras
from minikeras.autodiff import Variable
from minikeras.layers import Dense
from minikeras.optimizers import (
    SGD,
    Adam,
    Lamb,
    LossScaleOptimizer,
    MultiOptimizer,
    OptimizerMap,
    RMSprop,
)


def by_name(variable):
    """Makes a new optimizer for each variable."""
    return Adam(0.1) if "kernel" in variable.path else SGD(0.5, momentum=0.5)


def make_variables():
    names = {"a/kernel": (2, 3), "a/bias": (3,), "b/kernel": (3, 2), "b/bias": (2,)}
    rng = np.random.default_rng(0)
    return [Variable(rng.standard_normal(shape), name=name) for name, shape in names.items()]


def train(optimizer, variables, steps=5, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        optimizer.apply([rng.standard_normal(v.value.shape) for v in variables], variables)
    return [v.value.copy() for v in variables]


def mixed():
    return MultiOptimizer(
        OptimizerMap(SGD(0.5, momentum=0.5), {"a/.*": Adam(0.1), "b/kernel": Lamb(0.1)})
    )


def test_each_variable_moves_by_its_own_optimizer():
    values = train(mixed(), make_variables())
    for optimizer, part in ((Adam(0.1), [0, 1]), (Lamb(0.1), [2]), (SGD(0.5, 0.5), [3])):
        alone, rng = make_variables(), np.random.default_rng(1)
        optimizer.build([alone[i] for i in part])
        for _ in range(5):
            grads = [rng.standard_normal(v.value.shape) for v in alone]
            optimizer.apply([grads[i] for i in part])
        for i in part:
            np.testing.assert_array_equal(values[i], alone[i].value)


def test_gradients_come_in_the_order_of_the_given_variables():
    variables, again = make_variables(), make_variables()
    first, second = mixed(), mixed()
    first.build(variables)
    second.build(again)
    grads = [np.full(v.value.shape, i + 1.0) for i, v in enumerate(variables)]
    first.apply(grads)
    second.apply(grads, again)
    for one, two in zip(variables, again, strict=True):
        np.testing.assert_array_equal(one.value, two.value)


@pytest.mark.parametrize("choose", [by_name, OptimizerMap(SGD(0.1), {".*kernel": Adam()})])
@pytest.mark.parametrize(
    "resume", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_with_the_same_bits(choose, resume):
    optimizer, variables = MultiOptimizer(choose), make_variables()
    train(optimizer, variables)
    copies = [Variable(v.value, name=v.name) for v in variables]
    other = resume(optimizer)
    for one, two in zip(train(optimizer, variables), train(other, copies), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("early", [True, False])
def test_the_state_of_optimizers_that_a_function_made_is_loaded(early):
    optimizer, variables = MultiOptimizer(by_name), make_variables()
    train(optimizer, variables)
    copies = [Variable(v.value, name=v.name) for v in variables]
    other = MultiOptimizer(by_name)
    if not early:
        other.build(copies)
    other.load_state(optimizer.state())
    for one, two in zip(train(optimizer, variables), train(other, copies), strict=True):
        np.testing.assert_array_equal(one, two)
    assert other.iterations == 10


def test_slots_of_variables_that_stay_are_kept():
    optimizer, variables = mixed(), make_variables()
    train(optimizer, variables)
    kept = optimizer.optimizers[0].state()["momentum/1"]
    optimizer.build(variables[1:])
    np.testing.assert_array_equal(optimizer.optimizers[0].state()["momentum/0"], kept)


def test_a_missing_gradient_leaves_its_variable_alone():
    optimizer, variables = mixed(), make_variables()
    before = variables[2].value.copy()
    with pytest.warns(UserWarning, match="b/kernel"):
        optimizer.apply([np.ones((2, 3)), np.ones(3), None, np.ones(2)], variables)
    np.testing.assert_array_equal(variables[2].value, before)


def test_there_is_no_learning_rate_of_all():
    with pytest.raises(AttributeError, match="has no learning rate"):
        _ = mixed().learning_rate
    with pytest.raises(AttributeError, match="has no learning rate"):
        mixed().learning_rate = 0.1


def test_averages_become_the_weights_at_the_end():
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"a/.*": SGD(1.0, use_ema=True)}))
    variables = make_variables()
    train(optimizer, variables)
    kept = variables[3].value.copy()
    average = optimizer.optimizers[0].state()["average/0"]
    optimizer.finalize_variable_values(variables)
    np.testing.assert_array_equal(variables[0].value, average)
    np.testing.assert_array_equal(variables[3].value, kept)


def test_a_model_is_trained_by_several_optimizers():
    x = np.random.default_rng(0).standard_normal((32, 4))

    def trained(optimizer):
        minikeras.set_random_seed(1)
        model = minikeras.Sequential(
            [minikeras.Input((4,)), Dense(8, "tanh", name="one"), Dense(1, name="two")]
        )
        model.compile(optimizer, "mse")
        model.fit(x, x[:, :1], epochs=3, verbose=0)
        return model.get_weights()

    both = MultiOptimizer(OptimizerMap(Adam(0.01), {"two.*": Adam(0.01)}))
    for one, two in zip(trained(both), trained(Adam(0.01)), strict=True):
        np.testing.assert_array_equal(one, two)
    numerical = MultiOptimizer(OptimizerMap(SGD(0.1)), gradient="numerical")
    for one, two in zip(trained(numerical), trained(SGD(0.1)), strict=True):
        np.testing.assert_allclose(one, two, atol=2e-3)


def test_a_path_that_fits_two_expressions_is_named():
    choose = OptimizerMap(SGD(), {"a.*": Adam(), ".*kernel": RMSprop()})
    with pytest.raises(ValueError, match=r"variable 'a/kernel' fits several keys"):
        MultiOptimizer(choose).build(make_variables())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: OptimizerMap("sgd"), TypeError, "expected an Optimizer, got 'sgd'"),
        (lambda: OptimizerMap(SGD(), [Adam()]), TypeError, "optimizer_map must be a dict"),
        (lambda: OptimizerMap(SGD(), {1: Adam()}), TypeError, "a key must be a path"),
        (lambda: OptimizerMap(SGD(), {"(": Adam()}), ValueError, "no regular expression"),
        (lambda: OptimizerMap(mixed()), ValueError, "cannot be one of several"),
        (lambda: MultiOptimizer(Adam()), TypeError, "optimizer_map must be an OptimizerMap or"),
        (lambda: LossScaleOptimizer("sgd"), TypeError, "inner_optimizer must be an Optimizer"),
        (lambda: LossScaleOptimizer(SGD(), 0.0), ValueError, "initial_scale must be"),
        (lambda: LossScaleOptimizer(SGD(), clipnorm=1.0), ValueError, "takes no clipnorm"),
        (lambda: LossScaleOptimizer(SGD(), scale=1.0), TypeError, "no argument 'scale'"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_key_is_given_once():
    choose = OptimizerMap(SGD(), {"a": Adam()})
    with pytest.raises(ValueError, match="'a' has Adam"):
        choose["a"] = SGD()
    del choose["a"]
    choose["a"] = SGD(0.5)
    assert dict(choose) == {"a": choose["a"]} and len(choose) == 1


def test_a_scaled_loss_gives_the_same_training():
    x = np.random.default_rng(0).standard_normal((32, 4))

    def trained(optimizer):
        minikeras.set_random_seed(1)
        model = minikeras.Sequential([minikeras.Input((4,)), Dense(8, "tanh"), Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(x, x[:, :1], epochs=3, verbose=0)
        return model.get_weights()

    scaled = trained(LossScaleOptimizer(SGD(0.1), dynamic_growth_steps=2))
    for one, two in zip(scaled, trained(SGD(0.1)), strict=True):
        np.testing.assert_array_equal(one, two)  # powers of 2 cost no bits


def test_a_gradient_that_is_not_finite_is_left_out_and_halves_the_scale():
    optimizer, w = LossScaleOptimizer(SGD(1.0), 8.0, 2), Variable(np.array([1.0]))
    found = []
    for gradient in (4.0, np.inf, np.nan, 4.0, 4.0, 4.0):
        optimizer.apply([[gradient]], [w])
        found.append((w.value[0], optimizer.scale, optimizer.iterations))
    assert found == [
        (0.5, 8.0, 1),
        (0.5, 4.0, 1),
        (0.5, 2.0, 1),
        (-1.5, 2.0, 2),
        (-3.5, 4.0, 3),
        (-4.5, 4.0, 4),
    ]


def test_the_learning_rate_is_that_of_the_optimizer_inside():
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.learning_rate = 0.25
    assert optimizer.inner_optimizer.learning_rate == optimizer.learning_rate == 0.25


@pytest.mark.parametrize("make", [mixed, lambda: LossScaleOptimizer(SGD(0.1))])
def test_a_foreign_state_is_refused(make):
    optimizer = make()
    optimizer.build(make_variables())
    with pytest.raises(ValueError, match="saved state is"):
        optimizer.load_state({"iterations": np.array(3)})


def test_what_is_listed_can_be_set():
    optimizer, variables = LossScaleOptimizer(mixed()), make_variables()
    optimizer.build(variables)
    train(optimizer, variables)
    again = LossScaleOptimizer(mixed())
    again.build(make_variables())
    again.set_weights([variable.numpy() for variable in optimizer.variables])
    assert again.state().keys() == optimizer.state().keys()
    for name, value in optimizer.state().items():
        np.testing.assert_allclose(again.state()[name], value, rtol=1e-7)  # rates are in float32


@pytest.mark.parametrize(
    ("weights", "message"),
    [([], "expected 3 arrays, got 0"), ([0, 0.1, [1.0]], r"expected shape \(2,\) for")],
)
def test_what_does_not_fit_is_not_set(weights, message):
    optimizer = SGD(0.1, momentum=0.9)
    with pytest.raises(ValueError, match="not built yet"):
        optimizer.set_weights([])
    optimizer.build([Variable(np.ones(2))])
    with pytest.raises(ValueError, match=message):
        optimizer.set_weights(weights)
