"""Files of h5py open here; what is damaged or hostile is refused, and says why."""

import io
import struct

import numpy as np
import pytest

from minikeras.saving import hdf5
from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5 import layout


@pytest.fixture(scope="module")
def h5py():
    return pytest.importorskip("h5py")


def written(h5py, fill, **options):
    """Return the bytes of a file that h5py writes."""
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as opened:
        fill(opened)
    return file.getvalue()


def plain():
    """Return the bytes of a file of ours: ``a/x`` is [1, 2, 3], ``a`` has a name."""
    a = hdf5.Group({"x": np.arange(1.0, 4.0)}, {"name": "first"})
    return b"".join(hdf5.chunks(hdf5.Group({"a": a})))


def patched(data, place, value):
    return data[:place] + value + data[place + len(value) :]


def refuses(data, problem, member=""):
    with pytest.raises(ModelFileError, match=problem) as caught:
        hdf5.read(data, "m.h5")
    assert caught.value.file == "m.h5"
    assert caught.value.member == member
    assert isinstance(caught.value, ValueError)


# Files of h5py.


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "i1", "i8", ">i2", "u1", "u8", "?"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (2, 3, 4)])
def test_numbers_of_every_kind_are_read(h5py, rng, dtype, shape):
    value = (100 * rng.standard_normal(shape)).astype(dtype)
    got = hdf5.read(written(h5py, lambda f: f.create_dataset("x", data=value))).get("x")
    assert got.dtype == value.dtype.newbyteorder("=") and got.shape == shape
    np.testing.assert_array_equal(got, value)


def test_attributes_of_every_kind_are_read(h5py):
    given = {
        "text": "déjà vu",
        "empty": "",
        "bytes": b"abc",
        "int": 3,
        "float": 0.5,
        "numbers": np.arange(3),
        "texts": ["a", "bc"],
        "fixed": np.array([b"a", b"bcd"]),
        "none": np.array([]),
        "bool": True,
    }

    def fill(file):
        group = file.create_group("g")
        for name, value in given.items():
            group.attrs[name] = value

    got = hdf5.read(written(h5py, fill)).get("g").attributes
    assert got["text"] == "déjà vu" and got["empty"] == "" and got["bytes"] == "abc"
    assert got["int"] == 3 and got["float"] == 0.5 and got["bool"] is True
    assert got["texts"] == ["a", "bc"] and got["fixed"] == ["a", "bcd"]
    np.testing.assert_array_equal(got["numbers"], [0, 1, 2])
    assert got["none"].size == 0


def test_many_members_attributes_and_levels_are_read(h5py):
    def fill(file):
        for i in range(600):
            file[f"many/{i}"] = i
        for i in range(100):  # more than fit into one piece of the header
            file.attrs[f"attribute {i}"] = "x" * i
        file["/".join("abcdefgh")] = 1.0

    got = hdf5.read(written(h5py, fill))
    assert [int(got.get(f"many/{i}")) for i in range(600)] == list(range(600))
    assert got.attributes == {f"attribute {i}": "x" * i for i in range(100)}
    assert got.get("/".join("abcdefgh")) == 1.0


def test_compact_arrays_and_texts_are_read(h5py):
    def fill(file):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((3,))
        made = h5py.h5d.create(file.id, b"compact", h5py.h5t.NATIVE_INT32, space, plist)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], np.int32))
        file["text"] = "hello"
        file["fixed"] = np.array([b"ab", b"c"])

    got = hdf5.read(written(h5py, fill))
    np.testing.assert_array_equal(got.get("compact"), [1, 2, 3])
    assert got.get("text")[()] == "hello"
    assert got.get("fixed").tolist() == ["ab", "c"]


def test_bfloat16_as_keras_writes_it_becomes_float32(h5py):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    value = np.array([1.0, -2.5, 3e38], ml_dtypes.bfloat16)

    def fill(file):
        file.create_dataset("x", data=value).attrs["dtype"] = "bfloat16"

    got = hdf5.read(written(h5py, fill)).get("x")
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, value.astype(np.float32))


# What is refused, by name.


def soft(h5py, file):
    file["g/x"] = 1.0
    file["g/link"] = h5py.SoftLink("/g/x")


def external(h5py, file):
    file["g/link"] = h5py.ExternalLink("other.h5", "/x")


