import numpy as np
import pytest

from minikeras import wrappers

FIT = {"epochs": 60}


def regressor(build, **kwargs):
    return wrappers.SKLearnRegressor(build, **{"fit_kwargs": FIT, "random_state": 0, **kwargs})


@pytest.fixture
def x(rng):
    return rng.uniform(-2, 2, (150, 2))


@pytest.mark.parametrize("shape", [(150,), (150, 1)])
def test_predictions_have_the_shape_of_the_targets(build_regression, x, shape):
    y = (x[:, 0] * x[:, 1]).reshape(shape)
    made = regressor(build_regression).fit(x, y)
    assert made.predict(x).shape == shape
    assert made.score(x, y) > 0.8


def test_several_targets_are_learned_at_once(build_regression, x):
    y = np.column_stack([np.sin(x[:, 0]), x[:, 1] ** 2])
    made = regressor(build_regression).fit(x, y)
    assert made.predict(x[:5]).shape == (5, 2)
    assert made.score(x, y) > 0.8


def test_partial_fit_goes_on_for_one_epoch(build_regression, x):
    made = regressor(build_regression)
    before = made.partial_fit(x, x[:, 0]).score(x, x[:, 0])
    for _ in range(30):
        made.partial_fit(x, x[:, 0])
    assert int(made.model_.optimizer.iterations) == 31 * 5
    assert made.score(x, x[:, 0]) > max(before, 0.9)


def test_validation_data_are_checked_and_used(build_regression, x):
    made = regressor(build_regression).fit(x, x[:, 0], validation_data=(x, x[:, 0]))
    error = np.mean((made.predict(x) - x[:, 0]) ** 2)
    assert made.history_.history["val_loss"][-1] == pytest.approx(error, rel=1e-4)
    with pytest.raises(ValueError, match="NaN"):
        made.fit(x, x[:, 0], validation_data=(x * np.nan, x[:, 0]))


def test_wrong_number_of_outputs_is_refused_before_training(build_regression, x):
    made = regressor(build_regression, model_kwargs={"outputs": 3})
    with pytest.raises(
        ValueError, match=r"shape \(None, 3\), but y has 2 columns; give .* 2 units"
    ):
        made.fit(x, x)


def test_text_is_refused(build_regression, x):
    with pytest.raises(
        ValueError, match="y must hold numbers, got the text 'a'; for labels there is SKL"
    ):
        regressor(build_regression).fit(x, ["a"] * 150)
