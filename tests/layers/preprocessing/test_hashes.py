"""FarmHash and SipHash against published values; what hashing layers refuse."""

import json

import numpy as np
import pytest

from minikeras.layers.preprocessing import HashedCrossing, Hashing
from minikeras.layers.preprocessing.hashes import farm_fingerprint, sip_hash


@pytest.mark.parametrize(
    ("data", "value"),
    [  # the example of FARM_FINGERPRINT in the reference of BigQuery, signed there
        (b"1footrue", -1541654101129638711),
        (b"2applefalse", 2794438866806483259),
        (b"3true", -4880158226897771312),
    ],
)
def test_farm_fingerprint(data, value):
    assert farm_fingerprint(data) == value % 2**64


@pytest.mark.parametrize(
    ("length", "value"),  # vectors_sip64 of the reference implementation, bytes 0, 1, 2...
    [
        (0, 0x726FDB47DD0E0E31),
        (1, 0x74F839C593DC67FD),
        (7, 0xAB0200F58B01D137),
        (8, 0x93F5F5799A932462),
        (15, 0xA129CA6149BE45E5),
    ],
)
def test_sip_hash(length, value):
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert sip_hash(bytes(range(length)), key) == value


def test_hashes_fill_their_bins():
    words = np.array([f"word{i}" for i in range(10_000)])
    counts = np.bincount(Hashing(10)(words), minlength=10)
    assert abs(counts - 1000).max() < 150  # five standard deviations


def test_the_mask_has_a_bin_of_its_own():
    words = np.array(["", *(f"word{i}" for i in range(100))])
    indices = Hashing(4, mask_value="")(words)
    assert indices[0] == 0 and indices[1:].min() == 1 and indices.max() == 3


def test_dtype_is_integer_unless_encoded():
    assert Hashing(3)(["a"]).dtype == "int64"
    assert Hashing(3, dtype="int32")(["a"]).dtype == "int32"
    assert Hashing(3, output_mode="one_hot")(["a"]).dtype == "float32"
    assert repr(Hashing(3, name="h")) == "Hashing(num_bins=3, name='h')"
    with pytest.raises(ValueError, match='dtype "int32" or "int64"'):
        Hashing(3, dtype="float32")


@pytest.mark.parametrize("layer", [Hashing(3, salt=5, mask_value=""), HashedCrossing(3)])
def test_configuration_is_plain_data(layer):
    config = json.loads(json.dumps(layer.get_config()))
    assert repr(type(layer).from_config(config)) == repr(layer)


@pytest.mark.parametrize("salt", ["a", [1], [1, 2, 3]])
def test_a_salt_is_one_number_or_two(salt):
    with pytest.raises(ValueError, match="salt to be an integer or two of them"):
        Hashing(3, salt=salt)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (np.array(["a"]), ValueError, "list of at least two inputs"),
        ([np.array(["a"])], ValueError, "list of at least two inputs"),
        ([np.array(["a"]), np.array(["b", "c"])], ValueError, "of one shape"),
        ([np.ones((2, 2), int), np.ones((2, 2), int)], ValueError, "of one shape"),
        ([np.ones(2), np.ones(2)], TypeError, "strings or integers, got dtype float64"),
    ],
)
def test_crossing_refuses_other_inputs(inputs, error, message):
    with pytest.raises(error, match=message):
        HashedCrossing(3)(inputs)
