"""Families that load on first use: what is asked for loads, and every name leads to it."""

import inspect

import pytest

from minikeras import losses, metrics, optimizers, registry
from minikeras.optimizers import schedules

FAMILIES = {
    "loss": losses,
    "metric": metrics,
    "optimizer": optimizers,
    "schedule": schedules,
}


def test_training_loads_the_optimizer_loss_and_metric_it_names_and_no_other(in_fresh_python):
    code = """
import sys
import numpy as np
from minikeras import Sequential
from minikeras.layers import Dense
model = Sequential([Dense(1)])
model.compile("adam", "mse", metrics=["mae"])
model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
print(*sys.modules)
"""
    loaded = set(in_fresh_python(code))
    assert {
        "minikeras.optimizers.adam",
        "minikeras.losses.regression",
        "minikeras.metrics.regression",
    } <= loaded
    assert not loaded & {
        "concurrent.futures",
        "minikeras.data.iterables",
        "minikeras.losses.crossentropy",
        "minikeras.losses.focal",
        "minikeras.metrics.confusion",
        "minikeras.optimizers.muon",
        "minikeras.optimizers.schedules.cosine",
        "minikeras.training.numerical",
    }


@pytest.mark.parametrize("package", FAMILIES.values(), ids=FAMILIES)
def test_no_module_has_the_name_of_what_its_package_holds(package):
    assert not set(package.FAMILIES) & set(package.__all__)


@pytest.mark.parametrize("package", FAMILIES.values(), ids=FAMILIES)
def test_every_public_name_is_there_and_listed(package):
    assert len(set(package.__all__)) == len(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert not (inspect.ismodule(getattr(package, name)) and name != "schedules")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # noqa: B018


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_class_stands_where_its_package_says(kind):
    package = FAMILIES[kind]
    for family, names in package.FAMILIES.items():
        for name in names:
            thing = getattr(package, name)
            assert thing.__module__ == f"{package.__name__}.{family}"
            if inspect.isclass(thing):
                known = registry.registered(kind)
                assert known[name] is thing


@pytest.mark.parametrize(("kind", "package"), [("loss", "losses"), ("metric", "metrics")])
def test_every_further_name_is_announced_for_the_module_that_registers_it(
    kind, package, in_fresh_python
):
    found = in_fresh_python(
        f"""
from minikeras import registry
from minikeras.{package} import ALIASES
for family, aliases in ALIASES.items():
    for alias in aliases:
        found = type(registry.get("{kind}", alias))
        assert found.__module__ == "minikeras.{package}." + family, alias
names = registry.names.names_of("{kind}")
own = {{registry.snake_case(name) for name in registry.registered("{kind}")}}
own |= set(registry.registered("{kind}")) | {{a for all in ALIASES.values() for a in all}}
print(*sorted(set(names) - own))
"""
    )
    assert found == []


@pytest.mark.parametrize("name", ["adam", "ADAM", "Adam", "adamw", "rmsprop", "RMSprop", "sgd"])
def test_an_optimizer_is_found_in_any_case(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_the_map_of_optimizers_is_found_by_its_name():
    assert registry.class_named("OptimizerMap") is optimizers.OptimizerMap
    assert list(registry.registered("optimizer_map")) == ["OptimizerMap"]


def test_a_function_of_the_losses_stands_for_the_class_of_its_formula():
    functions = [
        function for name in losses.__all__ if inspect.isfunction(function := getattr(losses, name))
    ]
    formulas = [
        function for function in functions if "y_pred" in inspect.signature(function).parameters
    ]
    assert len(formulas) > 20
    for function in formulas:
        assert registry.snake_case(type(losses.get(function)).__name__) == function.__name__


def test_a_function_of_ones_own_stays_whatever_its_name():
    def hinge(y_true, y_pred):
        return y_true - y_pred

    assert losses.get(hinge).fn is hinge


def test_the_metrics_have_the_functions_of_the_losses():
    assert metrics.huber is losses.huber
    assert metrics.binary_crossentropy is losses.binary_crossentropy
    assert metrics.accuracy.__module__ == "minikeras.metrics.hits"
