"""Exported files: what is refused, and what is never harmed."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers
from minikeras.registry import register
from tests.export import examples

KINDS = ["model.onnx", "model.py"]


class Own(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def forward(self, x):
        return self.dense(x)


class Branching(layers.Layer):
    def forward(self, x):
        return x if x.sum() > 0.0 else -x


@pytest.mark.parametrize("name", KINDS)
def test_subclass_without_a_graph_is_refused_with_a_remedy(name, tmp_path):
    model = Own()
    model.build((None, 3))
    with pytest.raises(ValueError, match=r"Own 'own.*connect its layers with Input"):
        model.export(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", KINDS)
def test_model_that_is_not_built_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match="export needs a built model"):
        Sequential([layers.Dense(2)]).export(tmp_path / name)


@pytest.mark.parametrize("name", KINDS)
def test_layer_that_looks_at_its_numbers_is_named(name, tmp_path):
    x = Input((3,))
    model = Model(x, layers.Dense(2)(Branching(name="fork")(x)))
    (tmp_path / name).write_bytes(b"written by minikeras")
    with pytest.raises(ValueError, match=r"cannot hold Branching 'fork': its forward cannot be"):
        model.export(tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"written by minikeras"


@pytest.mark.parametrize("name", KINDS)
def test_looking_into_a_layer_of_the_user_leaves_no_trace(name, tmp_path):
    x = Input((4,))
    block = examples.Block()
    model = Model(x, block(x))
    before = [len(layer._nodes) for layer in block._flatten_layers()]
    weights = [id(weight) for weight in model.weights]
    model.export(tmp_path / name)
    assert [len(layer._nodes) for layer in block._flatten_layers()] == before
    assert [id(weight) for weight in model.weights] == weights


@pytest.mark.parametrize("name", KINDS)
def test_layer_changed_by_a_subclass_is_not_taken_for_the_original(name, tmp_path):
    class Twice(layers.Dense):
        def forward(self, x):
            return 2.0 * (x @ self.kernel)

    x = Input((3,))
    model = Model(x, Twice(2, name="twice")(x))
    model.export(tmp_path / name)
    if name.endswith(".py"):
        assert "twice/kernel" in (tmp_path / name).read_text()
        assert "2.0 *" in (tmp_path / name).read_text()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda x: layers.Dropout(0.5)(x, training=True), "Dropout 'dropout.*training=True"),
        (lambda x: layers.LSTM(2, stateful=True)(x), "LSTM 'lstm.*stateful"),
    ],
)
def test_what_cannot_be_kept_is_refused(name, make, reason, tmp_path):
    x = Input((3, 2), batch_size=2)
    with pytest.raises(ValueError, match=reason):
        Model(x, make(x)).export(tmp_path / name)


def test_text_is_refused_in_python(tmp_path):
    x = Input((), dtype="string")
    with pytest.raises(ValueError, match="is text"):
        Model(x, layers.StringLookup(vocabulary=["a"])(x)).export(tmp_path / "model.py")


@pytest.mark.parametrize("name", KINDS)
def test_overwrite_false_keeps_what_is_there(name, tmp_path):
    model, _ = examples.one_unit()
    model.export(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    other, _ = examples.dense_network()
    with pytest.raises(FileExistsError, match="exists"):
        other.export(tmp_path / name, overwrite=False)
    assert (tmp_path / name).read_bytes() == before
    other.export(tmp_path / name)
    assert (tmp_path / name).read_bytes() != before


def test_source_of_the_user_is_never_replaced(tmp_path):
    model, _ = examples.one_unit()
    (tmp_path / "train.py").write_text("print('my own work')")
    with pytest.raises(FileExistsError, match="not written by export"):
        model.export(tmp_path / "train.py")
    np.savez(tmp_path / "model.npz", measured=np.ones(3))
    with pytest.raises(FileExistsError, match="not written by export"):
        model.export(tmp_path / "model.py")
    assert not (tmp_path / "model.py").exists()
    assert (tmp_path / "train.py").read_text() == "print('my own work')"


def test_code_refuses_the_weights_of_another_model(tmp_path):
    one, _ = examples.one_unit()
    one.export(tmp_path / "model.py")
    other, _ = examples.dense_network()
    other.export(tmp_path / "other.py")
    (tmp_path / "other.npz").replace(tmp_path / "model.npz")
    code = compile((tmp_path / "model.py").read_text(), "model.py", "exec")
    with pytest.raises(ValueError, match="weights of another model"):
        exec(code, {"__file__": str(tmp_path / "model.py")})


@pytest.mark.parametrize("name", KINDS)
def test_same_model_gives_the_same_bytes(name, tmp_path):
    model, _ = examples.small_convnet()
    model.export(tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("model.[op]*")}
    model.export(tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("model.[op]*")} == before


def test_format_is_what_the_name_ends_with_or_what_is_told(tmp_path):
    model, _ = examples.one_unit()
    model.export(tmp_path / "net.bin", format="onnx")
    assert b"minikeras" in (tmp_path / "net.bin").read_bytes()[:20]
    with pytest.raises(ValueError, match="unknown exporter 'onx'; did you mean 'onnx'"):
        model.export(tmp_path / "net.onx")
    with pytest.raises(ValueError, match=r"ends with .onnx or .py"):
        model.export(tmp_path / "net")


def test_exporter_of_the_user_joins_the_others(tmp_path):
    @register("exporter", "names")
    def export_names(model, path):
        with open(path, "w") as file:
            file.write(" ".join(layer.name for layer in model.layers))

    model = Sequential([Input((2,)), layers.Dense(1, name="only")])
    model.export(tmp_path / "model.names")
    assert (tmp_path / "model.names").read_text() == "only"


@pytest.mark.parametrize("opset", [12, 18])
def test_opset_that_is_not_known_is_refused(opset, tmp_path):
    model, _ = examples.one_unit()
    with pytest.raises(ValueError, match=f"unknown opset {opset}"):
        model.export(tmp_path / "model.onnx", opset=opset)
