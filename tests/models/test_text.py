"""Models whose input is text or integers."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.layers import Dense, Embedding, GlobalAveragePooling1D, TextVectorization

TEXTS = np.array([["a b"], ["x"], ["b b"], ["a"]])


def of_text(functional):
    vectorize = TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    rest = [Embedding(4, 5), GlobalAveragePooling1D(), Dense(1)]
    if not functional:
        return Sequential([vectorize, *rest])
    x = texts = Input((1,), dtype="string")
    for layer in [vectorize, *rest]:
        x = layer(x)
    return Model(texts, x)


@pytest.mark.parametrize("functional", [False, True])
def test_a_model_takes_text_from_call_to_fit(functional):
    model = of_text(functional)
    assert model(TEXTS).shape == (4, 1)
    model.compile("adam", "mse")
    model.fit(TEXTS, np.arange(4.0), epochs=2, verbose=0)
    assert model.predict(TEXTS.astype(object), verbose=0).shape == (4, 1)
    assert np.isfinite(model.evaluate(TEXTS, np.arange(4.0), verbose=0))


def test_a_model_without_text_still_refuses_it():
    model = Sequential([Input((1,)), Dense(1)])
    with pytest.raises(TypeError, match="numbers"):
        model(TEXTS)
    with pytest.raises(TypeError, match="numbers"):
        model.predict(TEXTS)


def test_large_integers_reach_an_embedding_exactly():
    model = Sequential([Embedding(20_000_003, 1, embeddings_initializer="zeros")])
    model.build((None, 1))
    model.layers[0].embeddings.value[20_000_001] = 1.0
    assert model.predict(np.array([[20_000_001]]), verbose=0).item() == 1.0


class Seen(Dense):
    def forward(self, x):
        self.kind = x.dtype.kind
        return super().forward(x)


def test_a_layer_of_ones_own_gets_integers_as_they_are():
    layer = Seen(1)
    model = Sequential([layer])
    model.compile("sgd", "mse")
    model.fit(np.arange(8).reshape(4, 2), np.arange(4.0), verbose=0)
    assert layer.kind == "i"
