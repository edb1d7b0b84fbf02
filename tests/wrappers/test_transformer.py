import numpy as np
import pytest

from minikeras import wrappers


def transformer(build, **kwargs):
    return wrappers.SKLearnTransformer(build, **{"random_state": 0, **kwargs})


@pytest.fixture
def x(rng):
    return rng.standard_normal((60, 1)) * [1.0, -1.0, 2.0]  # one number in three columns


def test_without_targets_it_learns_to_give_back_its_input(build_regression, x):
    made = transformer(build_regression, model_kwargs={"units": 1}, fit_kwargs={"epochs": 150})
    assert np.mean((made.fit_transform(x) - x) ** 2) < 0.1 * x.var()


def test_with_targets_its_features_are_what_it_learned_of_them(build_regression, x):
    made = transformer(build_regression, fit_kwargs={"epochs": 100}).fit(x, x[:, :2])
    assert made.transform(x).shape == (60, 2)
    np.testing.assert_array_equal(made.transform(x), made.model_.predict(x, verbose=0))


def test_partial_fit_goes_on_for_one_epoch(build_regression, x):
    made = transformer(build_regression).partial_fit(x).partial_fit(x)
    assert int(made.model_.optimizer.iterations) == 2 * 2


def test_features_have_names_and_may_come_as_a_frame(build_regression, x):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(x, columns=["a", "b", "c"])
    made = transformer(build_regression).set_output(transform="pandas").fit(frame)
    assert list(made.transform(frame)) == [f"sklearntransformer{i}" for i in range(3)]


def test_it_is_a_step_before_another_estimator(build_regression, x):
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    steps = make_pipeline(
        transformer(build_regression, fit_kwargs={"epochs": 60}), LinearRegression()
    )
    assert steps.fit(x, x[:, 0]).score(x, x[:, 0]) > 0.9
