"""Contract cases of the convolution layers; see ``tests/testing/test_contracts.py``."""

from minikeras.layers.convolution import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)

SEQUENCE = {"input_shape": (5, 2)}
IMAGE = {"input_shape": (4, 5, 2)}
VOLUME = {"input_shape": (3, 3, 4, 2)}

LAYERS = {
    "Conv1D": [
        (Conv1D(3, 2), SEQUENCE),
        (Conv1D(2, 3, padding="causal", dilation_rate=2, activation="tanh"), SEQUENCE),
        (Conv1D(4, 2, padding="same", groups=2, bias_initializer="ones"), SEQUENCE),
    ],
    "Conv1DTranspose": [
        (Conv1DTranspose(3, 3, strides=2), SEQUENCE),
        (Conv1DTranspose(2, 2, 3, "same", output_padding=1, activation="sigmoid"), SEQUENCE),
    ],
    "Conv2D": [
        (Conv2D(3, 2, activation="tanh", bias_initializer="ones"), IMAGE),
        (Conv2D(2, (3, 1), strides=2, padding="same", use_bias=False), IMAGE),
        (Conv2D(3, 1, strides=(2, 1)), IMAGE),
        (Conv2D(3, 2, data_format="channels_first"), {"input_shape": (2, 4, 4)}),
        (Conv2D(2, 2, kernel_regularizer="l2", kernel_constraint="max_norm"), IMAGE),
        (Conv2D(5, 2), {"input_shape": (3, 3, 5)}),  # many channels go another way
    ],
    "Conv2DTranspose": [
        (Conv2DTranspose(2, 3, strides=2, padding="same", activation="tanh"), IMAGE),
        (Conv2DTranspose(5, 2, dilation_rate=2, bias_initializer="ones"), IMAGE),
        (Conv2DTranspose(2, 2, data_format="channels_first"), {"input_shape": (2, 3, 4)}),
    ],
    "Conv3D": [(Conv3D(2, 2, activation="softmax"), VOLUME), (Conv3D(2, 3, 2, "same"), VOLUME)],
    "Conv3DTranspose": [(Conv3DTranspose(2, (1, 2, 2), strides=(1, 2, 1)), VOLUME)],
    "DepthwiseConv1D": [(DepthwiseConv1D(2, depth_multiplier=2, activation="tanh"), SEQUENCE)],
    "DepthwiseConv2D": [
        (DepthwiseConv2D(2, strides=2, padding="same"), IMAGE),
        (DepthwiseConv2D(2, data_format="channels_first"), {"input_shape": (2, 3, 4)}),
    ],
    "SeparableConv1D": [(SeparableConv1D(3, 2, padding="same", activation="tanh"), SEQUENCE)],
    "SeparableConv2D": [(SeparableConv2D(3, 2, depth_multiplier=2), IMAGE)],
}
