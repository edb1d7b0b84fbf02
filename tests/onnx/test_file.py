"""The file itself: names, words about it, its size, and what is left of it after a failure."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers
from minikeras.onnx import protobuf
from tests.onnx.support import check, exported, needs_runtime, normal, onnx

pytestmark = needs_runtime


def convnet(name="digits"):
    return Sequential(
        [
            Input((8, 8, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="features"),
            layers.Flatten(name="flat"),
            layers.Dense(3, "softmax", name="classes"),
        ],
        name=name,
    )


def test_nodes_are_named_after_layers(tmp_path):
    file, _ = exported(convnet(), tmp_path / "model.onnx")
    names = [node.name for node in file.graph.node]
    assert {name.split("/")[0] for name in names} == {"features", "flat", "classes"}
    assert {"features/Conv", "features/Relu", "classes/MatMul", "classes/Softmax"} <= set(names)
    assert len(set(names)) == len(names)
    assert {"features/kernel", "classes/kernel"} <= {t.name for t in file.graph.initializer}


def test_file_says_what_it_is(tmp_path):
    file, _ = exported(convnet(), tmp_path / "model.onnx")
    assert file.producer_name == "minikeras"
    assert file.doc_string.startswith("Sequential 'digits', 3 layers and 475 weights")
    assert file.graph.name == "digits"
    assert file.ir_version == 8
    assert [(one.domain, one.version) for one in file.opset_import] == [("", 17)]


def test_second_set_of_operators_is_named_only_where_it_is_used(tmp_path):
    x = Input((3,), dtype="int64")
    model = Model(x, layers.IntegerLookup(vocabulary=[1, 2])(x))
    file, _ = exported(model, tmp_path / "model.onnx")
    found = [(one.domain, one.version) for one in file.opset_import]
    assert found == [("", 17), ("ai.onnx.ml", 2)]


def test_weights_are_raw_bytes_and_batch_has_a_name(tmp_path):
    file, _ = exported(convnet(), tmp_path / "model.onnx")
    assert all(tensor.HasField("raw_data") for tensor in file.graph.initializer)
    for value in (*file.graph.input, *file.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def test_same_model_gives_the_same_bytes(tmp_path):
    model = convnet()
    model.export(tmp_path / "a.onnx")
    model.export(tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.mark.parametrize("opset", [13, 15, 17])
def test_older_sets_of_operators_hold_loops_and_masks_too(opset, tmp_path):
    tokens = Input((None,), dtype="int32")
    x = layers.Embedding(9, 3, mask_zero=True)(tokens)
    y = layers.LSTM(3, "gelu", return_sequences=True)(layers.GRU(3, return_sequences=True)(x))
    model = Model(tokens, layers.LayerNormalization()(y))
    file, _ = exported(model, tmp_path / "model.onnx", opset)
    assert file.opset_import[0].version == opset


def test_more_bytes_than_a_file_can_have_are_refused_at_the_layer(tmp_path, monkeypatch):
    monkeypatch.setattr(protobuf, "LARGEST", 300)
    model = convnet()
    with pytest.raises(ValueError, match=r"Dense 'classes': with it .* 300 \(2 GB\); save .*keras"):
        model.export(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_nodes_count_towards_the_size_too(tmp_path, monkeypatch):
    monkeypatch.setattr(protobuf, "LARGEST", 2000)
    with pytest.raises(ValueError, match=r"model 'digits': with it the file has 2,\d+ bytes"):
        convnet().export(tmp_path / "model.onnx")


def test_failure_leaves_the_file_before(tmp_path):
    path = tmp_path / "model.onnx"
    convnet().export(path)
    before = path.read_bytes()
    x = Input((3,), dtype="int64")
    with pytest.raises(ValueError, match="Hashing"):
        Model(x, layers.Hashing(3)(x)).export(path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["model.onnx"]


def test_overwrite_false_keeps_a_file(tmp_path):
    convnet().export(tmp_path / "model.onnx")
    with pytest.raises(FileExistsError):
        convnet().export(tmp_path / "model.onnx", overwrite=False)


def test_export_leaves_the_model_as_it_was(tmp_path):
    model = convnet()
    values = normal(3, 8, 8, 1)
    before = model.predict(values, verbose=0), [id(weight.value) for weight in model.weights]
    model.export(tmp_path / "model.onnx")
    np.testing.assert_array_equal(model.predict(values, verbose=0), before[0])
    assert [id(weight.value) for weight in model.weights] == before[1]


def test_models_inside_and_layers_twice(tmp_path):
    inner = Sequential([Input((4,)), layers.Dense(4, "tanh", name="shared")], name="inner")
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model({"a": a, "b": b}, {"sum": inner(a) + inner(b), "twice": inner(inner(a))})
    file = check(model, tmp_path / "model.onnx", [normal(5, 4), normal(5, 4, seed=1)])
    stored = [t.name for t in file.graph.initializer if t.name.endswith("kernel")]
    assert stored == ["inner/shared/kernel"]
    assert isinstance(onnx.load(tmp_path / "model.onnx"), onnx.ModelProto)