def external_numbers(h5py, file):
    file.create_dataset("g", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def virtual(h5py, file):
    space = h5py.VirtualLayout((4,), "f4")
    space[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("g", space)


def compressed(h5py, file):
    file.create_dataset("g", data=np.zeros(100), compression="gzip")


def pieces(h5py, file):
    file.create_dataset("g", data=np.zeros(100), chunks=(10,))


def bomb(h5py, file):
    file.create_dataset("g", (2**40, 2**20), "f4")


def reference(h5py, file):
    file.create_dataset("g", (1,), h5py.ref_dtype)


def compound(h5py, file):
    file["g"] = np.zeros(2, [("a", "f4"), ("b", "i4")])


def complex_numbers(h5py, file):
    file["g"] = np.zeros(2, complex)


def opaque(h5py, file):
    file["g"] = np.zeros(2, "V3")


@pytest.mark.parametrize(
    ("fill", "problem"),
    [
        (soft, "soft link.* not followed, for safety"),
        (external, "an external link, to another file; this is not followed, for safety"),
        (external_numbers, "another file; this is not followed, for safety"),
        (virtual, "virtual|newly"),
        (compressed, r"compressed.*hdf5.convert\(source, target\), which needs the h5py package"),
        (pieces, "stands in several pieces"),
        (bomb, r"asks for 4611686018427387904 bytes, the file has"),
        (reference, "reference; expected real numbers"),
        (compound, "compound; expected real numbers"),
        (complex_numbers, "expected real numbers"),
        (opaque, "opaque bytes"),
    ],
)
def test_what_weights_have_no_use_for_is_refused(h5py, fill, problem):
    refuses(written(h5py, lambda file: fill(h5py, file)), problem, "g")


def test_the_newer_form_of_the_format_is_named(h5py):
    data = written(h5py, lambda f: f.create_dataset("x", data=1.0), libver="latest")
    refuses(data, "newer form of HDF5")


def test_an_array_that_was_never_written_is_refused(h5py):
    refuses(
        written(h5py, lambda f: f.create_dataset("x", (10,), "f4")),
        "ask for 40 bytes, it has 0",
        "x",
    )


# What is damaged.


def test_every_truncation_is_refused():
    data = plain()
    for length in range(len(data)):
        with pytest.raises(ModelFileError):
            hdf5.read(data[:length])


def test_other_formats_are_named():
    refuses(b"PK\3\4 a zip file, say", "it is of another format")
    refuses(b"", "it is of another format")


def test_a_group_that_contains_itself_is_refused():
    data = plain()
    root = struct.unpack_from("<Q", data, layout.SUPERBLOCK.size + 8)[0]
    inner = data.index(b"SNOD", data.index(b"SNOD") + 1) + 8  # the outer group comes later
    refuses(patched(data, inner + 8, struct.pack("<Q", root)), "on two ways", "a")


def test_a_tree_that_contains_itself_is_refused():
    data = plain()
    place = data.rindex(b"TREE")
    data = patched(data, place + 5, b"\1")  # its members are trees
    data = patched(data, place + layout.TREE_NODE.size + 8, struct.pack("<Q", place))
    refuses(data, "on two ways")


def test_groups_that_are_too_deep_are_refused():
    tree = hdf5.Group()
    tree.group("/".join("x" * 65)).members["0"] = np.ones(1)
    with pytest.raises(ModelFileError, match="more than 64 deep"):
        hdf5.read(b"".join(hdf5.chunks(tree)))


def test_parts_that_overlap_do_not_multiply_the_work():
    data = b"".join(hdf5.chunks(hdf5.Group({str(i): hdf5.Group() for i in range(100)})))
    place = data.index(b"HEAP")
    for _ in range(100):  # each group claims the whole file as its heap of names
        data = patched(data, place + 8, struct.pack("<Q", len(data)))
        data = patched(data, place + 24, struct.pack("<Q", 0))
        place = data.index(b"HEAP", place + 1)
    refuses(data, "its parts overlap each other", "1")


def test_a_declared_shape_is_checked_before_memory_is_taken():
    data = plain()
    place = data.index(bytes([1, 1, 0, 0, 0, 0, 0, 0]) + struct.pack("<Q", 3)) + 8
    refuses(
        patched(data, place, struct.pack("<Q", 2**61)), "asks for .* bytes, the file has", "a/x"
    )
    refuses(patched(data, place, struct.pack("<Q", 4)), "ask for 32 bytes, it has 24", "a/x")


def test_arrays_that_share_their_bytes_do_not_multiply_the_memory():
    members = {str(i): np.ones(1, bool) for i in range(20)}
    data = b"".join(hdf5.chunks(hdf5.Group({**members, "x": np.ones(50_000, bool)})))
    shape = bytes([1, 1, 0, 0, 0, 0, 0, 0])
    size = struct.pack("<Q", 50_000)
    end = data.rindex(size)  # of the layout of "x": address and size
    layout_of_x = data[end - 8 : end + 8]
    data = data.replace(shape + struct.pack("<Q", 1), shape + size)
    place = 0
    for _ in range(20):
        place = data.index(struct.pack("<Q", 1), data.index(b"\3\1", place))
        data = patched(data, place - 8, layout_of_x)
    refuses(data, "its parts overlap each other", "10")


@pytest.mark.parametrize("length", [2**60, 2**61, 2**62])
def test_an_empty_array_may_not_be_too_long_for_numpy(length):
    data = b"".join(hdf5.chunks(hdf5.Group({"x": np.zeros((0, 5))})))
    place = data.index(struct.pack("<QQ", 0, 5)) + 8
    refuses(patched(data, place, struct.pack("<Q", length)), "its shape .* asks for 0 bytes", "x")


def test_numbers_outside_of_the_file_are_refused():
    data = plain()
    place = data.index(b"\3\1") + 2
    refuses(patched(data, place, struct.pack("<Q", len(data))), "24 bytes at byte", "a/x")


def test_two_members_of_one_name_are_refused():
    data = b"".join(hdf5.chunks(hdf5.Group({"a": np.ones(1), "b": np.ones(1)})))
    refuses(data.replace(b"b\0\0\0\0\0\0\0", b"a\0\0\0\0\0\0\0"), "two members named 'a'")


@pytest.mark.parametrize("name", ["..", "x/y"])
def test_a_member_that_is_named_like_a_path_is_refused(name):
    data = b"".join(hdf5.chunks(hdf5.Group({"abc"[: len(name)]: np.ones(1)})))
    refuses(data.replace(b"abc"[: len(name)] + b"\0", name.encode() + b"\0"), "a member is named")


def test_names_and_texts_must_be_utf8():
    data = plain()
    refuses(data.replace(b"first\0", b"fi\xffst\0"), "not UTF-8", "a")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ModelFileError, match="it is a folder"):
        hdf5.read(tmp_path)


def test_a_missing_file_is_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        hdf5.read(tmp_path / "x.h5")


def test_arrays_are_views_that_nobody_writes_into():
    got = hdf5.read(plain()).get("a/x")
    assert not got.flags.writeable
