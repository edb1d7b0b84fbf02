import pickle
from copy import deepcopy
from functools import partial

import numpy as np
import pytest

from minikeras import Variable, losses, metrics, registry
from minikeras.metrics import Metric

REGISTERED = {
    name: kind
    for name, kind in registry.registered("metric").items()
    if name not in ("MeanMetricWrapper", "LossMetric")
} | {
    "IoU": partial(metrics.IoU, 2, [0, 1]),
    "MeanIoU": partial(metrics.MeanIoU, 2),
    "OneHotIoU": partial(metrics.OneHotIoU, 7, [0, 3]),
    "OneHotMeanIoU": partial(metrics.OneHotMeanIoU, 7),
    "PrecisionAtRecall": partial(metrics.PrecisionAtRecall, 0.3),
    "RecallAtPrecision": partial(metrics.RecallAtPrecision, 0.3),
    "SensitivityAtSpecificity": partial(metrics.SensitivityAtSpecificity, 0.3),
    "SpecificityAtSensitivity": partial(metrics.SpecificityAtSensitivity, 0.3),
}
CLASSES = {
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "TopKCategoricalAccuracy",
}
SPARSE = {
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
}
INDICES = {"IoU", "MeanIoU"}


def example(name):
    """Targets and predictions that the metric takes."""
    rng = np.random.default_rng(4)
    scores = rng.dirichlet(np.ones(7), 9)
    labels = rng.integers(7, size=9)
    if name in SPARSE:
        return labels, scores
    if name in CLASSES:
        return np.eye(7)[labels], scores
    y_true = (rng.random((9, 1)) > 0.5).astype(float)
    if name == "MeanAbsolutePercentageError":
        return y_true + 1.0, rng.random((9, 1))
    if name in INDICES:
        return y_true, (rng.random((9, 1)) > 0.5).astype(float)
    return y_true, y_true.copy() if name == "Accuracy" else rng.random((9, 1))


def feed(metric, name, part=slice(None), weights=None):
    y_true, y_pred = example(name)
    if isinstance(metric, metrics.Mean | metrics.Sum):
        metric.update_state(y_pred[part], weights)
    else:
        metric.update_state(y_true[part], y_pred[part], weights)


@pytest.mark.parametrize("name", REGISTERED)
def test_batches_together_give_what_the_whole_gives(name):
    whole, parts = REGISTERED[name](), REGISTERED[name]()
    feed(whole, name)
    for part in (slice(0, 4), slice(4, 5), slice(5, 9)):
        feed(parts, name, part)
    assert parts.result() == pytest.approx(whole.result())


@pytest.mark.parametrize("name", REGISTERED)
def test_reset_forgets_all_batches(name):
    metric = REGISTERED[name]()
    feed(metric, name)
    first = metric.result()
    metric.reset_state()
    assert all((np.asarray(variable) == 0).all() for variable in metric.variables)
    feed(metric, name)
    assert metric.result() == pytest.approx(first)


@pytest.mark.parametrize("name", REGISTERED)
def test_a_weight_of_zero_leaves_a_sample_out(name):
    weighted, fewer = REGISTERED[name](), REGISTERED[name]()
    feed(weighted, name, weights=np.array([1.0] * 6 + [0.0] * 3))
    feed(fewer, name, slice(0, 6))
    assert weighted.result() == pytest.approx(fewer.result())


@pytest.mark.parametrize("name", REGISTERED)
def test_results_are_python_floats_whatever_came_in(name):
    for dtype in (np.float16, np.float32, np.float64):
        metric = REGISTERED[name]()
        y_true, y_pred = example(name)
        arguments = (y_true, y_pred.astype(dtype))
        metric.update_state(*arguments[-1 if name in ("Mean", "Sum") else 0 :])
        result = metric.result()
        assert type(result) is float or result.dtype == np.float64


@pytest.mark.parametrize("name", REGISTERED)
def test_the_result_without_samples_is_zero(name):
    assert np.all(np.asarray(REGISTERED[name]().result()) == 0.0)


@pytest.mark.parametrize("name", sorted(set(REGISTERED) - {"Mean", "Sum"}))
def test_targets_that_would_broadcast_are_refused(name):
    for shape in [(9, 3), (9, 1, 1), (3, 1)]:
        with pytest.raises(ValueError, match=r"expected .*got .*; "):
            REGISTERED[name]().update_state(np.zeros(shape), np.full((9, 2), 0.5))


@pytest.mark.parametrize("name", sorted(set(REGISTERED) - {"Mean", "Sum"} - CLASSES))
def test_targets_without_the_last_axis_give_the_same_as_with_it(name):
    y_true, y_pred = example(name)
    with_axis, without = REGISTERED[name](), REGISTERED[name]()
    with_axis.update_state(y_true.reshape(-1, 1), y_pred)
    without.update_state(y_true.reshape(-1), y_pred)
    assert without.result() == pytest.approx(with_axis.result())


