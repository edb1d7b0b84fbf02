"""Arrays out of whatever holds numbers."""

import array

import numpy as np
import pytest

from minikeras import config
from minikeras.data import to_array, to_arrays

PLAIN = np.arange(12, dtype="float32").reshape(4, 3)


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


class Subclass(np.ndarray):
    pass


class Holder:
    def __array__(self, dtype=None, copy=None):
        return PLAIN


class Frame:
    def to_numpy(self):
        return PLAIN


FORMS = {
    "float64": PLAIN.astype("float64"),
    "float16": PLAIN.astype("float16"),
    "longdouble": PLAIN.astype("longdouble"),
    "uint8": PLAIN.astype("uint8"),
    "int64": PLAIN.astype("int64"),
    "big-endian floats": PLAIN.astype(">f4"),
    "big-endian integers": PLAIN.astype(">i2"),
    "Fortran order": np.asfortranarray(PLAIN),
    "transposed": np.ascontiguousarray(PLAIN.T).T,
    "strided": np.repeat(PLAIN, 2, axis=0)[::2],
    "reversed": PLAIN[::-1].copy()[::-1],
    "read-only": read_only(PLAIN),
    "read-only float64": read_only(PLAIN.astype("float64")),
    "unaligned": np.frombuffer(b"." + PLAIN.tobytes(), "float32", offset=1).reshape(4, 3),
    "a subclass": PLAIN.view(Subclass),
    "mask that hides nothing": np.ma.masked_array(PLAIN, mask=False),
    "nested lists": PLAIN.tolist(),
    "tuples of integers": tuple(map(tuple, PLAIN.astype(int).tolist())),
    "list of NumPy numbers": [[np.float64(v) for v in row] for row in PLAIN],
    "__array__": Holder(),
    "to_numpy": Frame(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_numbers_gives_the_same_array(form):
    found = to_array("x", FORMS[form])
    assert type(found) is np.ndarray
    assert found.dtype == np.dtype("float32") and found.dtype.isnative
    assert found.flags.c_contiguous and found.flags.aligned
    np.testing.assert_array_equal(found, PLAIN)


def test_booleans_become_zeros_and_ones():
    np.testing.assert_array_equal(to_array("x", [True, False]), np.float32([1, 0]))


def test_other_sequences_of_numbers_are_read():
    assert to_array("x", range(3)).tolist() == [0, 1, 2]
    assert to_array("x", array.array("d", [0.5])).tolist() == [0.5]


def test_a_contiguous_float32_array_is_not_copied():
    assert to_array("x", PLAIN) is PLAIN
    assert to_arrays("x", [PLAIN])[0] is PLAIN


def test_the_default_float_type_is_followed():
    config.set_floatx("float64")
    x = np.array([0.1])
    assert to_array("x", x) is x
    assert to_array("x", [1]).dtype == "float64"


def test_integers_are_kept_on_request_in_native_byte_order():
    labels = to_array("y", np.array([1, 2], dtype=">i2"), keep="iu")
    assert labels.dtype == "int16" and labels.dtype.isnative
    assert labels.tolist() == [1, 2]
    assert to_array("y", [0.0, 1.0], keep="iu").dtype == "float32"
    assert to_array("y", [False, True], keep="iu").dtype == "float32"


def test_numbers_beyond_float32_become_infinite_without_a_warning():
    assert to_array("x", np.array([1e300])).tolist() == [np.inf]


def test_a_memory_map_is_left_on_disk(tmp_path):
    np.save(tmp_path / "x.npy", PLAIN.astype("uint8"))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert to_array("x", mapped) is mapped


class TestStructure:
    def test_a_list_that_begins_with_an_array_has_several_inputs(self):
        a, b = to_arrays("x", [np.zeros((2, 3)), [[1], [2]]])
        assert a.shape == (2, 3) and b.shape == (2, 1)
        assert len(to_arrays("x", (PLAIN, PLAIN))) == 2

    def test_a_list_of_numpy_numbers_is_one_array(self):
        assert to_arrays("y", [np.float64(1), np.float64(2)]).shape == (2,)

    def test_a_dict_has_an_array_under_each_name(self):
        found = to_arrays("x", {"a": [1, 2], "b": [[3], [4]]})
        assert list(found) == ["a", "b"] and found["b"].shape == (2, 1)

    def test_the_arrays_of_an_npz_file_are_a_dict(self, tmp_path):
        np.savez(tmp_path / "x.npz", a=PLAIN)
        with np.load(tmp_path / "x.npz") as file:
            np.testing.assert_array_equal(to_arrays("x", file)["a"], PLAIN)

    def test_members_are_named_in_errors(self):
        with pytest.raises(TypeError, match=r"^x\[1\] must hold real numbers"):
            to_arrays("x", [PLAIN, ["a"]])
        with pytest.raises(TypeError, match=r"^x\['word'\] must hold real numbers"):
            to_arrays("x", {"word": ["a"]})

    @pytest.mark.parametrize("value", [{}, {1: PLAIN}])
    def test_a_dict_needs_names(self, value):
        with pytest.raises(ValueError, match="one array under each input's or output's name"):
            to_arrays("x", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            np.array([1j]),
            r"got complex128; pass both parts: np.stack\(\[np.real\(x\), np.imag\(x\)",
        ),
        (
            np.array(["cat", "dog"]),
            r"got text such as 'cat'; .* if words, np.unique\(x, return_inverse",
        ),
        ([1, "two"], "got text such as '1'"),
        (np.array([b"cat"]), "got text such as"),
        (np.array(["2024-01-01"], "datetime64[D]"), r"turn times into numbers"),
        (np.zeros(2, [("a", "f4"), ("b", "f4")]), "got records; stack their fields"),
        (np.zeros(2, "V3"), r"convert it: x.astype\('float32'\)"),
        (np.array([1, None]), r"x\[1\] is None \(NoneType\); replace"),
        ([[1, 2], [3, None]], r"x\[1, 1\] is None"),
        (
            np.array([1, 2], dtype=object),
            r"got numbers kept as objects; write np.array\(x, dtype='float32'\)",
        ),
        (np.array([[1], [1, 2]], dtype=object), "row 0 that has 1 values, row 1 that has 2"),
        (None, "got None; check what loads it"),
        ("train.csv", "got the text 'train.csv'; if it names a file, load it first"),
        (object(), r"got <object .*; write it as nested lists or with np.array"),
    ],
)
def test_what_is_not_a_real_number_is_refused_with_a_remedy(value, message):
    with pytest.raises(TypeError, match=rf"^x must .*{message}"):
        to_array("x", value)


