import functools
import pickle
from copy import deepcopy

import numpy as np
import pytest

from minikeras import GradientTape, Variable, check_gradients, config, grad, losses, registry
from minikeras.losses import Loss, LossFunctionWrapper

Y_TRUE = np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
Y_PRED = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 4.0]])
PER_SAMPLE = np.array([0.5, 2.0, 4.5])  # mean squared errors
WEIGHTS = np.array([2.0, 0.0, 1.0])

# Targets and predictions that each loss takes.
EXAMPLES = {
    "CategoricalCrossentropy": (np.eye(3)[[0, 2, 1]], np.full((3, 3), 1 / 3)),
    "SparseCategoricalCrossentropy": (np.array([0, 2, 1]), np.full((3, 3), 1 / 3)),
    "Crossentropy": (np.array([0, 2, 1]), np.full((3, 3), 1 / 3)),
    "CategoricalGeneralizedCrossEntropy": (np.array([0, 2, 1]), np.full((3, 3), 1 / 3)),
    "Circle": (np.array([1, 0, 1]), np.array([[0.6, 0.8], [0.0, 1.0], [0.8, -0.6]])),
    "CTC": (np.array([[1, 0], [2, 1], [2, 2]]), np.linspace(-1.0, 1.0, 36).reshape(3, 4, 3) ** 2),
    "MeanAbsolutePercentageError": (np.array([[2.0, 1.0]] * 3), np.array([[1.0, 3.0]] * 3)),
}
YES_NO = (
    np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    np.array([[0.3, 0.8], [0.6, 0.1], [0.9, 0.4]]),
)
REGISTERED = {
    name: loss for name, loss in registry.registered("loss").items() if isinstance(loss, type)
} | {  # one loss per sample, not one per batch
    "Dice": functools.partial(losses.Dice, axis=-1),
    "Tversky": functools.partial(losses.Tversky, axis=-1),
}
SPARSE = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy")
SEVERAL_CLASSES = (
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "Circle",
    "CTC",
)
WITH_KINKS = (
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "Huber",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
)
ONCE = ("CTC",)  # differentiable once


def squared(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("reduction", "unweighted", "weighted"),
    [
        ("sum_over_batch_size", 7 / 3, 5.5 / 3),
        ("mean", 7 / 3, 5.5 / 3),
        ("mean_with_sample_weight", 7 / 3, 5.5 / 3),
        ("sum", 7.0, 5.5),
    ],
)
@pytest.mark.parametrize(
    "make",
    [losses.MeanSquaredError, functools.partial(LossFunctionWrapper, squared)],
    ids=["fused", "function"],
)
def test_reductions(make, reduction, unweighted, weighted):
    loss = make(reduction=reduction)
    assert float(loss(Y_TRUE, Y_PRED)) == pytest.approx(unweighted)
    assert float(loss(Y_TRUE, Y_PRED, sample_weight=WEIGHTS)) == pytest.approx(weighted)


@pytest.mark.parametrize("reduction", ["none", None])
def test_no_reduction_gives_weighted_losses_of_samples(reduction):
    loss = losses.MeanSquaredError(reduction=reduction)
    assert loss(Y_TRUE, Y_PRED) == pytest.approx(PER_SAMPLE)
    assert loss(Y_TRUE, Y_PRED, WEIGHTS) == pytest.approx(PER_SAMPLE * WEIGHTS)


def test_training_refuses_a_loss_without_reduction():
    with pytest.raises(ValueError, match="'mean_squared_error' has reduction=None .* needs one"):
        losses.MeanSquaredError(reduction=None).mean(Y_TRUE, Y_PRED)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="unknown reduction 'avg'"):
        losses.MeanSquaredError(reduction="avg")


def test_mean_with_sample_weight_divides_by_the_weights_and_not_the_samples():
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(Y_TRUE, Y_PRED, [1.0, 1.0, 0.0])) == pytest.approx(1.25)
    assert float(losses.MeanSquaredError()(Y_TRUE, Y_PRED, [1.0, 1.0, 0.0])) == pytest.approx(
        2.5 / 3
    )


def test_weights_that_are_all_zero_give_zero():
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        assert float(losses.MeanSquaredError(reduction)(Y_TRUE, Y_PRED, np.zeros(3))) == 0.0


