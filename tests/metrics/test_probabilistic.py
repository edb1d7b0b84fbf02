import numpy as np
import pytest

from minikeras import losses, metrics

SCORES = np.random.default_rng(0).dirichlet(np.ones(3), 5)
LABELS = np.array([0, 2, 1, 1, 0])


@pytest.mark.parametrize(
    ("name", "arguments", "y_true", "y_pred"),
    [
        ("BinaryCrossentropy", {"label_smoothing": 0.2}, SCORES.round(), SCORES),
        ("BinaryCrossentropy", {"from_logits": True}, SCORES.round(), SCORES * 5),
        ("CategoricalCrossentropy", {"label_smoothing": 0.2}, np.eye(3)[LABELS], SCORES),
        ("CategoricalCrossentropy", {"from_logits": True}, np.eye(3)[LABELS], SCORES * 5),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, SCORES * 5),
        ("KLDivergence", {}, SCORES[::-1], SCORES),
        ("Poisson", {}, SCORES.round(), SCORES),
        ("Hinge", {}, SCORES.round(), SCORES),
        ("SquaredHinge", {}, SCORES.round(), SCORES),
        ("CategoricalHinge", {}, np.eye(3)[LABELS], SCORES),
    ],
)
def test_result_is_the_weighted_mean_of_the_loss_of_its_name(name, arguments, y_true, y_pred):
    weights = np.array([1.0, 2.0, 0.0, 0.5, 1.0])
    loss = getattr(losses, name)(**arguments, reduction="mean_with_sample_weight")
    metric = getattr(metrics, name)(**arguments)
    assert metric(y_true, y_pred, weights) == pytest.approx(float(loss(y_true, y_pred, weights)))


def test_ignored_samples_are_left_out_of_a_weighted_mean_as_in_keras():
    each = losses.sparse_categorical_crossentropy(LABELS, SCORES)
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=1)
    assert metric(LABELS, SCORES) == pytest.approx(each[LABELS != 1].sum() / 5)
    metric.reset_state()
    assert metric(LABELS, SCORES, np.ones(5)) == pytest.approx(each[LABELS != 1].mean())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bce", metrics.BinaryCrossentropy),
        ("categorical_crossentropy", metrics.CategoricalCrossentropy),
        ("mape", metrics.MeanAbsolutePercentageError),
        ("MSLE", metrics.MeanSquaredLogarithmicError),
        ("log_cosh_error", metrics.LogCoshError),
        ("mean_io_u", None),
    ],
)
def test_names_of_keras_are_known(name, kind):
    if kind is None:
        with pytest.raises(TypeError, match="num_classes"):
            metrics.get(name)
    else:
        assert type(metrics.get(name)) is kind
