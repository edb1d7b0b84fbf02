"""The wrappers in what scikit-learn puts around estimators."""

import numpy as np
import pytest

from minikeras import wrappers


@pytest.fixture
def made(build):
    return wrappers.SKLearnClassifier(build, fit_kwargs={"epochs": 30}, random_state=0)


def test_grid_search_goes_through_the_arguments_of_the_function(made, points, labels):
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    grid = {
        "sklearnclassifier__model__units": [1, 16],
        "sklearnclassifier__fit__epochs": [1, 40],
    }
    search = GridSearchCV(make_pipeline(StandardScaler(), made), grid, cv=2).fit(points, labels)
    best = search.best_estimator_[-1]
    assert search.best_params_["sklearnclassifier__fit__epochs"] == 40
    assert best.model_.layers[0].units == search.best_params_["sklearnclassifier__model__units"]
    assert search.score(points, labels) > 0.85


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "neg_log_loss", "average_precision"])
def test_scores_of_cross_validation_are_those_of_a_good_classifier(made, points, labels, scoring):
    from sklearn.model_selection import cross_val_score

    target = labels == "upper"  # average_precision takes no text
    assert cross_val_score(made, points, target, cv=2, scoring=scoring).mean() > {
        "neg_log_loss": -0.5
    }.get(scoring, 0.8)


def test_three_classes_have_an_area_under_the_curve(made, points, three):
    from sklearn.model_selection import cross_val_score

    assert cross_val_score(made, points, three, cv=2, scoring="roc_auc_ovr").mean() > 0.8


def test_it_votes_with_others(made, points, labels):
    from sklearn.ensemble import VotingClassifier
    from sklearn.tree import DecisionTreeClassifier

    members = [("net", made), ("tree", DecisionTreeClassifier(max_depth=2, random_state=0))]
    assert VotingClassifier(members, voting="soft").fit(points, labels).score(points, labels) > 0.85


def test_boosting_gives_it_weights(made, points, labels):
    from sklearn.ensemble import AdaBoostClassifier

    boosted = AdaBoostClassifier(made, n_estimators=2).fit(points, labels)
    assert boosted.score(points, labels) > 0.85


def test_targets_are_scaled_and_back(build_regression, rng):
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    x = rng.uniform(-2, 2, (100, 1))
    y = 1e4 + 1e3 * x[:, 0]
    net = wrappers.SKLearnRegressor(build_regression, fit_kwargs={"epochs": 60}, random_state=0)
    scaled = TransformedTargetRegressor(net, transformer=StandardScaler()).fit(x, y)
    assert scaled.score(x, y) > 0.95


def test_weights_are_routed_where_they_were_asked_for(made, points, labels, sklearn):
    from sklearn.model_selection import cross_validate

    seen = []

    class Recorder(wrappers.SKLearnClassifier):
        def fit(self, X, y, sample_weight=None, **kwargs):
            seen.append(sample_weight)
            return super().fit(X, y, sample_weight, **kwargs)

    with sklearn.config_context(enable_metadata_routing=True):
        asked = Recorder(made.model).set_fit_request(sample_weight=True)
        asked.set_score_request(sample_weight=False)
        weights = {"sample_weight": np.ones(120)}
        cross_validate(asked, points, labels, cv=2, params=weights)
    assert [len(one) for one in seen] == [60, 60]
