"""The base class: names, weights, members, calls, losses, shapes and configuration."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minikeras import GradientTape, Input, Sequential, Variable, config
from minikeras.layers import Dense, Dropout, Flatten, Identity, Layer, Reshape
from minikeras.layers.inference import observe_shapes
from minikeras.registry import deserialize, register, serialize


class Scale(Layer):
    """One factor per feature, in plain NumPy."""

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def forward(self, x):
        return x * self.factor


@register("layer")
class KerasStyle(Layer):
    """Written as Keras code is: ``call``, ``super().build``, ``get_config``."""

    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="ones", trainable=True, name="w"
        )
        super().build(input_shape)

    def call(self, inputs, training=False):
        return inputs @ self.w * (2.0 if training else 1.0)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


# Names.


def test_automatic_names_count_up_from_the_snake_case_of_the_class():
    assert [Dense(1).name, Dense(1).name, Dense(1).name] == ["dense", "dense_1", "dense_2"]
    assert [KerasStyle().name, Flatten().name, Flatten().name] == [
        "keras_style",
        "flatten",
        "flatten_1",
    ]


def test_a_given_name_does_not_count():
    assert [Dense(1, name="dense").name, Dense(1).name] == ["dense", "dense"]


@pytest.mark.parametrize("name", ["a/b", 5])
def test_a_name_must_be_a_string_without_slash(name):
    with pytest.raises(ValueError, match=rf"Dense expected name .*without '/'.*got {name!r}"):
        Dense(1, name=name)


def test_an_unknown_keyword_is_answered_with_the_closest_one():
    with pytest.raises(TypeError, match="Dense got an unknown argument 'activaton'; did you mean"):
        Dense(1, activaton="relu")


# Weights and members.


def test_own_weights_come_first_then_those_of_inner_layers_in_order_of_assignment():
    class Outer(Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.first = Dense(2, name="first")
            self.blocks = [Dense(3, name="in_list"), {"deep": (Dense(4, name="in_dict"),)}]
            self.more = {"x": Dense(5, name="x")}

        def build(self, input_shape):
            self.count = self.add_weight((), "zeros", trainable=False, name="count")
            self.gain = self.add_weight((), "ones", name="gain")

        def forward(self, x):
            x = self.blocks[0](self.first(x))
            return self.gain * self.more["x"](self.blocks[1]["deep"][0](x))

    layer = Outer()
    layer(np.ones((1, 2)))
    assert [w.path for w in layer.weights] == [
        "outer/gain",
        "outer/count",
        "first/kernel",
        "first/bias",
        "in_list/kernel",
        "in_list/bias",
        "in_dict/kernel",
        "in_dict/bias",
        "x/kernel",
        "x/bias",
    ]
    assert len(layer.trainable_variables) == 9
    assert [w.path for w in layer.non_trainable_weights] == ["outer/count"]


def test_a_shared_layer_counts_once():
    class Twice(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Dense(2)
            self.same = [self.inner, self.inner]

        def forward(self, x):
            return self.same[1](self.same[0](x))

    layer = Twice()
    layer(np.ones((1, 2)))
    assert len(layer.weights) == 2
    assert layer.count_params() == 6


def test_a_variable_in_an_attribute_is_a_weight():
    class Shift(Layer):
        def __init__(self):
            super().__init__(name="shift")
            self.by = Variable([1.0, 2.0], name="by")

        def forward(self, x):
            return x + self.by

    layer = Shift()
    np.testing.assert_array_equal(layer(np.zeros((1, 2))), [[1.0, 2.0]])
    assert [w.path for w in layer.trainable_weights] == ["shift/by"]


def test_trainable_false_reaches_inner_layers_and_back():
    model = Sequential([Dense(2), Sequential([Dense(3), Dense(1)])])
    model.build((None, 4))
    model.layers[1].trainable = False
    assert len(model.trainable_variables) == 2
    assert len(model.non_trainable_variables) == 4
    model.trainable = True
    assert len(model.trainable_variables) == 6
    model.trainable = False
    assert model.trainable_variables == []
    assert not model.layers[1].layers[0].trainable


def test_set_weights_takes_what_get_weights_gives():
    a, b = Dense(3), Dense(3, kernel_initializer="zeros")
    x = np.ones((2, 2))
    a(x), b(x)
    b.set_weights(a.get_weights())
    np.testing.assert_array_equal(a(x), b(x))


def test_get_weights_gives_copies():
    layer = Dense(1, kernel_initializer="ones")
    layer.build((None, 1))
    layer.get_weights()[0][...] = 5.0
    assert layer.kernel.numpy() == 1.0


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([np.zeros((2, 3))], ValueError, "Dense 'd' expected 2 weight arrays, got 1"),
        (
            [np.zeros((2, 3)), np.zeros(4)],
            ValueError,
            r"'d/bias' expected shape \(3,\), got \(4,\)",
        ),
        (
            [np.zeros((2, 3)), ["a", "b", "c"]],
            TypeError,
            "'d/bias' expected numbers, got dtype <U1",
        ),
        (
            [np.zeros((2, 3)), np.zeros(3, complex)],
            TypeError,
            "expected numbers, got dtype complex",
        ),
    ],
)
def test_weights_that_do_not_fit_replace_nothing(weights, error, message):
    layer = Dense(3, name="d", kernel_initializer="ones")
    layer.build((None, 2))
    before = layer.get_weights()
    with pytest.raises(error, match=message):
        layer.set_weights(weights)
    for a, b in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_count_params_needs_weights():
    with pytest.raises(ValueError, match="Dense 'd' has no weights yet; build it first"):
        Dense(2, name="d").count_params()


def test_add_weight_has_the_defaults_of_keras():
    layer = Layer()
    weight = layer.add_weight((2, 3))
    assert weight.trainable and weight.dtype == "float32" and weight.name == "variable_0"
    assert np.abs(weight.numpy()).max() <= np.sqrt(6.0 / 5.0)  # glorot_uniform
    assert layer.add_weight((2,), dtype="int32").numpy().tolist() == [0, 0]
    assert layer.add_weight().shape == ()


def test_a_weight_of_unknown_length_is_refused():
    with pytest.raises(ValueError, match=r"expected known lengths, got shape \(None, 3\)"):
        Dense(3).build((None, None))


def test_forgetting_the_base_constructor_is_told():
    class Forgetful(Layer):
        def __init__(self):
            pass

        def forward(self, x):
            return x

    with pytest.raises(RuntimeError, match=r"Forgetful.__init__ must call super\(\).__init__"):
        Forgetful()(np.ones((1, 1)))


def test_a_layer_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="defines no forward"):
        Layer()(np.ones((1, 1)))


# Building.


def test_build_called_by_the_user_is_not_repeated_by_the_call():
    layer = Scale()
    layer.build((None, 2))
    assert layer.built
    factor = layer.factor
    layer(np.ones((1, 2)))
    assert layer.factor is factor and len(layer.weights) == 1


def test_a_failed_build_leaves_the_layer_as_it_was():
    class Late(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((2,), name="w")
            if input_shape[-1] != 3:
                raise ValueError("three wanted")

        def forward(self, x):
            return x

    layer = Late(name="late")
    with pytest.raises(ValueError, match="three wanted") as caught:
        layer(np.ones((1, 2)))
    assert caught.value.__notes__ == ["in build of Late 'late', input (None, 2)"]
    assert not layer.built and layer.weights == []
    layer(np.ones((1, 3)))
    assert layer.built and len(layer.weights) == 1


def test_a_failed_build_leaves_inner_layers_as_they_were():
    model = Sequential([Dense(5), Reshape((3,))])
    with pytest.raises(ValueError, match="Reshape"):
        model(np.ones((1, 4)))
    assert not model.layers[0].built and model.weights == []
    model.layers[1].target_shape = (5,)
    assert model(np.ones((1, 7))).shape == (1, 5)


# Calls.


def test_keras_style_layers_compute_and_get_training():
    layer = KerasStyle(3)
    x = np.ones((2, 4))
    np.testing.assert_array_equal(layer(x), np.full((2, 3), 4.0))
    np.testing.assert_array_equal(layer(x, training=True), np.full((2, 3), 8.0))


def test_training_is_inherited_from_the_enclosing_call():
    model = Sequential([Identity(), Sequential([KerasStyle(1)])])
    x = np.ones((1, 1))
    assert model(x) == 1.0
    assert model(x, training=True) == 2.0
    assert model(x) == 1.0  # nothing stays behind


def test_an_inner_call_may_overrule_training():
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = KerasStyle(1)

        def forward(self, x):
            return self.inner(x, training=False)

    assert Outer()(np.ones((1, 1)), training=True) == 1.0


class Told(Layer):
    """Says what it was told."""

    def forward(self, x, training=None):
        self.training = training
        return x


@pytest.mark.parametrize("default", [True, False, None])
def test_where_nobody_says_training_is_the_default_of_the_signature_also_inside(default):
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Told()

        def call(self, x, training=default):
            self.training = training
            return self.inner(x)

    layer, beside, x = Outer(), Told(), np.ones((2, 3), "float32")
    model = Sequential([Input((3,)), layer, beside])
    for _ in range(2):  # the second call leaves checks out
        model(x)
        assert layer.training is layer.inner.training is default
        assert beside.training is None
    for said in (True, False):
        model(x, training=said)
        assert layer.training is layer.inner.training is beside.training is said
    model.predict(x, verbose=0)
    assert layer.training is layer.inner.training is beside.training is False


def test_training_without_a_default_is_false():
    class Needs(Layer):
        def call(self, x, training):
            return x * (2.0 if training else 1.0)

    np.testing.assert_array_equal(Needs()(np.ones(2)), [1.0, 1.0])
    np.testing.assert_array_equal(Needs()(np.ones(2), True), [2.0, 2.0])


def test_training_is_restored_after_an_exception():
    class Fails(Layer):
        def forward(self, x, training=False):
            if training:
                raise KeyError("inside")
            return x

    layer = Fails(name="f")
    with pytest.raises(KeyError) as caught:
        layer(np.ones((2, 3)), training=True)
    assert caught.value.__notes__ == ["in Fails 'f', called on shape (None, 3)"]
    assert layer(np.ones((2, 3))).shape == (2, 3)


def test_further_arguments_reach_forward():
    class Add(Layer):
        def forward(self, x, other, factor=1.0):
            return x + factor * other

    np.testing.assert_array_equal(Add()(np.ones(2), np.ones(2), factor=3.0), [4.0, 4.0])


def test_the_input_may_be_given_by_name():
    assert KerasStyle(2)(inputs=np.ones((1, 3))).shape == (1, 2)
    assert Dense(2)(x=np.ones((1, 3)), training=True).shape == (1, 2)


def test_layers_take_lists_and_dicts_of_arrays():
    class Sum(Layer):
        def forward(self, parts):
            return sum(parts.values()) if isinstance(parts, dict) else sum(parts)

    x = np.ones((2, 3))
    assert Sum()([x, x]).dtype == "float32"
    np.testing.assert_array_equal(Sum()({"a": x, "b": x}), np.full((2, 3), 2.0))


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", ">f4", "int64", "uint8", "bool"]
)
def test_a_layer_computes_in_its_own_dtype(dtype):
    x = np.array([[1, 0], [1, 1]]).astype(dtype)
    y = Dense(1, kernel_initializer="ones")(x)
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, [[1.0], [2.0]])


def test_a_layer_may_have_another_dtype():
    layer = Dense(1, dtype="float64")
    assert layer(np.ones((1, 2), "float32")).dtype == "float64"
    assert layer.kernel.dtype == "float64"
    config.set_floatx("float64")
    assert Dense(1)(np.ones((1, 2), "float32")).dtype == "float64"


@pytest.mark.parametrize("x", [[["a"]], np.array([[1j]]), np.array([[None]])])
def test_what_is_not_real_numbers_is_refused_by_name(x):
    with pytest.raises(TypeError, match="expected an array of real numbers, got dtype") as caught:
        Dense(1, name="d")(x)
    assert caught.value.__notes__[-1] == "in Dense 'd'"


def test_super_call_reaches_the_forward_of_the_base():
    class Doubled(Dense):
        def call(self, x):
            return 2.0 * super().call(x)

    assert Doubled(1, kernel_initializer="ones")(np.ones((1, 3))) == 6.0


@given(
    hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=4),
    st.sampled_from(["float32", "float64"]),
)
def test_input_is_never_written_to(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    before = x.copy()
    x.flags.writeable = False
    Sequential([Dense(2, activation="relu"), Dropout(0.5), Flatten()])(x, training=True)
    np.testing.assert_array_equal(x, before)


# Losses of a layer's own.


class AddsLoss(Layer):
    def forward(self, x):
        self.add_loss(np.mean(x))
        return x


def test_added_losses_are_those_of_the_last_call():
    model = Sequential([Identity(), AddsLoss()])
    model(np.full((2, 2), 1.0))
    model(np.full((2, 2), 3.0))
    assert [float(loss) for loss in model.losses] == [3.0]


def test_the_first_call_adds_its_loss_once_although_it_builds():
    model = Sequential([Dense(1, activity_regularizer="l2", bias_initializer="ones"), AddsLoss()])
    model(np.ones((2, 3)))
    assert len(model.losses) == 2


def test_looking_for_shapes_adds_no_loss():
    model = Sequential([AddsLoss()])
    model(np.ones((2, 2)))
    observe_shapes(model, (None, 5))
    model.compute_output_shape((None, 2))
    assert [float(loss) for loss in model.losses] == [1.0]


def test_losses_hold_regularizers_of_trainable_weights():
    layer = Dense(1, kernel_initializer="ones", kernel_regularizer="l2", bias_regularizer="l1")
    layer(np.ones((1, 3)))
    assert [round(float(loss), 6) for loss in layer.losses] == [0.03, 0.0]
    layer.trainable = False
    assert layer.losses == []


def test_the_activity_regularizer_is_divided_by_the_batch_size():
    layer = Dense(1, kernel_initializer="ones", activity_regularizer="l2")
    layer(np.ones((4, 2)))
    np.testing.assert_allclose(layer.losses, [0.01 * 4 * 4.0 / 4], rtol=1e-6)


# Shapes.


@pytest.mark.parametrize(
    ("layer", "given_shape", "expected"),
    [
        (Dense(3), (None, 5), (None, 3)),
        (Dense(3), (None, None, 5), (None, None, 3)),
        (Flatten(), (None, 2, 3), (None, 6)),
        (Flatten(), (None, None, 3), (None, None)),
        (Scale(), (7, 4), (7, 4)),
    ],
)
def test_output_shape_is_found_by_running(layer, given_shape, expected):
    assert layer.compute_output_shape(given_shape) == expected


def test_output_shape_of_several_outputs_and_inputs():
    class Split(Layer):
        def forward(self, x):
            return {"sum": x[0] + x[1], "first": x[0][:, :1]}

    shape = Split().compute_output_shape([(None, 4), (None, 4)])
    assert shape == {"sum": (None, 4), "first": (None, 1)}


def test_a_layer_that_cannot_take_an_empty_batch_gets_one_sample():
    class Largest(Layer):
        def forward(self, x):
            return x / x.max()

    assert Largest().compute_output_shape((None, 4)) == (None, 4)


def test_looking_for_shapes_warns_of_nothing():
    class Mean(Layer):
        def forward(self, x):
            return np.mean(x) + x

    assert Mean().compute_output_shape((None, 4)) == (None, 4)


def test_looking_for_shapes_is_not_training_even_within_a_training_call():
    seen = []

    class Watch(Layer):
        def forward(self, x, training=False):
            seen.append((len(x), training))
            return x

    Sequential([Watch()])(np.ones((3, 2)), training=True)
    assert seen == [(0, False), (3, True)]


# Configuration, copies.


def test_config_rebuilds_a_keras_style_layer():
    layer = KerasStyle(5, name="k", trainable=False)
    again = KerasStyle.from_config(layer.get_config())
    assert (again.units, again.name, again.trainable) == (5, "k", False)
    assert deserialize(serialize(layer)).get_config() == layer.get_config()


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(Dense(3, "relu", name="d")) == "Dense(units=3, activation='relu', name='d')"


def test_copies_are_independent_and_leave_tapes_behind():
    model = Sequential([Dense(2), AddsLoss()])
    with GradientTape():
        model(np.ones((2, 2)), training=True)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(Sequential([Dense(2)])))):
        assert twin.losses == []
    twin = copy.deepcopy(model)
    twin.layers[0].kernel.assign(np.zeros((2, 2)))
    assert (model.layers[0].kernel.numpy() != 0.0).any()


def test_a_part_of_an_unknown_length_is_unknown():
    class Half(Layer):
        def forward(self, x):
            return x[:, : x.shape[1] // 2]

    class Positions(Layer):
        def forward(self, x):  # for ten steps at most
            return x + np.zeros((10, 1), "float32")[: x.shape[1]]

    assert Half()(Input((None, 3))).shape == (None, None, 3)
    assert Positions()(Input((None, 3))).shape == (None, None, 3)
