"""Convolution layers: weights, shapes, configuration, and what they refuse."""

import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Input, Sequential, activations, registry
from minikeras.layers import Flatten
from minikeras.layers.convolution import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    Convolution2D,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from minikeras.layers.pooling import MaxPooling1D, MaxPooling2D


def test_a_sobel_filter_finds_an_edge():
    image = np.zeros((1, 4, 6, 1), np.float32)
    image[:, :, 3:] = 1.0
    layer = Conv2D(1, 3, use_bias=False)
    layer.build(image.shape)
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    layer.set_weights([sobel.reshape(3, 3, 1, 1)])
    np.testing.assert_array_equal(layer(image)[0, :, :, 0], [[0, 4, 4, 0], [0, 4, 4, 0]])


def test_bias_and_activation_are_applied_to_each_channel():
    layer = Conv1D(2, 1, activation="relu", kernel_initializer="ones")
    x = np.array([[[1.0], [-3.0]]])
    layer.build(x.shape)
    layer.bias.assign([2.0, -0.5])
    np.testing.assert_array_equal(layer(x), [[[3.0, 0.5], [0.0, 0.0]]])


@pytest.mark.parametrize("activation", ["relu", activations.relu, "gelu", "softmax", np.tanh])
def test_any_activation_follows_the_convolution(activation, rng):
    x = rng.standard_normal((2, 5, 6, 3)).astype(np.float32)
    layer = Conv2D(4, 2, activation=activation)
    y = layer(x)
    plain = Conv2D(4, 2)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, activations.get(activation)(plain(x)), rtol=1e-6)


def test_the_activation_may_be_changed_afterwards():
    layer = Conv1D(1, 1, activation="relu", kernel_initializer="ones")
    x = np.array([[[-2.0]]])
    assert layer(x) == 0.0
    layer.activation = None
    assert layer(x) == -2.0
    layer.activation = activations.tanh
    assert layer(x) == np.tanh(np.float32(-2.0))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Conv2D(8, 3, strides=2), (None, 28, 28, 1), (None, 13, 13, 8)),
        (Conv2D(8, 3, strides=2, padding="same"), (None, None, 28, 1), (None, None, 14, 8)),
        (Conv1D(8, 3, padding="causal", strides=2), (4, 7, 2), (4, 4, 8)),
        (Conv3D(2, 2, data_format="channels_first"), (None, 1, 3, 4, None), (None, 2, 2, 3, None)),
        (Conv1DTranspose(8, 3, strides=2), (None, 5, 2), (None, 11, 8)),
        (Conv2DTranspose(8, 3, 2, "same"), (None, 5, None, 2), (None, 10, None, 8)),
        (Conv2DTranspose(8, 3, 2, "same", 1), (None, 5, 6, 2), (None, 10, 12, 8)),
        (Conv3DTranspose(1, 1, strides=2), (None, 2, 2, 2, 2), (None, 4, 4, 4, 1)),
        (DepthwiseConv1D(3, depth_multiplier=2), (None, 9, 4), (None, 7, 8)),
        (DepthwiseConv2D(3, data_format="channels_first"), (None, 4, 9, 9), (None, 4, 7, 7)),
        (SeparableConv1D(5, 3), (None, None, 4), (None, None, 5)),
        (SeparableConv2D(5, 3, padding="same"), (None, 9, 9, 4), (None, 9, 9, 5)),
    ],
    ids=lambda value: repr(value) if isinstance(value, minikeras.layers.Layer) else "",
)
def test_the_output_shape_is_known_beforehand(layer, shape, expected):
    assert layer.compute_output_shape(shape) == expected
    assert not layer.built
    known = tuple(10 if n is None else n for n in shape)
    y = layer(np.zeros(known))
    assert y.shape == layer.compute_output_shape(known)


def test_settings_are_kept_as_keras_writes_them():
    config = Conv2D(4, 3, (2, 1), "SAME", activation="relu").get_config()
    assert config["kernel_size"] == (3, 3)
    assert config["strides"] == (2, 1)
    assert config["padding"] == "same"
    assert config["data_format"] == "channels_last"
    assert config["dilation_rate"] == (1, 1)
    assert Conv2D.from_config(config).get_config() == config


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(Conv1D(4, 3, name="c")) == "Conv1D(filters=4, kernel_size=(3,), name='c')"
    assert "strides=(2, 2)" in repr(Conv2D(4, 3, 2))


def test_aliases_are_the_same_classes():
    assert Convolution2D is Conv2D
    assert isinstance(
        registry.get("layer", {"class_name": "Convolution1D", "config": {"filters": 1,
        "kernel_size": 2}}), Conv1D
    )  # fmt: skip


def test_the_default_data_format_is_the_configured_one():
    minikeras.config.set_image_data_format("channels_first")
    try:
        layer = Conv2D(4, 3)
    finally:
        minikeras.config.set_image_data_format("channels_last")
    assert layer(np.zeros((2, 3, 8, 9))).shape == (2, 4, 6, 7)
    assert "channels_first" in repr(layer)


