"""Event files, read by a parser of their own."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras.callbacks import CallbackList, TensorBoard
from minikeras.callbacks.tensorboard import messages
from minikeras.callbacks.tensorboard.records import crc32c
from minikeras.layers import Dense, Input
from minikeras.optimizers import SGD, Adam, MultiOptimizer, OptimizerMap
from minikeras.optimizers.schedules import ExponentialDecay

X = np.random.default_rng(0).standard_normal((20, 3))
Y = X[:, :1]


def slow_crc32c(data):
    """Division of polynomials over two elements, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def unmask(masked):
    rotated = (masked - 0xA282EAD8) % 2**32
    return (rotated << 15 | rotated >> 17) % 2**32


def records(path):
    data = path.read_bytes()
    while data:
        length, check = struct.unpack("<QI", data[:12])
        assert unmask(check) == slow_crc32c(data[:8])
        content, check = data[12 : 12 + length], struct.unpack("<I", data[12 + length :][:4])
        assert unmask(check[0]) == slow_crc32c(content)
        yield content
        data = data[16 + length :]


def varint(data):
    value = shift = 0
    for i, byte in enumerate(data):
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, data[i + 1 :]
    raise AssertionError("a number without end")


def fields(data):
    """Yield (number of the field, value) of a message."""
    while data:
        key, data = varint(data)
        if key & 7 == 0:
            value, data = varint(data)
        elif key & 7 == 1:
            value, data = struct.unpack("<d", data[:8])[0], data[8:]
        else:
            assert key & 7 == 2
            length, data = varint(data)
            value, data = data[:length], data[length:]
        yield key >> 3, value


def tensor(data):
    kind = dict(fields(data))[1]
    shape = [dict(fields(f))[1] for n, f in fields(dict(fields(data))[2]) if n == 2]
    if kind == 7:
        return [value for number, value in fields(data) if number == 8]
    return np.frombuffer(dict(fields(data))[4], {1: "<f4", 2: "<f8"}[kind]).reshape(shape)


def events(folder):
    """Return ``{tag: [(step, plugin, value)]}`` of all files in a folder."""
    found = {}
    for path in sorted(Path(folder).glob("events.out.tfevents.*")):
        first, *rest = records(path)
        assert dict(fields(first))[3] == b"brain.Event:2"
        for record in rest:
            event = dict(fields(record))
            value = dict(fields(dict(fields(event[5]))[1]))
            plugin = dict(fields(dict(fields(value[9]))[1]))[1].decode()
            entry = (event.get(2, 0), plugin, tensor(value[8]))
            found.setdefault(value[1].decode(), []).append(entry)
    return found


def train(folder, optimizer=None, layers=None, **options):
    minikeras.set_random_seed(0)
    model = minikeras.Sequential([Input((3,)), *(layers or [Dense(4), Dense(1)])])
    model.compile(optimizer or Adam(0.01), "mse", metrics=["mae"])
    history = model.fit(
        X,
        Y,
        validation_data=(X, Y),
        epochs=3,
        batch_size=5,
        verbose=0,
        callbacks=[TensorBoard(folder, **options)],
    )
    return model, history.history


def numbers(entries):
    assert all(plugin == "scalars" and value.shape == () for _, plugin, value in entries)
    return [step for step, _, _ in entries], [float(value) for _, _, value in entries]


def test_the_checksum_is_that_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(bytes(range(32))) == 0x46DD794E
    data = np.random.default_rng(0).bytes(1000)
    assert crc32c(data) == slow_crc32c(data)


def test_losses_and_metrics_of_epochs_are_written(tmp_path):
    _, history = train(tmp_path)
    found, validation = events(tmp_path / "train"), events(tmp_path / "validation")
    for name in ("loss", "mae"):
        for entries, key in ((found, name), (validation, f"val_{name}")):
            steps, values = numbers(entries[f"epoch_{name}"])
            assert steps == [0, 1, 2]
            np.testing.assert_array_equal(values, np.float32(history[key]))
    steps, values = numbers(validation["evaluation_loss_vs_iterations"])
    assert steps == [4, 8, 12] and values == [np.float32(v) for v in history["val_loss"]]
    assert not any(tag.startswith("batch_") for tag in found)


def test_the_learning_rate_is_written(tmp_path):
    train(tmp_path, SGD(ExponentialDecay(0.1, 4, 0.5)))
    _, values = numbers(events(tmp_path / "train")["epoch_learning_rate"])
    np.testing.assert_allclose(values, [0.05, 0.025, 0.0125], rtol=1e-6)


def test_each_of_several_optimizers_has_a_rate(tmp_path):
    train(tmp_path, MultiOptimizer(OptimizerMap(SGD(0.0625), {".*bias": Adam(0.25)})))
    found = events(tmp_path / "train")
    assert numbers(found["epoch_learning_rate_sgd"])[1] == [0.0625] * 3
    assert numbers(found["epoch_learning_rate_adam"])[1] == [0.25] * 3


@pytest.mark.parametrize(
    ("update_freq", "expected"), [("batch", list(range(1, 13))), (3, [3, 6, 9, 12])]
)
def test_metrics_of_batches_are_written_every_so_often(tmp_path, update_freq, expected):
    _, history = train(tmp_path, update_freq=update_freq)
    steps, values = numbers(events(tmp_path / "train")["batch_loss"])
    assert steps == expected
    assert values[-1] == np.float32(history["loss"][-1])


