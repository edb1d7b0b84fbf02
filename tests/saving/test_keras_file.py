"""``.keras`` files: whole models come back as they were; what is damaged or unsafe is refused."""

import io
import json
import os
import warnings
import zipfile
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers, ops, saving
from minikeras.saving import ModelFileError
from minikeras.saving.assets import inside


@pytest.fixture
def x(rng):
    return rng.standard_normal((16, 4)).astype("float32")


def network():
    return Sequential([Input((4,)), layers.Dense(5, "relu"), layers.Dense(2)], name="net")


def trained(x, **settings):
    model = network()
    model.compile(minikeras.optimizers.Adam(0.01), "mse", metrics=["mae"], **settings)
    model.fit(x, x[:, :2], epochs=2, verbose=0)
    return model


def there_and_back(model, **options):
    file = io.BytesIO()
    model.save(file)
    file.seek(0)
    return saving.load_model(file, **options)


def rewritten(path, change):
    """Return bytes of the file at ``path`` whose config was changed."""
    members = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            members[name] = archive.read(name)
    config = json.loads(members["config.json"])
    changed = change(config)
    members["config.json"] = json.dumps(config if changed is None else changed).encode()
    return packed(members.items())


def packed(members, how=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicates
        with zipfile.ZipFile(file, "w", how) as archive:
            for name, content in members:
                archive.writestr(name, content)
    file.seek(0)
    return file


# Round trips.


def test_predictions_are_the_same_to_the_bit(x, tmp_path):
    model = trained(x)
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        saving.load_model(tmp_path / "m.keras").predict(x), model.predict(x)
    )


def test_members_are_stored_in_keras_order(tmp_path):
    network().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        infos = archive.infolist()
        assert [one.filename for one in infos] == [
            "metadata.json",
            "config.json",
            "model.weights.h5",
        ]
        assert {one.compress_type for one in infos} == {zipfile.ZIP_STORED}
        assert set(json.loads(archive.read("metadata.json"))) == {"keras_version", "date_saved"}


def test_training_goes_on_as_if_nothing_had_happened(x):
    model = trained(x)
    again = there_and_back(model)
    for one in (model, again):
        one.fit(x, x[:, :2], epochs=2, shuffle=False, verbose=0)
    assert again.history.history == model.history.history
    assert again.optimizer.iterations == model.optimizer.iterations == 4


def test_compile_false_leaves_a_model_uncompiled(x):
    assert not there_and_back(trained(x), compile=False).compiled


def test_a_model_that_was_not_compiled_is_not(x):
    assert not there_and_back(network()).compiled


def test_loading_draws_no_random_numbers(x):
    model = network()
    file = io.BytesIO()
    model.save(file)
    file.seek(0)
    before = minikeras.random.generator().bit_generator.state
    saving.load_model(file)
    assert minikeras.random.generator().bit_generator.state == before


def test_a_sequential_built_by_data_comes_back_built(x):
    model = Sequential([layers.Dense(3), layers.Dense(1)])
    want = model(x)
    again = there_and_back(model)
    assert again.built
    np.testing.assert_array_equal(again(x), want)


def test_a_model_without_weights_comes_back():
    assert there_and_back(Sequential([layers.Dense(3)])).layers[0].units == 3