def test_integer_images_are_taken(rng):
    images = rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    layer = Conv2D(4, 3)
    np.testing.assert_array_equal(layer(images), layer(images.astype(np.float32)))


def test_sequences_of_another_length_pass():
    layer = Conv1D(2, 3)
    assert layer(np.zeros((1, 5, 2))).shape == (1, 3, 2)
    assert layer(np.zeros((1, 9, 2))).shape == (1, 7, 2)


def test_a_frozen_layer_still_passes_gradients_on(rng):
    layer = Conv2D(2, 3, activation="relu")
    x = rng.standard_normal((2, 5, 5, 4)).astype(np.float32)
    layer(x)
    layer.trainable = False
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = layer(traced)
    assert tape.gradient(y, traced).shape == x.shape
    assert layer.trainable_variables == []


@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize("ties", [False, True])
def test_pooling_in_the_same_step_changes_nothing(activation, ties, rng):
    x = rng.standard_normal((3, 9, 8, 2))
    layer, pooling = Conv2D(4, 2, activation=activation, dtype="float64"), MaxPooling2D(2)
    layer.build(x.shape)
    weights = [rng.standard_normal(w.shape) for w in layer.weights]
    if ties:  # small integers: which of the equal ones has the gradient must be the same too
        x, weights = np.rint(x), [np.rint(w) for w in weights]
    layer.set_weights(weights)
    pooling.dtype = "float64"
    results = []
    for compute in (lambda v: pooling.forward(layer(v)), layer.fused_with(pooling).forward):
        with GradientTape() as tape:
            traced = tape.watch(x)
            y = compute(traced)
        sources = [traced, *layer.trainable_variables]
        dy = np.linspace(1.0, 2.0, y.size).reshape(y.shape)
        results.append([y.value, *tape.gradient(y, sources, dy)])
    for apart, together in zip(*results):
        np.testing.assert_allclose(together, apart, rtol=1e-12, atol=1e-12)


def test_pooling_in_the_same_step_falls_back_where_nothing_is_gained():
    layer, pooling = Conv2D(2, 3), MaxPooling2D(2)
    fused = layer.fused_with(pooling)
    layer(np.zeros((1, 8, 8, 1)))
    layer.activation = "gelu"
    assert fused.forward(np.zeros((1, 8, 8, 1), np.float32)).shape == (1, 3, 3, 2)


@pytest.mark.parametrize(
    ("layer", "pooling"),
    [
        (Conv2D(2, 3, activation="gelu"), MaxPooling2D(2)),
        (Conv2D(2, 3, groups=2), MaxPooling2D(2)),
        (Conv2D(2, 1), MaxPooling2D(2)),
        (Conv2D(2, 3, activity_regularizer="l2"), MaxPooling2D(2)),
        (Conv2D(2, 3), MaxPooling2D(3)),
        (Conv2D(2, 3), MaxPooling2D(2, strides=1)),
        (Conv2D(2, 3), MaxPooling2D(2, padding="same")),
        (Conv2D(2, 3), Flatten()),
        (Conv2D(2, 3, data_format="channels_first"), MaxPooling2D(2)),
    ],
)
def test_what_cannot_be_pooled_in_the_same_step_is_not(layer, pooling):
    assert layer.fused_with(pooling) is None


def test_pooling_in_the_same_step_cannot_be_differentiated_twice(rng):
    layer, pooling = Conv1D(2, 3), MaxPooling1D(2)
    x = rng.standard_normal((1, 8, 2)).astype(np.float32)
    layer(x)
    with GradientTape() as outer, GradientTape() as inner:
        traced = inner.watch(outer.watch(x))
        y = np.sum(layer.fused_with(pooling).forward(traced))
        with pytest.raises(TypeError, match="fused pooling"):
            inner.gradient(y, traced)