def test_steps_per_second_are_positive(tmp_path):
    train(tmp_path, update_freq=4, write_steps_per_second=True)
    found = events(tmp_path / "train")
    assert numbers(found["epoch_steps_per_second"])[0] == [0, 1, 2]
    assert min(numbers(found["batch_steps_per_second"])[1]) > 0


def test_batches_cost_nothing_when_epochs_are_written():
    listed = CallbackList([TensorBoard("logs")])
    listed.on_train_batch_end(0, lambda: pytest.fail("logs were computed"))


def test_distributions_of_weights_are_written(tmp_path):
    model, _ = train(tmp_path, histogram_freq=2)
    found = events(tmp_path / "train")
    for weight in model.weights:
        entries = found[f"{weight.path}/histogram"]
        assert [(step, plugin) for step, plugin, _ in entries] == [
            (0, "histograms"),
            (2, "histograms"),
        ]
        rows = entries[-1][2]
        value = weight.numpy().astype(float)
        assert rows[:, 2].sum() == value.size
        if value.size > 1:
            assert rows.shape == (30, 3)
            assert (rows[0, 0], rows[-1, 1]) == (value.min(), value.max())
            np.testing.assert_array_equal(rows[1:, 0], rows[:-1, 1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0, 2.0], [[1.5, 2.5, 2.0]]),
        ([np.nan, 1.0, np.inf], [[0.5, 1.5, 1.0]]),
        ([np.nan], np.zeros((0, 3))),
    ],
)
def test_odd_distributions_have_few_rows(values, expected):
    value = dict(fields(messages.histogram("w", np.array(values))))
    np.testing.assert_array_equal(tensor(value[8]), expected)


def decode(png):
    """Return the pixels of a grey PNG file."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    parts, data = {}, png[8:]
    while data:
        length, name = struct.unpack(">I4s", data[:8])
        parts[name] = data[8 : 8 + length]
        assert struct.unpack(">I", data[8 + length :][:4])[0] == zlib.crc32(data[4 : 8 + length])
        data = data[12 + length :]
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:]


def test_weights_are_written_as_pictures(tmp_path):
    model, _ = train(tmp_path, histogram_freq=1, write_images=True)
    found = events(tmp_path / "train")
    [width, height, png] = found["dense/kernel/image"][-1][2]
    kernel = model.weights[0].numpy()
    assert (int(width), int(height)) == (4, 3) and len(found["dense/kernel/image"]) == 3
    expected = np.rint((kernel - kernel.min()) / (kernel.max() - kernel.min()) * 255)
    np.testing.assert_allclose(decode(png), expected, atol=1)
    assert decode(found["dense/bias/image"][0][2][2]).shape == (1, 4)


def test_the_summary_is_written_as_a_text(tmp_path):
    train(tmp_path)
    [(step, plugin, [text])] = events(tmp_path / "train")["model"]
    assert (step, plugin) == (0, "text") and "dense_1" in text.decode()
    train(tmp_path / "other", write_graph=False)
    assert "model" not in events(tmp_path / "other" / "train")


def test_an_evaluation_is_written_too(tmp_path):
    model, _ = train(tmp_path / "a")
    logs = TensorBoard(tmp_path / "b")
    loss, _ = model.evaluate(X, Y, verbose=0, callbacks=[logs])
    model.evaluate(X, Y, verbose=0, callbacks=[logs])
    entries = events(tmp_path / "b" / "validation")["evaluation_loss_vs_iterations"]
    assert numbers(entries) == ([12, 12], [np.float32(loss)] * 2)
    assert not (tmp_path / "b" / "train").exists()


def test_an_infinite_or_huge_loss_is_written(tmp_path):
    for number in (np.inf, 1e300, -1e300):
        value = dict(fields(messages.scalar("loss", number)))
        assert float(tensor(value[8])) == np.copysign(np.inf, number)


class Embedding(minikeras.layers.Layer):
    """Stands for one, with a table of vectors."""

    def build(self, input_shape):
        self.embeddings = self.add_weight((5, 2), name="embeddings")

    def forward(self, x):
        return x


def test_embeddings_are_written_for_the_projector(tmp_path):
    model, _ = train(
        tmp_path,
        layers=[Embedding(name="words"), Dense(1)],
        embeddings_freq=1,
        embeddings_metadata={"words": "words.txt"},
    )
    table = np.loadtxt(tmp_path / "embedding_words.tsv", delimiter="\t")
    np.testing.assert_allclose(table, model.layers[0].embeddings.numpy(), rtol=1e-5)
    assert (tmp_path / "projector_config.pbtxt").read_text() == (
        'embeddings {\n  tensor_name: "words"\n  tensor_path: "embedding_words.tsv"\n'
        '  metadata_path: "words.txt"\n}\n'
    )


def test_an_unknown_embedding_layer_is_named(tmp_path):
    with pytest.raises(ValueError, match="names 'word', which is no embedding .* mean 'words'"):
        train(
            tmp_path,
            layers=[Embedding(name="words"), Dense(1)],
            embeddings_freq=1,
            embeddings_metadata={"word": "words.txt"},
        )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"update_freq": "step"}, ValueError, "update_freq must be 'epoch', 'batch' or"),
        ({"update_freq": 0}, ValueError, "update_freq"),
        ({"histogram_freq": -1}, ValueError, "histogram_freq"),
        ({"profile_batch": 5}, ValueError, "there is no profiler"),
    ],
)
def test_wrong_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        TensorBoard(**options)