@pytest.mark.parametrize("name", REGISTERED)
def test_configuration_copy_and_pickle_round_trip(name):
    metric = REGISTERED[name](name="other")
    feed(metric, name)
    for copy in (
        type(metric).from_config(metric.get_config()),
        metrics.get(registry.serialize(metric)),
    ):
        assert repr(copy) == repr(metric) and copy.name == "other"
    for copy in (deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert copy.result() == pytest.approx(metric.result())


@pytest.mark.parametrize("name", REGISTERED)
def test_arguments_are_left_as_they_were(name):
    metric = REGISTERED[name]()
    arrays = [array.copy() for array in example(name)]
    for array in arrays:
        array.setflags(write=False)
    weights = np.ones(9)
    weights.setflags(write=False)
    metric.update_state(*arrays[-1 if name in ("Mean", "Sum") else 0 :], sample_weight=weights)


def test_mean_weights_whole_batches():
    metric = metrics.Mean()
    metric.update_state(1.0, sample_weight=32)
    metric.update_state(4.0, sample_weight=16)
    assert metric.result() == 2.0


def test_mean_adds_in_float64():
    metric = metrics.Mean()
    for _ in range(1000):
        metric.update_state(np.full(1000, 0.1, np.float32))
    assert metric.result() == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_mean_of_an_empty_batch_changes_nothing():
    metric = metrics.Mean()
    metric.update_state([2.0])
    metric.update_state(np.zeros((0, 3)))
    assert metric.result() == 2.0


def test_one_number_weighs_all_values():
    metric = metrics.Mean()
    metric.update_state([1.0, 3.0], sample_weight=3.0)
    metric.update_state([6.0, 6.0], sample_weight=np.array(1.0))
    assert metric.result() == pytest.approx((3.0 * 1.0 + 3.0 * 3.0 + 6.0 + 6.0) / 8.0)


@pytest.mark.parametrize("weights", [[1.0, 2.0], [[1.0, 2.0, 3.0]]])
def test_mean_refuses_weights_of_another_shape(weights):
    with pytest.raises(ValueError, match=r"mean expected shape \(3,\) for sample_weight, got"):
        metrics.Mean().update_state([1.0, 2.0, 3.0], weights)
    with pytest.raises(ValueError, match="one for the whole batch"):
        metrics.Mean().update_state(1.0, weights)


@pytest.mark.parametrize(
    "bad",
    [np.array(["a"]), np.array([1j]), np.array([None]), ["a"]],
    ids=["str", "complex", "object", "list"],
)
def test_values_that_are_no_real_numbers_are_refused(bad):
    with pytest.raises(TypeError, match="expected real numbers, got dtype"):
        metrics.BinaryAccuracy().update_state([1], bad)


def test_a_metric_in_the_style_of_keras():
    class Hits(Metric):
        def __init__(self, name="hits", **kwargs):
            super().__init__(name=name, **kwargs)
            self.hits = self.add_variable(shape=(), initializer="zeros", name="hits")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.hits.assign(self.hits + np.sum(y_true == y_pred))

        def result(self):
            return self.hits

    metric = Hits()
    assert float(metric([1, 2], np.array([1, 2]))) == 2.0
    assert float(metric([1, 2], np.array([1, 0]))) == 3.0
    assert metric.variables == [metric.hits]
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_variables_assigned_to_a_metric_are_its_own():
    class Steps(Metric):
        def __init__(self):
            super().__init__()
            self.made = self.add_weight(name="made", shape=(2,), dtype="float64")
            self.count = Variable(0.0, trainable=False, name="count")

        def update_state(self, values):
            self.made.assign_add(np.asarray(values))
            self.count.assign_add(1.0)

        def result(self):
            return self.made / self.count

    metric = Steps()
    assert [variable.name for variable in metric.variables] == ["made", "count"]
    metric.update_state([1.0, 2.0])
    assert metric([3.0, 6.0]).tolist() == [2.0, 4.0]
    assert metric.made.dtype == np.float64
    metric.reset_state()
    assert [float(np.sum(variable)) for variable in metric.variables] == [0.0, 0.0]


def test_deserialize_takes_classes_that_are_not_registered_by_name():
    class Peak(metrics.Mean):
        pass

    again = metrics.deserialize(registry.serialize(Peak(name="top")), {"Peak": Peak})
    assert type(again) is Peak and again.name == "top"


def test_add_variable_takes_the_arguments_of_keras_in_their_order():
    variable = Metric(name="any").add_variable((3,), "ones", "float32", "mean", "weights")
    assert variable.name == "weights" and variable.numpy().tolist() == [1.0, 1.0, 1.0]


def test_a_metric_made_of_metrics_resets_them_too():
    class Both(Metric):
        def __init__(self):
            super().__init__()
            self.first = metrics.Mean()
            self.others = [metrics.Sum(), metrics.Sum()]

        def update_state(self, values):
            for metric in (self.first, *self.others):
                metric.update_state(values)

        def result(self):
            return self.first.result() + sum(metric.result() for metric in self.others)

    metric = Both()
    assert metric.name == "both"
    assert metric([1.0, 3.0]) == 10.0
    assert len(metric.variables) == 4
    metric.reset_state()
    assert metric.result() == 0.0


def test_a_metric_without_update_state_says_so():
    with pytest.raises(NotImplementedError, match="Metric must define update_state"):
        Metric().update_state([1.0], [1.0])


def worst(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred), axis=-1)