def test_a_shared_layer_stays_one_layer(x):
    given = Input((4,))
    shared = layers.Dense(4, name="shared")
    model = Model(given, shared(shared(given)) + Sequential([shared], name="inside")(given))
    again = there_and_back(model)
    assert len(again.weights) == 2
    assert again.get_layer("inside").layers[0] is again.get_layer("shared")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_inputs_and_outputs_keep_their_structure(x):
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model({"a": a, "b": b}, [{"sum": a + b}, layers.Dense(2)(a)])
    again = there_and_back(model)
    got = again({"a": x, "b": x})
    np.testing.assert_array_equal(got[0]["sum"], x + x)
    assert got[1].shape == (16, 2)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 1:3],
        lambda x: x[..., None, 0],
        lambda x: x[:, [0, 2]],
        lambda x: x[:, 1],
        lambda x: 2.0 - x**2,
        lambda x: x + np.array([1.0, 2.0, 3.0, 4.0], "float32"),
        lambda x: np.sum(x, 1, keepdims=True),
        lambda x: np.clip(x, -0.5, 0.5),
        lambda x: np.reshape(x, (-1, 2, 2)),
        lambda x: np.concatenate([x, np.tanh(x)], axis=-1),
        lambda x: np.where(x > 0.0, x, 0.1 * x),
        lambda x: ops.einsum("bi,bj->bij", x, x),
        lambda x: ops.pad(x, [[0, 0], [1, 2]], constant_values=3.0),
        lambda x: ops.softmax(x, axis=-1),
        lambda x: ops.split(x, 2, axis=-1)[1],
        lambda x: ops.take(x, np.array([0, 3]), axis=1),
        lambda x: ops.average(x, axis=1),
        lambda x: ops.one_hot(ops.argmax(x, axis=1), 4),
        lambda x: ops.maximum(x, 0.25),
        lambda x: ops.rms_normalization(x, axis=-1),
    ],
)
def test_functions_in_a_graph_come_back(x, function):
    given = Input((4,))
    model = Model(given, function(given))
    np.testing.assert_array_equal(there_and_back(model).predict(x), model.predict(x))


def test_what_the_user_said_of_training_is_kept(x):
    given = Input((4,))
    model = Model(given, layers.Dropout(0.5)(given, training=True))
    assert (there_and_back(model).predict(x) == 0.0).any()


@saving.register_keras_serializable("tests")
class Residual(Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units, "tanh")
        self.parts = [layers.Dense(units), layers.Dense(units)]

    def call(self, x):
        for part in self.parts:
            x = x + part(self.inner(x))
        return x


def test_a_registered_subclass_comes_back_trained(x):
    model = Residual(4)
    model.compile("adam", "mse")
    model.fit(x, x, epochs=1, verbose=0)
    again = there_and_back(model)
    assert type(again) is Residual
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for one in (model, again):
        one.fit(x, x, epochs=1, shuffle=False, verbose=0)
    assert again.history.history == model.history.history


def test_a_class_passed_by_name_needs_no_registration(x):
    class Twice(layers.Layer):
        def call(self, x):
            return 2.0 * x

    model = Sequential([Input((4,)), Twice()])
    np.testing.assert_array_equal(
        there_and_back(model, custom_objects={"Twice": Twice})(x), 2.0 * x
    )
    with pytest.raises(ModelFileError, match=r"config.json: .*unknown class 'Twice'.*register"):
        there_and_back(model)


def test_functions_of_ones_own_go_by_their_name(x):
    def half(x):
        return 0.5 * x

    def error(y, y_pred):
        return np.mean(np.abs(y - y_pred), axis=-1)

    model = Sequential([Input((4,)), layers.Dense(4, activation=half)])
    model.compile("sgd", loss=error, metrics=[error])
    again = there_and_back(model, custom_objects={"half": half, "error": error})
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again._objective.given[0] is error
    with pytest.raises(ModelFileError, match="unknown function 'half'"):
        there_and_back(model, custom_objects={"error": error})


def test_a_lambda_needs_its_function_again(x):
    model = Sequential([Input((4,)), layers.Lambda(lambda x: 3.0 * x, name="three")])
    with pytest.raises(ModelFileError, match=r"Lambda 'three'.*never runs.*custom_objects"):
        there_and_back(model, safe_mode=False)
    again = there_and_back(model, custom_objects={"three": lambda x: 3.0 * x})
    np.testing.assert_array_equal(again(x), 3.0 * x)


def test_a_folder_holds_the_same(x, tmp_path):
    model = trained(x)
    model.save(tmp_path / "m", zipped=False)
    assert sorted(os.listdir(tmp_path / "m")) == [
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]
    np.testing.assert_array_equal(saving.load_model(tmp_path / "m").predict(x), model.predict(x))


def test_weights_alone_are_read_from_a_keras_file(x, tmp_path):
    model, other = trained(x), network()
    model.save(tmp_path / "m.keras")
    other.load_weights(tmp_path / "m.keras")
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