@pytest.mark.parametrize("loss", [losses.MeanSquaredError(), losses.get(squared)])
def test_mean_is_calling_without_the_checks(loss):
    assert loss.mean(Y_TRUE, Y_PRED) == loss(Y_TRUE, Y_PRED)
    assert loss.mean(Y_TRUE, Y_PRED, WEIGHTS) == loss(Y_TRUE, Y_PRED, WEIGHTS)


def test_weights_of_samples_hold_for_all_their_steps():
    y_true, y_pred = np.zeros((2, 2, 1)), np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    loss = losses.MeanSquaredError()
    assert float(loss(y_true, y_pred, [1.0, 0.0])) == pytest.approx((1 + 4) / 4)
    assert float(loss(y_true, y_pred, [[1.0], [0.0]])) == pytest.approx((1 + 4) / 4)
    assert float(loss(y_true, y_pred, [[1.0, 0.0], [0.0, 2.0]])) == pytest.approx((1 + 32) / 4)


@pytest.mark.parametrize("weights", [np.ones(2), np.ones((3, 2)), np.ones((1, 3))])
def test_weights_of_another_shape_are_refused(weights):
    with pytest.raises(
        ValueError, match=r"mean_squared_error expected shape \(3,\) for sample_wei"
    ):
        losses.MeanSquaredError()(Y_TRUE, Y_PRED, weights)


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("sum_over_batch_size", 2 * 7 / 3),
        ("mean_with_sample_weight", 7 / 3),
        ("sum", 2 * 7.0),
        (None, 2 * PER_SAMPLE),
    ],
)
@pytest.mark.parametrize("weight", [2, 2.0, np.float32(2.0), np.array(2.0)])
def test_one_number_weighs_all_samples(reduction, expected, weight):
    loss = losses.MeanSquaredError(reduction=reduction)
    assert loss(Y_TRUE, Y_PRED, sample_weight=weight) == pytest.approx(expected)


def test_a_loss_of_the_whole_batch_cannot_be_weighted():
    loss = losses.get(lambda y_true, y_pred: np.mean((y_true - y_pred) ** 2))
    assert float(loss(Y_TRUE, Y_PRED)) == pytest.approx(7 / 3)
    with pytest.raises(ValueError, match="one value per sample to weight"):
        loss(Y_TRUE, Y_PRED, WEIGHTS)


@pytest.mark.parametrize("name", REGISTERED)
def test_targets_without_the_last_axis_give_the_same_as_with_it(name):
    y_true, y_pred = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.2, 0.9, 0.7, 0.4])
    if name in SEVERAL_CLASSES:
        pytest.skip("needs several classes")
    if name in SPARSE:
        y_true = np.zeros(4)
    loss = REGISTERED[name](reduction=None)
    expected = loss(y_true[:, None], y_pred[:, None])
    assert expected.shape == (4,)
    assert loss(y_true, y_pred[:, None]) == pytest.approx(expected)
    assert loss.per_sample(y_true, y_pred[:, None]) == pytest.approx(expected)
    if name not in (*SPARSE, "Crossentropy"):
        assert loss(y_true[:, None], y_pred) == pytest.approx(expected)


def test_functions_never_broadcast_n_against_n_1():
    y_true, y_pred = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [5.0]])
    assert losses.mean_squared_error(y_true, y_pred).tolist() == [0.0, 0.0, 4.0]
    assert losses.get(squared)(y_true, y_pred) == pytest.approx(4 / 3)


def test_a_custom_class_never_broadcasts_n_against_n_1():
    class Custom(Loss):
        def call(self, y_true, y_pred):
            return squared(y_true, y_pred)

    assert float(Custom()(np.array([1.0, 2.0]), np.array([[1.0], [4.0]]))) == 2.0


@pytest.mark.parametrize("shape", [(3, 1), (3, 5, 2), (1, 2)])
@pytest.mark.parametrize("name", sorted(REGISTERED))
def test_targets_that_would_broadcast_are_refused(name, shape):
    if name == "CTC" and shape == (3, 5, 2):
        pytest.skip("takes labels of another shape than predictions")
    y_true = np.zeros((3, 2))
    with pytest.raises(ValueError, match=r"expected .*got .*; "):
        REGISTERED[name]()(y_true, np.full(shape, 0.5))


