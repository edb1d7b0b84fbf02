"""``check_layer`` finds what is wrong with broken layers: one defect each."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.autodiff import GradientTape, primitive
from minikeras.layers import Dense, Layer
from minikeras.random import SeedGenerator
from minikeras.testing import check_layer


class Right(Layer):
    """Nothing wrong: each layer below differs from it in one thing."""

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], 2), "glorot_uniform", name="kernel")

    def forward(self, x):
        return np.tanh(x @ self.kernel)


@primitive
def wrong_by_input(x, w):
    return x @ w, (lambda dy: 2.0 * (dy @ w.T), lambda dy: x.T @ dy)


@primitive
def wrong_by_weight(x, w):
    return x @ w, (lambda dy: dy @ w.T, lambda dy: x.T @ dy * 1.001)


@primitive
def writes_into_dy(x, w):
    def dw(dy):
        result = x.T @ dy
        dy *= 2.0
        return result

    return x @ w, (lambda dy: dy @ w.T, dw)


class WrongInputGradient(Right):
    def forward(self, x):
        return wrong_by_input(x, self.kernel)


class WrongWeightGradient(Right):
    def forward(self, x):
        return wrong_by_weight(x, self.kernel)


class LostGradient(Right):
    def forward(self, x):
        return x @ self.kernel.numpy()


class WrongGradientWhileTraining(Right):
    def forward(self, x, training=False):
        return wrong_by_weight(x, self.kernel) if training else x @ self.kernel


class WritesIntoInput(Right):
    def forward(self, x):
        if type(x) is np.ndarray:
            x *= 1.0
        return x @ self.kernel


class WritesIntoIncomingGradient(Right):
    def forward(self, x):
        return writes_into_dy(x, self.kernel)


class AlwaysFloat64(Right):
    def forward(self, x):
        return x @ self.kernel * np.float64(2.0)


class WrongShape(Right):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3)


class FailsOnEmptyBatch(Right):
    def forward(self, x):
        return x @ self.kernel + 0.0 * float(np.max(np.ones(len(x))))


class Restless(Right):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return x @ self.kernel + float(self.calls)


class NotFinite(Right):
    def forward(self, x):
        with np.errstate(all="ignore"):
            return np.log(x @ self.kernel * 0.0 - 1.0)


class MixesRows(Right):
    def forward(self, x):
        return x @ self.kernel + np.sum(x)


class ForgetsItsArgument(Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self._factor = factor

    @property
    def factor(self):
        return self._factor + 1.0

    def forward(self, x):
        return x * self._factor


class ConfigurationIsNoPlainData(Layer):
    def __init__(self, factor=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = np.ones(4) if factor is None else factor

    def forward(self, x):
        return x * 1.0


class HidesAWeight(Right):
    """What it adds is not among its weights, so that it is not saved."""

    def build(self, input_shape):
        super().build(input_shape)
        self.hidden = SeedGenerator().numpy.standard_normal(2)

    def forward(self, x):
        return x @ self.kernel + self.hidden.astype(x.dtype)


class HandsOutItsWeights(Right):
    def get_weights(self):
        return [variable.value for variable in self.weights]


class KeepsItsInput(Right):
    """Goes back with the input of its last call, whatever call it is that is gone back through."""

    def forward(self, x):
        @primitive
        def product(x, w):
            self.last = x
            return x @ w, (lambda dy: dy @ w.T, lambda dy: self.last.T @ dy)

        return product(x, self.kernel)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (WrongInputGradient, r"gradients are those of central differences.*by argument 0"),
        (WrongWeightGradient, r"gradients are those of central differences.*kernel"),
        (LostGradient, r"gradients are those of central differences.*kernel"),
        (WrongGradientWhileTraining, "central differences, while training"),
        (WritesIntoInput, "does not write into its input"),
        (WritesIntoIncomingGradient, "the gradient that comes in is not written into"),
        (AlwaysFloat64, "dtype in is dtype out.*expected dtype.*float32.*got.*float64"),
        (WrongShape, r"predicted shape is the real one.*expected shape \(3, 3\).*got \(3, 2\)"),
        (FailsOnEmptyBatch, "an empty batch passes.*raised ValueError"),
        (Restless, "the same input gives the same result"),
        (NotFinite, "output is finite.*nan"),
        (MixesRows, "row i depends on row i alone"),
        (ForgetsItsArgument, "configuration makes an equal object"),
        (ConfigurationIsNoPlainData, "configuration makes an equal object.*not plain data"),
        (HidesAWeight, "weights that are saved and loaded give equal bits"),
        (HandsOutItsWeights, "get_weights gives copies"),
        (KeepsItsInput, "called twice in one graph, the gradients add"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_layer_is_found(layer, message):
    with pytest.raises(
        AssertionError, match=f"(?s){layer.__name__} .* breaks the contract .*{message}"
    ):
        check_layer(layer)


def test_the_layer_they_differ_from_passes():
    check_layer(Right)


def test_a_layer_that_mixes_rows_on_purpose_passes():
    check_layer(MixesRows, rows_independent=False)


def test_the_layer_given_is_not_changed():
    layer = Dense(2)
    x = np.ones((1, 3), np.float32)
    before = layer(x)
    check_layer(layer, input_shape=(5,))
    assert np.array_equal(layer(x), before)


def test_several_inputs_and_outputs_are_checked():
    class Swap(Layer):
        def forward(self, inputs):
            a, b = inputs
            return [b * 2.0, a @ np.ones((3, 1), a.dtype)]

    check_layer(Swap, input_shape=[(3,), (2, 2)])


def test_integers_can_be_fed_in():
    class Lookup(Layer):
        def build(self, input_shape):
            self.table = self.add_weight((5, 2), "random_normal", name="table")

        def forward(self, x):
            return self.table[x.astype(np.int64)]

    check_layer(Lookup, inputs=np.array([[0, 1], [4, 4], [2, 0]]))


def test_a_random_layer_is_differentiated_with_its_noise_held_still():
    class Noisy(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.stream = SeedGenerator(1)

        def forward(self, x, training=False):
            if training:
                x = x * self.stream.numpy.random(x.shape).astype(x.dtype)
            return x**2

    check_layer(Noisy)


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match="expected a Layer"):
        check_layer(lambda: ops.relu)


def test_the_default_float_type_is_restored_after_a_failure():
    with pytest.raises(AssertionError):
        check_layer(WrongInputGradient)
    assert Dense(1).dtype == "float32"
    with GradientTape() as tape:
        assert tape.parent is None