def without_words(model, *more):
    """Return the file of ``model`` as Keras writes it after adapt: the words are not in it."""
    file = io.BytesIO()
    model.save(file)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    inner = config["config"]["layers"][-1]["config"]
    inner.update(
        vocabulary=None, idf_weights=None, vocabulary_size=model.layers[-1].vocabulary_size()
    )
    members["config.json"] = json.dumps(config).encode()
    return packed([*members.items(), *more])


@pytest.mark.parametrize(
    ("lookup", "dtype", "content", "asked", "want"),
    [
        (layers.StringLookup(), "string", "[UNK]\ncat\ndog", ["dog", "emu"], [2, 0]),
        (layers.StringLookup(), "string", "[UNK]\r\ncat\r\ndog\r\n", ["dog", "cat\r"], [2, 0]),
        (layers.StringLookup(mask_token=""), "string", "\n[UNK]\ncat\ndog", ["dog", ""], [3, 0]),
        (layers.IntegerLookup(), "int64", "-1\n30\n50", [50, 7], [2, 0]),
        (
            layers.StringLookup(output_mode="one_hot"),
            "string",
            "[UNK]\ncat\ndog",
            ["dog", "emu"],
            [[0, 0, 1], [1, 0, 0]],
        ),
        (
            layers.TextVectorization(output_mode="count"),
            "string",
            "[UNK]\ncat\ndog",
            ["dog cat dog", "emu"],
            [[0, 1, 2], [1, 0, 0]],
        ),
    ],
)
def test_vocabularies_in_members_of_their_own_are_read(lookup, dtype, content, asked, want):
    lookup.set_vocabulary([1, 2] if dtype == "int64" else ["a", "b"])
    name = "integer_lookup" if dtype == "int64" else "string_lookup"
    if type(lookup) is layers.TextVectorization:
        name = "text_vectorization"
    words = [(f"assets/layers/{name}/vocabulary.txt", content)]
    if name == "text_vectorization":
        words.append((f"assets/layers/{name}/_lookup_layer/vocabulary.txt", content))
    loaded = saving.load_model(
        without_words(Sequential([Input((1,), dtype=dtype), lookup]), *words)
    )
    assert np.squeeze(loaded(np.array(asked)[:, None])).tolist() == want


def test_weights_of_words_come_with_them():
    data = np.array([["cat", "dog"], ["cat", "cat"]])
    lookup = layers.StringLookup(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True)
    lookup.adapt(data)
    words = ("assets/layers/string_lookup/vocabulary.txt", "\n".join(lookup.get_vocabulary()))
    model = Sequential([Input((2,), dtype="string"), lookup])
    loaded = saving.load_model(without_words(model, words))
    np.testing.assert_array_equal(loaded(data), model(data))


@pytest.mark.parametrize("suffix", [".weights.h5", ".safetensors"])
def test_weights_of_words_are_among_the_weights(tmp_path, suffix):
    models = []
    for weights in ([1.0, 2.0], [3.0, 4.0]):
        lookup = layers.StringLookup(
            vocabulary=["a", "b"], idf_weights=weights, output_mode="tf_idf"
        )
        models.append(Sequential([Input((2,), dtype="string"), lookup]))
    models[0].save_weights(tmp_path / f"m{suffix}")
    models[1].load_weights(tmp_path / f"m{suffix}")
    assert models[1](np.array([["a", "b"]])).tolist() == [[0.0, 1.0, 2.0]]


def test_words_that_are_missing_are_named():
    lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot", name="words")
    model = Sequential([Input((1,), dtype="string"), lookup])
    with pytest.raises(ModelFileError, match="vocabulary.txt: there are no words for StringLookup"):
        saving.load_model(without_words(model))


def test_weights_that_are_pickled_are_refused_by_name():
    file = packed([("config.json", "{}"), ("model.weights.npz", b"")])
    with pytest.raises(ModelFileError, match="model.weights.npz: its weights are pickled objects"):
        saving.load_model(file)


# Files of one's own layers.


