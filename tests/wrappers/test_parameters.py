import numpy as np
import pytest

from minikeras import wrappers
from minikeras.callbacks import EarlyStopping


@pytest.fixture
def made(build):
    return wrappers.SKLearnClassifier(build, model_kwargs={"units": 4}, fit_kwargs={"epochs": 2})


def test_parameters_inside_are_listed_with_their_defaults(made):
    params = made.get_params()
    assert params["model__units"] == 4
    assert params["model__activation"] == "softmax"
    assert params["fit__epochs"] == 2
    assert made.get_params(deep=False).keys() == {
        "model", "warm_start", "model_kwargs", "fit_kwargs", "random_state"
    }  # fmt: skip


def test_parameters_inside_are_set_without_changing_the_dict_that_was_given(build):
    given = {"units": 4}
    made = wrappers.SKLearnClassifier(build, model_kwargs=given)
    assert made.set_params(model__units=7, fit__epochs=3) is made
    assert made.model_kwargs == {"units": 7}
    assert made.fit_kwargs == {"epochs": 3}
    assert given == {"units": 4}


def test_a_new_model_and_its_parameters_are_set_at_once(made):
    def other(X, y, width=1): ...

    made.set_params(model__width=3, model=other, model_kwargs=None)
    assert made.model_kwargs == {"width": 3}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model__unit", "'model__unit': .*build has no argument 'unit'; did you mean 'units'"),
        ("fit__epoch", "'fit__epoch': Model.fit has no argument 'epoch'; did you mean 'epochs'"),
        ("modl", "Invalid parameter 'modl'"),
    ],
)
def test_unknown_names_are_refused(made, name, message):
    with pytest.raises(ValueError, match=message):
        made.set_params(**{name: 1})


def test_a_function_that_takes_everything_takes_any_name(points, labels, build):
    def build_any(X, y, **how):
        return build(X, y, **how)

    made = wrappers.SKLearnClassifier(build_any).set_params(model__units=3)
    assert made.fit(points, labels).model_.layers[0].units == 3


def test_a_model_has_no_parameters_inside(build, points):
    made = wrappers.SKLearnClassifier(build(points, np.zeros((1, 2))))
    with pytest.raises(ValueError, match="model is a Sequential; give the function as model"):
        made.set_params(model__units=3)


def test_a_clone_has_all_parameters_and_copies_of_callbacks(made, sklearn):
    stop = EarlyStopping("loss")
    copy = sklearn.base.clone(made.set_params(fit__callbacks=[stop], random_state=1))
    assert copy.model is made.model
    assert copy.model_kwargs == {"units": 4}
    assert copy.fit_kwargs["epochs"] == 2
    assert copy.fit_kwargs["callbacks"][0] is not stop
    assert copy.random_state == 1
    assert not hasattr(copy, "model_")