def test_a_shape_error_names_the_remedy():
    message = (
        r"MeanSquaredError expected y_true of shape \(4, 1\) .* got \(4, 3\); give the last la"
    )
    with pytest.raises(ValueError, match=message + "yer 3 units"):
        losses.MeanSquaredError()(np.zeros((4, 3)), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="give one target per sample"):
        losses.get(squared)(np.zeros((4, 1)), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="use a sparse loss"):
        losses.MeanSquaredError()(np.zeros(4), np.zeros((4, 3)))


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([1j]), np.array([None])])
def test_targets_that_are_no_real_numbers_are_refused(bad):
    with pytest.raises(TypeError, match="y_true expected real numbers, got dtype"):
        losses.MeanSquaredError()(bad, np.zeros((1, 1)))


@pytest.mark.parametrize("name", REGISTERED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("targets", [float, int, np.uint8, np.float32])
def test_the_dtype_is_that_of_the_predictions(name, dtype, targets):
    y_true, y_pred = EXAMPLES.get(name, YES_NO)
    loss, y_pred = REGISTERED[name](), y_pred.astype(dtype)
    for weights in (None, [1.0, 2.0, 0.0]):
        with GradientTape() as tape:
            x = tape.watch(y_pred)
            value = loss(y_true.astype(targets), x, weights)
        assert value.dtype == dtype
        assert tape.gradient(value, x).dtype == dtype


def test_a_function_over_integer_targets_does_not_leak_float64():
    value = losses.get(squared)(np.array([[1], [2]]), np.zeros((2, 1), np.float32))
    assert value.dtype == np.float32


def test_lists_compute_in_floatx():
    assert losses.MeanSquaredError()([[0.0]], [[1.0]]).dtype == np.float32
    assert losses.MeanSquaredError()([[0]], [[1]]).dtype == np.float32
    config.set_floatx("float64")
    assert losses.MeanSquaredError()([[0]], [[1]]).dtype == np.float64


def test_dtype_of_the_loss_overrides_that_of_the_predictions():
    loss = losses.MeanSquaredError(dtype="float64")
    with GradientTape() as tape:
        x = tape.watch(Y_PRED.astype(np.float32))
        value = loss(Y_TRUE, x)
    assert value.dtype == np.float64
    assert tape.gradient(value, x).dtype == np.float32


@pytest.mark.parametrize("name", REGISTERED)
def test_gradients_agree_with_central_differences(name):
    y_true, y_pred = EXAMPLES.get(name, YES_NO)
    rng = np.random.default_rng(3)
    y_pred = y_pred * rng.uniform(0.8, 1.2, y_pred.shape)
    loss = REGISTERED[name]()
    smooth = name not in (*WITH_KINKS, *ONCE)
    check_gradients(lambda y: loss(y_true, y), y_pred, second=smooth)
    check_gradients(lambda y: loss(y_true, y, WEIGHTS), y_pred)
    check_gradients(lambda y: loss.per_sample(y_true, y), y_pred)


@pytest.mark.parametrize(
    "name",
    ["MeanSquaredError", "BinaryCrossentropy", "KLDivergence", "CosineSimilarity", "Poisson"],
)
def test_gradients_reach_computed_targets(name):
    loss = REGISTERED[name]()
    check_gradients(lambda t: loss(t, YES_NO[1]), np.array([[0.3, 0.6], [0.2, 0.1], [0.9, 0.5]]))


@pytest.mark.parametrize("name", REGISTERED)
def test_permuting_the_samples_permutes_the_losses(name):
    y_true, y_pred = EXAMPLES.get(name, YES_NO)
    loss, order = REGISTERED[name](), [2, 0, 1]
    expected = loss.per_sample(y_true, y_pred)[order]
    assert loss.per_sample(y_true[order], y_pred[order]) == pytest.approx(expected)


@pytest.mark.parametrize("name", REGISTERED)
def test_arguments_are_left_as_they_were(name):
    y_true, y_pred = (array.copy() for array in EXAMPLES.get(name, YES_NO))
    weights = np.ones(3)
    for array in (y_true, y_pred, weights):
        array.setflags(write=False)
    grad(lambda y: REGISTERED[name]()(y_true, y, weights))(y_pred)


@pytest.mark.parametrize("name", REGISTERED)
def test_configuration_copy_and_pickle_round_trip(name):
    loss = REGISTERED[name](reduction="sum", name="other")
    y_true, y_pred = EXAMPLES.get(name, YES_NO)
    for copy in (
        type(loss).from_config(loss.get_config()),
        losses.deserialize(losses.serialize(loss)),
        deepcopy(loss),
        pickle.loads(pickle.dumps(loss)),
    ):
        assert repr(copy) == repr(loss)
        assert copy.name == "other"
        assert copy(y_true, y_pred) == loss(y_true, y_pred)


def test_variables_are_predictions_like_any_other():
    y_pred = Variable(Y_PRED)
    with GradientTape() as tape:
        loss = losses.MeanSquaredError()(Y_TRUE, y_pred)
    assert tape.gradient(loss, y_pred) == pytest.approx((Y_PRED - Y_TRUE) / 3)


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mean_absolute_error", losses.MeanAbsoluteError),
        ("kld", losses.KLDivergence),
        ("bce", losses.BinaryCrossentropy),
        ("CategoricalCrossentropy", losses.CategoricalCrossentropy),
        ("ce", losses.Crossentropy),
        (losses.Huber, losses.Huber),
        (losses.huber, losses.Huber),
        (losses.sparse_categorical_crossentropy, losses.SparseCategoricalCrossentropy),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, losses.Huber),
    ],
)
def test_get_takes_names_configurations_classes_and_functions(identifier, kind):
    assert type(losses.get(identifier)) is kind


