"""The tuples of ``train_step``."""

import pytest

from minikeras.data import pack_x_y_sample_weight, unpack_x_y_sample_weight


@pytest.mark.parametrize(
    ("packed", "parts"),
    [
        ("x", ("x", None, None)),
        (("x", "y"), ("x", "y", None)),
        (("x", "y", "w"), ("x", "y", "w")),
    ],
)
def test_packing_and_unpacking_are_inverse(packed, parts):
    assert unpack_x_y_sample_weight(packed) == parts
    assert pack_x_y_sample_weight(*parts) == packed


def test_a_list_of_inputs_is_wrapped_so_that_it_stays_x():
    assert pack_x_y_sample_weight(["a", "b"]) == (["a", "b"],)
    assert unpack_x_y_sample_weight((["a", "b"],)) == (["a", "b"], None, None)


def test_a_list_counts_as_a_tuple():
    assert unpack_x_y_sample_weight(["x", "y"]) == ("x", "y", None)


@pytest.mark.parametrize("data", [(), ("a", "b", "c", "d")])
def test_other_lengths_are_refused(data):
    with pytest.raises(ValueError, match=rf"got a tuple of {len(data)}; for several inputs"):
        unpack_x_y_sample_weight(data)