def test_a_small_network_learns_which_half_is_bright():
    minikeras.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.0, 0.3, (200, 6, 6, 1)).astype(np.float32)
    y = rng.integers(0, 2, 200)
    for image, label in zip(x, y):
        image[:, 3 * label : 3 * label + 3] += 0.4
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(4, 3, activation="relu"), Flatten(), minikeras.layers.Dense(2)]
    )
    loss = minikeras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(minikeras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=20, epochs=8, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.95


WRONG = [
    (lambda: Conv2D(0, 3), ValueError, "filters must be an integer of at least 1, got 0"),
    (lambda: Conv2D(4, 0), ValueError, "kernel_size must be an integer of at least 1"),
    (lambda: Conv2D(4, (3, 3, 3)), ValueError, r"kernel_size must be .* 2 of them, got \(3, 3, 3"),
    (lambda: Conv2D(4, 3, strides=0), ValueError, "strides must be"),
    (lambda: Conv2D(4, 3, padding="causal"), ValueError, "unknown padding 'causal'"),
    (lambda: Conv1D(4, 3, padding="casual"), ValueError, "did you mean 'causal'"),
    (lambda: Conv2D(4, 3, data_format="channel_last"), ValueError, "mean 'channels_last'"),
    (lambda: Conv2D(4, 3, activation="rellu"), ValueError, "did you mean 'relu'"),
    (lambda: Conv2D(4, 3, kernel_initializer="zeroes"), ValueError, "did you mean 'zeros'"),
    (lambda: Conv2D(4, 3, stride=2), TypeError, "unknown argument 'stride'; .*'strides'"),
    (
        lambda: Conv2D(6, 3, groups=4, name="c"),
        ValueError,
        "Conv2D 'c' expected filters to be a multiple of groups, got 6 filters in 4 groups",
    ),
    (
        lambda: Conv2D(4, 3, strides=2, dilation_rate=2, name="c"),
        ValueError,
        r"Conv2D 'c' expected strides or dilation_rate to be 1, got strides \(2, 2\)",
    ),
    (
        lambda: Conv2DTranspose(4, 3, strides=2, output_padding=2, name="c"),
        ValueError,
        r"'c' expected output_padding below strides \(2, 2\), got \(2, 2\)",
    ),
    (lambda: DepthwiseConv2D(3, depth_multiplier=0), ValueError, "depth_multiplier must be"),
]


@pytest.mark.parametrize(("make", "error", "message"), WRONG)
def test_a_bad_argument_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


LAYERS = [
    lambda: Conv2D(4, 3, name="c"),
    lambda: Conv2DTranspose(4, 3, name="c"),
    lambda: DepthwiseConv2D(3, name="c"),
    lambda: SeparableConv2D(4, 3, name="c"),
]


@pytest.mark.parametrize("make", LAYERS)
def test_a_missing_channel_axis_is_named(make):
    message = r"'c' expected an input of shape \(batch, height, width, channels\), got shape"
    with pytest.raises(ValueError, match=message):
        make()(np.zeros((2, 28, 28)))


@pytest.mark.parametrize("make", LAYERS)
def test_another_number_of_channels_is_named(make):
    layer = make()
    layer(np.zeros((2, 8, 8, 3)))
    with pytest.raises(ValueError, match=r"'c' expected 3 channels, got 1 \(input of shape"):
        layer(np.zeros((2, 8, 8, 1)))


@pytest.mark.parametrize("make", LAYERS)
def test_an_unknown_number_of_channels_is_named(make):
    with pytest.raises(ValueError, match="'c' expected a known number of channels"):
        make().build((None, 8, 8, None))


@pytest.mark.parametrize("make", [LAYERS[0], LAYERS[2], LAYERS[3]])
def test_an_image_smaller_than_the_kernel_is_named(make):
    message = r"'c' expected an input of at least \(3, 3\), the reach of its kernel, got \(2, 8\)"
    with pytest.raises(ValueError, match=message):
        make()(np.zeros((1, 2, 8, 1)))
    layer = make()
    layer(np.zeros((1, 8, 8, 1)))
    with pytest.raises(ValueError, match=message):
        layer(np.zeros((1, 2, 8, 1)))


def test_channels_that_groups_do_not_divide_are_named():
    with pytest.raises(ValueError, match="'c' expected channels in a multiple of 2, .* got 3"):
        Conv1D(4, 2, groups=2, name="c")(np.zeros((1, 5, 3)))


def test_a_transpose_that_leaves_nothing_is_named():
    layer = Conv1DTranspose(1, 2, strides=2, padding="same", output_padding=0, name="c")
    with pytest.raises(ValueError, match="'c' expected an input that leaves an output"):
        layer(np.zeros((1, 1, 1)))


def test_a_sequential_computes_convolution_and_pooling_as_one_to_the_same_numbers():
    def made():
        minikeras.set_random_seed(0)
        model = minikeras.Sequential(
            [
                minikeras.Input((9, 9, 2)),
                Conv2D(3, 3, activation="relu"),
                MaxPooling2D(),
                minikeras.layers.Flatten(),
                minikeras.layers.Dense(2),
            ]
        )
        model.compile("sgd", "mse")
        return model

    x = np.random.default_rng(0).standard_normal((6, 9, 9, 2)).astype("float32")
    y = x[:, 0, 0]
    fused, plain = made(), made()
    for layer in plain.layers:
        layer.fused_with = lambda following: None
    for model in (fused, plain):
        model.fit(x, y, epochs=3, batch_size=3, shuffle=False, verbose=0)
    assert len(fused._short_way._steps) == 3
    assert len(plain._short_way._steps) == 4
    np.testing.assert_allclose(fused.predict(x), plain.predict(x), rtol=1e-5, atol=1e-6)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