@saving.register_keras_serializable("tests")
class Notes(layers.Layer):
    def call(self, x):
        return x

    def save_assets(self, dir_path):
        Path(dir_path, "notes.txt").write_text(self.notes)
        Path(dir_path, "more").mkdir()
        Path(dir_path, "more", "empty").write_text("")

    def load_assets(self, dir_path):
        self.folder = dir_path
        self.notes = Path(dir_path, "notes.txt").read_text()
        assert sorted(os.listdir(dir_path)) == ["more", "notes.txt"]


def with_notes(text):
    model = Sequential([Input((2,)), Notes(), Notes()])
    model.layers[0].notes, model.layers[1].notes = text, text[::-1]
    return model


def test_a_layer_gets_back_its_files_and_no_others(tmp_path):
    with_notes("abc").save(tmp_path / "m.keras")
    loaded = saving.load_model(tmp_path / "m.keras")
    assert [layer.notes for layer in loaded.layers] == ["abc", "cba"]
    assert not any(os.path.exists(layer.folder) for layer in loaded.layers)
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert [name for name in archive.namelist() if "assets" in name] == [
            "assets/layers/notes/more/empty",
            "assets/layers/notes/notes.txt",
            "assets/layers/notes_1/more/empty",
            "assets/layers/notes_1/notes.txt",
        ]


def test_a_folder_holds_the_files_of_layers_too(tmp_path):
    saving.save_model(with_notes("abc"), tmp_path / "m", zipped=False)
    assert saving.load_model(tmp_path / "m").layers[1].notes == "cba"
    saving.save_model(Sequential([Input((2,)), Notes()][:1]), tmp_path / "m", zipped=False)
    assert not any(path.is_file() for path in (tmp_path / "m" / "assets").rglob("*"))


def test_files_that_were_in_a_folder_before_the_model_stay(tmp_path):
    (tmp_path / "m" / "assets").mkdir(parents=True)
    (tmp_path / "m" / "assets" / "photo.png").write_bytes(b"mine")
    saving.save_model(with_notes("abc"), tmp_path / "m", zipped=False)
    assert (tmp_path / "m" / "assets" / "photo.png").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["D:/notes.txt", "\\notes.txt", "\\\\host/share/notes.txt"])
def test_files_of_layers_stay_in_their_folder_under_windows_too(name):
    folder = PureWindowsPath("C:/folder")
    assert inside(folder, "a/notes.txt") == folder / "a" / "notes.txt"
    with pytest.raises(ValueError, match="leads out of its folder"):
        inside(folder, name)


def test_a_layer_that_cannot_read_its_files_is_named(tmp_path):
    with_notes("abc").save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive:
        archive.writestr("assets/layers/notes/stranger.txt", "")
    with pytest.raises(ModelFileError, match="assets/layers/notes: Notes 'notes' could not read"):
        saving.load_model(tmp_path / "m.keras")


def test_files_that_cannot_stand_beside_each_other_are_refused(tmp_path):
    with_notes("abc").save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive:
        archive.writestr("assets/layers/notes/notes.txt/inside", "")
    with pytest.raises(ModelFileError, match="it cannot be a file"):
        saving.load_model(tmp_path / "m.keras")


def test_files_that_unpack_to_much_are_refused(tmp_path):
    with_notes("abc").save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "a", zipfile.ZIP_DEFLATED) as archive:
        for i in range(70):
            archive.writestr(f"assets/layers/notes/{i}", bytes(1 << 20))
    with pytest.raises(ModelFileError, match="its files have 73400323 bytes, packed as"):
        saving.load_model(tmp_path / "m.keras")


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_in_a_folder_is_not_followed(tmp_path):
    saving.save_model(with_notes("abc"), tmp_path / "m", zipped=False)
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "m" / "config.json").unlink()
    (tmp_path / "m" / "config.json").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelFileError, match="config.json: it is a link to elsewhere"):
        saving.load_model(tmp_path / "m")


# Saving.