@pytest.mark.parametrize("value", [3.0, 3, True, np.float32(3), np.array(3)])
def test_a_single_number_is_no_data(value):
    with pytest.raises(ValueError, match=r"x must have samples along its first axis, got .* np\."):
        to_array("x", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3, 4], [5]], "row 0 that has 2 values, row 2 that has 1 values"),
        ([[1, 2], 3], "row 0 that has 2 values, row 1 that is a single number"),
        ([[[1], [2]], [[3], [4, 5]]], "inner lists differ in length"),
    ],
)
def test_ragged_lists_are_refused(value, message):
    with pytest.raises(ValueError, match=f"x must have rows of one length.*{message}.*pad them"):
        to_array("x", value)


def test_masked_elements_are_refused():
    with pytest.raises(ValueError, match=r"x has masked elements.*x\.filled\(0\)"):
        to_array("x", np.ma.masked_array([1.0, 2.0], mask=[False, True]))


def test_a_sparse_matrix_is_refused():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"dense array, got the sparse csr_array; write x.toarray"):
        to_array("x", sparse.csr_array(np.eye(2)))


def test_an_object_that_fails_to_give_an_array_says_why():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("it lives on another device")

    with pytest.raises(TypeError, match="x must be .* Broken .* it lives on another device"):
        to_array("x", Broken())


class TestPandas:
    @pytest.fixture
    def pd(self):
        return pytest.importorskip("pandas")

    def test_a_frame_and_a_series_give_their_numbers(self, pd):
        frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
        np.testing.assert_array_equal(to_array("x", frame), [[1, 0.5], [2, 1.5]])
        assert to_array("y", frame["a"], keep="iu").dtype == "int64"

    def test_booleans_beside_floats_are_numbers(self, pd):
        frame = pd.get_dummies(pd.DataFrame({"size": [1.5, 2.5], "pet": ["cat", "dog"]}))
        np.testing.assert_array_equal(to_array("x", frame), [[1.5, 1, 0], [2.5, 0, 1]])

    def test_missing_values_of_nullable_types_become_nan(self, pd):
        frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [True, False]})
        np.testing.assert_array_equal(to_array("x", frame), [[1, 1], [np.nan, 0]])
        np.testing.assert_array_equal(to_array("x", frame["a"]), [1, np.nan])

    def test_columns_that_hold_no_numbers_are_named(self, pd):
        frame = pd.DataFrame({"age": [1], "name": ["Ann"], "mixed": pd.Series([1.5], dtype=object)})
        with pytest.raises(TypeError, match=r"column 'name' \(\w+\), 'mixed' \(object\); leave"):
            to_array("x", frame)
        with pytest.raises(TypeError, match=r"y must hold real numbers.* column 'name'"):
            to_array("y", frame["name"])

    def test_of_two_columns_with_one_name_the_bad_one_is_found(self, pd):
        frame = pd.DataFrame([["word", 1.0]], columns=["a", "a"])
        with pytest.raises(TypeError, match="column 'a'"):
            to_array("x", frame)