def test_get_keeps_instances_and_none():
    loss = losses.Huber(3.0)
    assert losses.get(loss) is loss
    assert losses.get(None) is None


def test_get_suggests_the_name_that_was_meant():
    with pytest.raises(ValueError, match="unknown loss 'mean_sqared_error'; did you mean 'mean_sq"):
        losses.get("mean_sqared_error")


def test_get_refuses_what_is_no_loss():
    with pytest.raises(TypeError, match="loss must be a name"):
        losses.get(3)


def test_a_function_keeps_its_name():
    assert losses.get(squared).name == "squared"
    assert losses.get(functools.partial(squared)).name == "squared"


def test_a_registered_function_is_found_by_name_and_by_configuration():
    @registry.register("loss")
    def cubed_error(y_true, y_pred):
        return np.mean(np.abs(y_true - y_pred) ** 3, axis=-1)

    loss = losses.get("cubed_error")
    assert float(loss([[0.0]], [[2.0]])) == 8.0
    again = LossFunctionWrapper.from_config(loss.get_config())
    assert again.fn is cubed_error and again.name == "cubed_error"
    del registry.names._KINDS["loss"]["cubed_error"]


def test_deserialize_takes_classes_that_are_not_registered_by_name():
    class Half(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 0.5 * super().call(y_true, y_pred)

    config = losses.serialize(Half(reduction="sum"))
    again = losses.deserialize(config, custom_objects={"Half": Half})
    assert type(again) is Half and again.reduction == "sum"
    with pytest.raises(ValueError, match="unknown class 'Half'"):
        losses.deserialize(config)


def test_a_wrapped_function_gets_its_keywords():
    def power(y_true, y_pred, exponent):
        return np.mean(np.abs(y_true - y_pred) ** exponent, axis=-1)

    loss = LossFunctionWrapper(power, exponent=3)
    assert float(loss([[0.0]], [[2.0]])) == 8.0
    assert loss.get_config()["exponent"] == 3


def test_sparse_labels_stay_integers_for_functions():
    def picked(y_true, y_pred):
        return -np.log(y_pred[np.arange(len(y_true)), y_true])

    loss = losses.get(picked)
    expected = losses.sparse_categorical_crossentropy([0, 1], np.array([[0.2, 0.8], [0.4, 0.6]]))
    assert float(loss(np.array([0, 1]), np.array([[0.2, 0.8], [0.4, 0.6]]))) == pytest.approx(
        expected.mean()
    )


def test_a_subclass_without_call_says_so():
    class Forgotten(Loss):
        pass

    with pytest.raises(NotImplementedError, match="Forgotten must define call"):
        Forgotten()(Y_TRUE, Y_PRED)
    assert Forgotten().name == "forgotten"


def test_align_checks_once_and_matches_the_outputs_shape():
    y = losses.MeanSquaredError().align(np.zeros(5), (5, 1))
    assert y.shape == (5, 1)
    assert losses.SparseCategoricalCrossentropy().align(np.zeros((5, 1), int), (5, 3)).shape == (5,)
    with pytest.raises(ValueError, match=r"expected labels in \[0, 3\)"):
        losses.SparseCategoricalCrossentropy().align(np.full(5, 3), (5, 3))


def test_an_empty_batch_costs_nothing():
    assert float(losses.MeanSquaredError()(np.zeros((0, 2)), np.zeros((0, 2)))) == 0.0
