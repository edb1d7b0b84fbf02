"""Files that we write: equal when read, here and by h5py."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minikeras.saving import hdf5

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ATTRIBUTES = st.one_of(
    TEXT,
    st.lists(TEXT, min_size=1, max_size=4),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.floats(allow_nan=False),
)


def groups(depth=3):
    inner = ARRAYS if depth == 0 else st.one_of(ARRAYS, groups(depth - 1))
    names = NAMES.filter(lambda name: name not in (".", ".."))
    return st.builds(
        hdf5.Group,
        st.dictionaries(names, inner, max_size=4),
        st.dictionaries(TEXT.filter(bool), ATTRIBUTES, max_size=3),
    )


def as_bytes(tree):
    file = io.BytesIO()
    hdf5.write(file, tree)
    return file.getvalue()


def assert_equal(got, want):
    if not isinstance(want, hdf5.Group):
        assert got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_array_equal(got, want)
        return
    assert got.attributes == want.attributes
    assert got.members.keys() == want.members.keys()
    for name, member in want.members.items():
        assert_equal(got.members[name], member)


@given(groups())
def test_what_is_written_is_read_equal(tree):
    assert_equal(hdf5.read(as_bytes(tree)), tree)


@given(groups())
def test_h5py_reads_the_same(tree):
    h5py = pytest.importorskip("h5py")
    with h5py.File(io.BytesIO(as_bytes(tree))) as file:
        for path, member in tree.walk():
            if isinstance(member, hdf5.Group):
                assert set(file[path]) == set(member.members)
            else:
                assert file[path].dtype == member.dtype
                np.testing.assert_array_equal(file[path][()], member)
        for name, value in tree.attributes.items():
            got = file.attrs[name]
            assert (list(got) if isinstance(value, list) else got) == value


@pytest.mark.parametrize("count", [0, 1, 8, 9, 256, 257, 3000])
def test_a_group_holds_any_number_of_members(count):
    tree = hdf5.Group({str(i): np.array(i) for i in range(count)})
    data = as_bytes(tree)
    assert_equal(hdf5.read(data), tree)
    h5py = pytest.importorskip("h5py")
    with h5py.File(io.BytesIO(data)) as file:
        assert list(file) == sorted(tree.members)
        assert all(file[name][()] == value for name, value in tree.members.items())


def test_thousands_of_texts_fill_several_heaps():
    tree = hdf5.Group()
    for i in range(3000):
        tree.group(f"layer_{i}").attributes["name"] = f"{i} " + "x" * 500
    data = as_bytes(tree)
    assert data.count(b"GCOL") > 1
    assert_equal(hdf5.read(data), tree)
    h5py = pytest.importorskip("h5py")
    with h5py.File(io.BytesIO(data)) as file:
        assert file["layer_2999"].attrs["name"] == "2999 " + "x" * 500


def test_the_same_tree_gives_the_same_bytes():
    def made():
        return hdf5.Group({"b": np.ones(3), "a": hdf5.Group(attributes={"name": "x"})})

    assert as_bytes(made()) == as_bytes(made())


def test_texts_are_written_as_arrays_too():
    words = np.array([["a", "déjà"], ["", "日本"]], object)
    got = hdf5.read(as_bytes(hdf5.Group({"words": words}))).get("words")
    np.testing.assert_array_equal(got, words)


def test_arrays_that_are_not_contiguous_or_little_endian_are_written_by_value():
    tree = hdf5.Group({"t": np.arange(6.0).reshape(2, 3).T, "b": np.arange(3, dtype=">i4")})
    got = hdf5.read(as_bytes(tree))
    np.testing.assert_array_equal(got.get("t"), tree.get("t"))
    np.testing.assert_array_equal(got.get("b"), [0, 1, 2])
    assert got.get("b").dtype.isnative


def test_large_arrays_are_not_copied():
    large = np.ones(1000, np.float32)
    pieces = hdf5.chunks(hdf5.Group({"x": large}))
    assert any(np.shares_memory(np.frombuffer(p, "u1"), large) for p in pieces if len(p) == 4000)


def test_a_path_keeps_its_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "x.h5"
    hdf5.write(path, hdf5.Group(attributes={"version": 1}))
    with pytest.raises(TypeError, match="cannot write 'x': expected real numbers"):
        hdf5.write(path, hdf5.Group({"x": np.ones(2, complex)}))
    assert hdf5.read(path).attributes == {"version": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "value", [np.ones(1, complex), np.array([None]), np.array("2020", "M8[Y]")]
)
def test_what_is_neither_number_nor_text_is_refused(value):
    with pytest.raises(TypeError, match="cannot write"):
        hdf5.chunks(hdf5.Group({"x": value}))
    with pytest.raises(TypeError, match="cannot write attribute 'x' of 'inner'"):
        hdf5.chunks(hdf5.Group({"inner": hdf5.Group(attributes={"x": value})}))


@pytest.mark.parametrize("name", ["", "a/b", "a\0", "."])
def test_a_name_that_is_a_path_is_refused(name):
    with pytest.raises(ValueError, match="cannot be named"):
        hdf5.chunks(hdf5.Group({name: np.ones(1)}))


@pytest.mark.parametrize("name", ["", "a\0"])
def test_an_attribute_needs_a_name(name):
    with pytest.raises(ValueError, match="an attribute of 'the file' cannot be named"):
        hdf5.chunks(hdf5.Group(attributes={name: 1}))


def test_a_text_with_a_zero_is_refused():
    with pytest.raises(ValueError, match="ends texts at a zero"):
        hdf5.chunks(hdf5.Group(attributes={"name": "a\0b"}))


def test_an_attribute_beyond_the_formats_limit_is_refused():
    with pytest.raises(ValueError, match="attribute 'x' of '' takes .* bytes, HDF5 allows"):
        hdf5.chunks(hdf5.Group(attributes={"x": np.ones(10_000)}))


def test_a_group_is_found_or_made_by_its_path():
    tree = hdf5.Group()
    tree.group("a/b").members["0"] = np.zeros(2)
    assert tree.group("a/b") is tree.get("a/b")
    assert [path for path, _ in tree.walk()] == ["a", "a/b", "a/b/0"]
    assert tree.get("a/c") is None and tree.get("a/b/0/d") is None
    with pytest.raises(ValueError, match="passes through '0', which is an array"):
        tree.group("a/b/0/d")