def test_any_function_is_a_metric():
    metric = metrics.get(worst)
    assert metric.name == "worst"
    metric.update_state(np.zeros(2), np.array([[1.0], [-3.0]]))  # (n,) meets (n, 1)
    assert metric.result() == 2.0
    assert metric(np.zeros((2, 1)), np.ones((2, 1)), sample_weight=[2.0, 0.0]) == pytest.approx(1.5)


def test_a_function_of_the_whole_batch_counts_once():
    metric = metrics.get(lambda y_true, y_pred: np.max(y_pred))
    metric.update_state(np.zeros(3), np.array([1.0, 2.0, 0.0]))
    assert metric(np.zeros(1), np.array([4.0])) == 3.0


def test_a_wrapped_function_gets_its_keywords():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred, scale: scale * y_pred, scale=3.0)
    assert metric([0.0], [2.0]) == 6.0
    assert metric.get_config()["scale"] == 3.0


def test_traced_values_are_taken_as_plain_ones():
    assert metrics.MeanSquaredError()(np.zeros((1, 1)), Variable([[2.0]])) == 4.0


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MAE", metrics.MeanAbsoluteError),
        ("accuracy", metrics.Accuracy),
        ("AUC", metrics.AUC),
        ("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy),
        (metrics.Recall, metrics.Recall),
        ("kl_divergence", metrics.KLDivergence),
        ("huber", metrics.LossMetric),
        (losses.Huber(2.0), metrics.LossMetric),
        (losses.Huber, metrics.LossMetric),
        (losses.huber, metrics.LossMetric),
        (worst, metrics.MeanMetricWrapper),
        (partial(worst), metrics.MeanMetricWrapper),
        ({"class_name": "Precision", "config": {"thresholds": 0.3}}, metrics.Precision),
    ],
)
def test_get_takes_names_configurations_classes_losses_and_functions(identifier, kind):
    assert type(metrics.get(identifier)) is kind


def test_get_keeps_instances_and_none():
    metric = metrics.Precision()
    assert metrics.get(metric) is metric
    assert metrics.get(None) is None


def test_get_suggests_the_name_that_was_meant():
    with pytest.raises(ValueError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        metrics.get("acuracy")


def test_get_refuses_what_is_no_metric():
    with pytest.raises(TypeError, match="metric must be a name"):
        metrics.get(3)


def test_a_loss_as_a_metric_is_its_mean_over_all_samples():
    metric = metrics.get(losses.MeanSquaredError(reduction="sum"))
    assert metric.name == "mean_squared_error"
    metric.update_state([[0.0]], [[2.0]])
    metric.update_state([[0.0], [0.0]], [[1.0], [1.0]])
    assert metric.result() == 2.0


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        ((8,), (8, 1), metrics.BinaryAccuracy),
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 5), (8, 5, 3), metrics.SparseCategoricalAccuracy),
        ((8, 3), (8, 3), metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy"])
def test_accuracy_is_picked_by_shape(word, y_true, y_pred, kind):
    metric = metrics.for_output(word, y_true, y_pred)
    assert type(metric) is kind
    assert metric.name == word


def test_crossentropy_is_picked_by_shape_and_takes_from_logits_from_the_loss():
    logits, labels = np.array([[2.0, -1.0]]), np.array([0])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    metric = metrics.for_output("ce", labels.shape, logits.shape, loss)
    assert metric.name == "ce"
    assert metric(labels, logits) == pytest.approx(float(loss(labels, logits)))


def test_a_string_becomes_the_name_of_the_metric():
    assert metrics.for_output("mse", (8, 1), (8, 1)).name == "mse"
    assert metrics.for_output("bce", (8, 1), (8, 1)).name == "bce"
    assert (
        metrics.for_output(metrics.MeanSquaredError(), (8, 1), (8, 1)).name == "mean_squared_error"
    )


def test_none_among_the_metrics_is_refused():
    with pytest.raises(ValueError, match="expected a metric, got None"):
        metrics.for_output(None, (8, 1), (8, 1))
