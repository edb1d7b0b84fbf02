"""Normalization layers: moving averages, freezing, masks, axes, and what they refuse."""

import numpy as np
import pytest

import minikeras
from minikeras.layers import Dense, Embedding, Flatten
from minikeras.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    SpectralNormalization,
    UnitNormalization,
)


def test_training_normalizes_with_the_batch_and_moves_the_averages():
    layer = BatchNormalization(momentum=0.9, epsilon=0.0)
    x = np.array([[1.0, 10.0], [5.0, 30.0]])
    np.testing.assert_allclose(layer(x, training=True), [[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_allclose(layer.moving_mean.value, [0.3, 2.0], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.value, [0.9 + 0.4, 0.9 + 10.0], rtol=1e-6)


def test_inference_normalizes_with_the_averages_and_leaves_them(rng):
    layer = BatchNormalization(epsilon=0.0)
    layer.build((None, 2))
    layer.set_weights([[2.0, 1.0], [0.5, 0.0], [1.0, 3.0], [4.0, 0.25]])
    np.testing.assert_allclose(layer(np.array([[5.0, 3.0]])), [[4.5, 0.0]])
    np.testing.assert_array_equal(layer.moving_mean.value, [1.0, 3.0])
    assert [weight.name for weight in layer.weights] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]
    assert len(layer.trainable_variables) == 2


def test_many_batches_lead_the_averages_to_the_moments(rng):
    layer = BatchNormalization(momentum=0.9)
    for _ in range(150):
        layer(rng.normal(3.0, 2.0, (256, 1)), training=True)
    np.testing.assert_allclose(layer.moving_mean.value, [3.0], atol=0.15)
    np.testing.assert_allclose(layer.moving_variance.value, [4.0], atol=0.4)


def test_a_frozen_layer_works_as_at_inference(rng):
    layer = BatchNormalization()
    x = rng.standard_normal((8, 3)) + 4.0
    layer(x, training=True)
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    for weight, kept in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(weight, kept)


def test_a_model_with_batch_normalization_learns(rng):
    x = rng.standard_normal((256, 4)) * [1.0, 10.0, 100.0, 0.1] + [0.0, 50.0, -20.0, 3.0]
    y = (x[:, 1] > 50.0).astype("float32")
    model = minikeras.Sequential(
        [
            BatchNormalization(momentum=0.9),
            minikeras.layers.Dense(8, "relu"),
            minikeras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    history = model.fit(x, y, epochs=30, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]
    assert model.evaluate(x, y, verbose=0) < 0.3 * history[0]


def test_an_empty_batch_leaves_the_averages():
    layer = BatchNormalization()
    assert layer(np.zeros((0, 3)), training=True).shape == (0, 3)
    np.testing.assert_array_equal(layer.moving_variance.value, np.ones(3))


def test_what_a_mask_leaves_out_is_not_averaged():
    layer = BatchNormalization(momentum=0.0, epsilon=0.0)
    x = np.array([[[1.0], [3.0], [np.nan]]])
    y = layer(x, training=True, mask=np.array([[True, True, False]]))
    np.testing.assert_allclose(layer.moving_mean.value, [2.0], rtol=1e-6)
    np.testing.assert_allclose(y[0, :2, 0], [-1.0, 1.0], rtol=1e-5)


def test_a_mask_of_the_wrong_shape_is_named():
    with pytest.raises(ValueError, match="expected a mask with one axis less"):
        BatchNormalization(name="bn")(np.ones((2, 3)), training=True, mask=np.ones((2, 3), bool))


def test_renormalization_pulls_towards_the_averages():
    layer = BatchNormalization(renorm=True, epsilon=0.0)
    x = np.array([[1.0], [5.0]])  # mean 3, deviation 2; the averages start at 0 and 1
    np.testing.assert_allclose(layer(x, training=True), x, rtol=1e-6)
    clipped = BatchNormalization(renorm=True, epsilon=0.0, renorm_clipping={"rmax": 1, "dmax": 0})
    np.testing.assert_allclose(clipped(x, training=True), [[-1.0], [1.0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (LayerNormalization([1, 2]), [(3, 4), (3, 4)]),
        (LayerNormalization([2, 1], center=False), [(3, 4)]),
        (LayerNormalization(scale=False), [(5,)]),
        (RMSNormalization([-1, 1]), [(3, 5)]),
        (GroupNormalization(5), [(5,), (5,)]),
        (BatchNormalization(1, center=False), [(3,), (3,), (3,)]),
        (UnitNormalization([1, 2]), []),
    ],
)
def test_weights_have_the_lengths_along_the_axes(layer, shapes, rng):
    x = rng.standard_normal((2, 3, 4, 5))
    assert layer(x).shape == x.shape
    assert layer.compute_output_shape((None, 3, 4, 5)) == (None, 3, 4, 5)
    assert [weight.shape for weight in layer.weights] == shapes


def test_outdated_rms_scaling_divides_by_the_deviation():
    with pytest.warns(UserWarning, match="use RMSNormalization"):
        layer = LayerNormalization(epsilon=0.0, rms_scaling=True)
    np.testing.assert_allclose(layer(np.array([[1.0, 3.0]])), [[1.0, 3.0]])
    assert [weight.name for weight in layer.weights] == ["gamma"]


def test_integers_become_floats():
    x = np.array([[1, 3], [10, 30]])
    for layer in (BatchNormalization(), LayerNormalization(), RMSNormalization()):
        assert layer(x).dtype == "float32"
    assert GroupNormalization(1)(x).dtype == UnitNormalization()(x).dtype == "float32"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchNormalization(axis=1.5), TypeError, "axis must be an integer, got 1.5"),
        (lambda: BatchNormalization(momentum=2), ValueError, "momentum must be a number in"),
        (lambda: BatchNormalization(gamma_initializer="onez"), ValueError, "did you mean 'one"),
        (lambda: BatchNormalization(renorm_clipping={"rmix": 1}), ValueError, "rmin|rmax"),
        (lambda: LayerNormalization("last"), TypeError, "axis must be an integer or a list"),
        (lambda: LayerNormalization(epsilon=-1), ValueError, "epsilon must be"),
        (lambda: GroupNormalization(0), ValueError, "groups .* at least 1, got 0"),
        (lambda: GroupNormalization(2.5), TypeError, "groups .* got 2.5"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (BatchNormalization(3, name="n"), "'n' expected an input that has an axis 3, got shape"),
        (LayerNormalization([1, 5], name="n"), "'n' expected an input that has an axis 5"),
        (LayerNormalization([1, -1], name="n"), "'n' expected different axes"),
        (UnitNormalization(2, name="n"), "'n' expected an input that has an axis 2"),
        (GroupNormalization(4, name="n"), "'n' expected a number of channels that 4 groups divide"),
        (GroupNormalization(1, axis=0, name="n"), "'n' expected the axis of the channels"),
    ],
)
def test_inputs_that_do_not_fit_are_named(layer, message):
    with pytest.raises(ValueError, match=message):
        layer(np.ones((2, 6)))


@pytest.mark.parametrize(
    "layer",
    [BatchNormalization(), LayerNormalization(), RMSNormalization(), GroupNormalization(3)],
)
def test_another_number_of_channels_is_named(layer):
    layer(np.ones((2, 6)))
    with pytest.raises(ValueError, match="got .*input of shape.*make a new layer"):
        layer(np.ones((2, 9)))


def test_training_divides_the_kernel_by_its_largest_singular_value(rng):
    layer = SpectralNormalization(Dense(4, use_bias=False), power_iterations=100)
    x = rng.standard_normal((3, 6)).astype("float32")
    before = layer(x)
    kernel = layer.kernel.numpy()
    largest = np.linalg.norm(kernel, 2)
    np.testing.assert_allclose(layer(x, training=True), before / largest, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(layer.layer.kernel.value, kernel / largest, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(layer.vector_u.value), 1.0, rtol=1e-5)
    assert [weight.name for weight in layer.weights] == ["kernel", "vector_u"]


def test_one_power_iteration_at_each_call_is_enough_in_the_end(rng):
    layer = SpectralNormalization(Dense(3))
    for _ in range(100):
        layer(np.ones((1, 5)), training=True)
    np.testing.assert_allclose(np.linalg.norm(layer.kernel.value, 2), 1.0, rtol=1e-4)


def test_a_kernel_of_zeros_stays():
    layer = SpectralNormalization(Dense(3, kernel_initializer="zeros"))
    np.testing.assert_array_equal(layer(np.ones((1, 5)), training=True), np.zeros((1, 3)))


def test_a_layer_without_kernel_is_named():
    with pytest.raises(ValueError, match="'s' expected a layer that has a kernel or embeddings"):
        SpectralNormalization(Flatten(), name="s")(np.ones((1, 5)))
    with pytest.raises(TypeError, match="expected layer to be a layer"):
        SpectralNormalization("dense")
    with pytest.raises(ValueError, match="power_iterations must be"):
        SpectralNormalization(Dense(2), 0)


def test_the_table_of_an_embedding_is_divided():
    layer = SpectralNormalization(Embedding(6, 3), power_iterations=50)
    y = layer(np.array([[0, 5]]), training=True)
    assert y.dtype == "float32"
    np.testing.assert_allclose(np.linalg.norm(layer.layer.embeddings.value, 2), 1.0, rtol=1e-4)


def test_a_frozen_layer_inside_stays_frozen():
    layer = SpectralNormalization(Dense(3, trainable=False))
    layer(np.ones((1, 5)))
    assert layer.trainable_variables == []
    assert len(layer.weights) == 3
