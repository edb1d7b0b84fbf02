"""Dense layers in a row take a shorter way through a training step, to the same numbers."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential
from minikeras.layers import Activation, Dense, Layer
from minikeras.training import chain

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 5)).astype("float32")
LABELS = RNG.integers(3, size=40)


def model_of(*layers, loss="sparse_categorical_crossentropy", seed=0, **options):
    minikeras.set_random_seed(seed)
    model = Sequential([Input((5,)), *(make() for make in layers)])
    model.compile(minikeras.optimizers.Adam(0.01, **options), loss)
    return model


def trained(model, y, plan=True, monkeypatch=None, **options):
    if not plan:
        monkeypatch.setattr(chain, "plan", lambda model, inside: None)
    model.fit(X, y, epochs=3, batch_size=16, verbose=0, **options)
    assert (model._plan is not None) is plan
    return model


WAYS = {
    "softmax and labels": ((lambda: Dense(4, "relu"), lambda: Dense(3, "softmax")), LABELS, {}),
    "one layer": ((lambda: Dense(3, "softmax"),), LABELS, {}),
    "no activation": (
        (lambda: Dense(4, "tanh"), lambda: Dense(2, use_bias=False)),
        X[:, :2],
        {"loss": "mse"},
    ),
    "sigmoids": (
        (lambda: Dense(4, "sigmoid", use_bias=False), lambda: Dense(1, "sigmoid")),
        (X[:, :1] > 0).astype("float32"),
        {"loss": "binary_crossentropy"},
    ),
    "last activation not fused": (
        (lambda: Dense(4), lambda: Dense(2, "softplus")),
        X[:, :2],
        {"loss": "mae"},
    ),
    "regularizers": (
        (
            lambda: Dense(4, "relu", kernel_regularizer="l2"),
            lambda: Dense(2, bias_regularizer="l1"),
        ),
        X[:, :2],
        {"loss": "mse", "clipnorm": 0.5},
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_weights_are_those_that_the_tape_gives(way, monkeypatch):
    layers, y, options = WAYS[way]
    short = trained(model_of(*layers, **options), y)
    long = trained(model_of(*layers, **options), y, False, monkeypatch)
    for one, other in zip(short.get_weights(), long.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        short.history.history["loss"], long.history.history["loss"], rtol=1e-6
    )


def test_sample_weights_and_class_weights_count(monkeypatch):
    layers = WAYS["softmax and labels"][0]
    options = {"sample_weight": RNG.random(40)}
    short = trained(model_of(*layers), LABELS, **options)
    long = trained(model_of(*layers), LABELS, False, monkeypatch, **options)
    for one, other in zip(short.get_weights(), long.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


def test_a_loss_that_uses_the_weights_itself_is_differentiated_both_ways(monkeypatch):
    def both(plan):
        model = model_of(
            lambda: Dense(4, "relu"),
            lambda: Dense(2),
            loss=lambda y, p: np.mean((y - p) ** 2) + np.sum(model.layers[0].kernel ** 2),
        )
        return trained(model, X[:, :2], plan, monkeypatch).get_weights()

    for one, other in zip(both(True), both(False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


class Doubled(Dense):
    def forward(self, x):
        return 2.0 * super().forward(x)


class Named(Layer):
    def forward(self, x):
        return x


@pytest.mark.parametrize(
    "layers",
    [
        [lambda: Dense(3), lambda: Activation("softmax")],
        [lambda: Dense(3, "gelu"), lambda: Dense(3, "softmax")],
        [lambda: Doubled(3)],
        [lambda: Named(), lambda: Dense(3)],
        [lambda: Dense(3, activity_regularizer="l2")],
        [lambda: Dense(4, trainable=False), lambda: Dense(3)],
    ],
)
def test_models_with_more_than_dense_layers_take_the_tape(layers):
    model = model_of(*layers, loss="mse")
    model.fit(X, X[:, :3], verbose=0)
    assert model._plan is None