class Place:
    """A path of another library."""

    def __init__(self, path):
        self.path = str(path)

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.npz", "m.safetensors"])
def test_every_kind_of_path_is_taken(tmp_path, name):
    model, path = network(), Place(tmp_path / name)
    if name == "m.keras":
        model.save(path)
        assert saving.load_model(path).name == "net"
    else:
        model.save_weights(path)
    model.load_weights(path)


@pytest.mark.parametrize("path", [None, 3, b"m.keras"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match="expected a path .* or an open binary file"):
        network().save(path)
    with pytest.raises(TypeError, match="expected a path .* or an open binary file"):
        saving.load_model(path)


@pytest.mark.parametrize("year", [1970, 2200])
def test_a_clock_that_is_wrong_is_no_hindrance(monkeypatch, x, year):
    now = (year, 1, 1, 0, 0, 0, 0, 1, 0)
    monkeypatch.setattr("minikeras.saving.zip_writer.time.localtime", lambda *given: now)
    assert there_and_back(network())(x).shape == (16, 2)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.keras"
    network().save(path)
    before = path.read_bytes()
    model = Sequential([Input((4,)), layers.Lambda(np.exp)])
    with pytest.raises(TypeError, match="no name that could be found again"):
        model.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.keras"]


def test_overwrite_false_keeps_a_file(tmp_path):
    network().save(tmp_path / "m.keras")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        network().save(tmp_path / "m.keras", overwrite=False)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.keras").write_bytes(b"old")
    (tmp_path / "m.keras").symlink_to(tmp_path / "real.keras")
    network().save(tmp_path / "m.keras")
    assert (tmp_path / "m.keras").is_symlink()
    assert zipfile.is_zipfile(tmp_path / "real.keras")


def test_permissions_of_a_file_are_kept(tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(b"old")
    path.chmod(0o640)
    network().save(path)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["m.h5", "m", "m.zip"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"ends in \.keras"):
        network().save(tmp_path / name)


def test_an_argument_that_cannot_be_found_again_is_named(tmp_path):
    class Power(layers.Layer):
        def __init__(self, exponent):
            super().__init__()
            self.e = exponent

        def call(self, x):
            return x**self.e

    with pytest.raises(TypeError, match=r"Power takes 'exponent'.*self\.exponent"):
        Sequential([Input((4,)), Power(2)]).save(tmp_path / "m.keras")


# Refusals.


@pytest.fixture
def path(tmp_path):
    network().save(tmp_path / "m.keras")
    return tmp_path / "m.keras"


def layer(config, i=1):
    return config["config"]["layers"][i]


def test_unknown_keys_are_tolerated(path):
    def change(config):
        config["note"] = layer(config)["note"] = layer(config)["config"]["note"] = "anything"

    assert saving.load_model(rewritten(path, change)).layers[0].units == 5


def test_an_unknown_class_is_named_with_the_closest(path):
    file = rewritten(path, lambda config: layer(config).update(class_name="Dence"))
    with pytest.raises(ModelFileError, match=r"config\.json: .*'Dence'; did you mean 'Dense'"):
        saving.load_model(file)


@pytest.mark.parametrize("module", ["os", "builtins", "subprocess", "keras.src.utils", "minikeras"])
@pytest.mark.parametrize("name", ["system", "eval", "os.system", "__import__", "open"])
def test_nothing_is_imported_by_a_name_in_the_file(path, module, name):
    for class_name in (name, "function"):
        entry = {"module": module, "class_name": class_name, "config": name}
        entry["registered_name"] = f"{module}.{name}"
        file = rewritten(path, lambda c, e=entry: layer(c)["config"].update(activation=e))
        with pytest.raises(ModelFileError, match="unknown|expected the config"):
            saving.load_model(file)


def test_code_in_a_file_is_never_run(path):
    code = {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}
    file = rewritten(path, lambda c: layer(c)["config"].update(activation=code))
    with pytest.raises(ModelFileError, match="never runs"):
        saving.load_model(file, safe_mode=False)


def test_a_vocabulary_cannot_be_a_path(tmp_path):
    words = layers.StringLookup(vocabulary=["a", "b"])
    Sequential([Input((1,), dtype="string"), words]).save(tmp_path / "m.keras")
    file = rewritten(
        tmp_path / "m.keras", lambda c: layer(c)["config"].update(vocabulary="/etc/passwd")
    )
    with pytest.raises(ModelFileError, match="vocabulary"):
        saving.load_model(file)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: layer(c)["config"].update(units=-1), "units"),
        (lambda c: layer(c)["config"].update(units=2**40), "more than the file's"),
        (lambda c: layer(c)["config"].update(units="many"), "units"),
        (lambda c: layer(c)["config"].pop("units"), "units"),
        (lambda c: layer(c)["config"].update(activation="rellu"), "did you mean 'relu'"),
        (lambda c: layer(c)["config"].update(dtype="float99"), "float99"),
        (lambda c: layer(c)["config"].update(quantization_config={}), "quantized"),
        (lambda c: layer(c).update(config=3), "dictionary"),
        (lambda c: c.update(class_name=None), "class_name"),
        (lambda c: c.update(class_name="Dense"), "units|model"),
        (lambda c: c["config"].__delitem__("layers"), "layers"),
        (lambda c: [c], "a model"),
        (lambda c: "text", "a model"),
    ],
)
def test_values_that_do_not_fit_are_refused(path, change, problem):
    with pytest.raises(ModelFileError, match=problem) as caught:
        saving.load_model(
            rewritten(path, lambda c: out if isinstance(out := change(c), list | str) else None)
        )
    assert caught.value.member == "config.json"


def test_weights_of_another_shape_name_the_layer(path):
    file = rewritten(path, lambda config: layer(config, 2)["config"].update(units=3))
    with pytest.raises(ModelFileError, match=r"'dense_1'.*expected shape \(5, 3\).*\(5, 2\)"):
        saving.load_model(file)


def test_a_config_nested_without_end_is_refused(path):
    def change(config):
        deep = []
        for _ in range(900):
            deep = [deep]
        layer(config)["config"]["activation"] = deep

    with pytest.raises(ModelFileError, match="levels deep"):
        saving.load_model(rewritten(path, change))
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    deeper = packed([("config.json", "[" * 200_000), ("model.weights.h5", weights)])
    with pytest.raises(ModelFileError, match="no JSON"):
        saving.load_model(deeper)


def test_models_in_models_may_be_many(x):
    model = network()
    for _ in range(12):
        model = Sequential([Input((4,)), model])
    np.testing.assert_array_equal(there_and_back(model).predict(x), model.predict(x))


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5"])
def test_a_missing_member_is_named(path, missing):
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist() if name != missing]
    with pytest.raises(ModelFileError, match="no such member") as caught:
        saving.load_model(packed(members))
    assert caught.value.member == missing


@pytest.mark.parametrize("extra", ["config.json", "/etc/x", "../x", "a/../../x", "C:\\x"])
def test_members_that_lead_elsewhere_are_refused(path, extra):
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with pytest.raises(ModelFileError):
        saving.load_model(packed([*members, (extra, b"")]))


def test_compressed_members_are_read(path, x):
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    loaded = saving.load_model(packed(members, zipfile.ZIP_DEFLATED))
    np.testing.assert_array_equal(loaded.predict(x), saving.load_model(path).predict(x))


def test_a_bomb_is_refused(path):
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    members = [("config.json", b" " * (200 << 20)), ("model.weights.h5", weights)]
    with pytest.raises(ModelFileError, match=r"config\.json"):
        saving.load_model(packed(members, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(path, share):
    data = path.read_bytes()
    with pytest.raises(ModelFileError):
        saving.load_model(io.BytesIO(data[: int(share * len(data))]))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        saving.load_model(tmp_path / "none.keras")


def test_an_enormous_input_is_refused(tmp_path):
    given = Input((4,))
    Model(given, layers.Flatten()(given)).save(tmp_path / "m.keras")

    def change(config):
        layer(config, 0)["config"]["batch_shape"] = [None, 2**40]

    with pytest.raises(ModelFileError, match="impossible shape"):
        saving.load_model(rewritten(tmp_path / "m.keras", change))
