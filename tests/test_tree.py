"""Nested structures, gone through leaf by leaf."""

from collections import OrderedDict, defaultdict, namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import tree

Point = namedtuple("Point", "x y")

structures = st.recursive(
    st.integers() | st.none() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.tuples(inner, inner).map(lambda pair: Point(*pair))
    ),
    max_leaves=8,
)


@given(structures)
def test_packing_what_was_flattened_gives_the_structure_back(structure):
    packed = tree.pack_sequence_as(structure, tree.flatten(structure))
    assert packed == structure and type(packed) is type(structure)
    tree.assert_same_structure(structure, packed)
    tree.assert_same_paths(structure, packed)


@given(structures)
def test_paths_lead_to_their_leaves(structure):
    for path, leaf in tree.flatten_with_path(structure):
        place = structure
        for key in path:
            place = place[key]
        assert place is leaf


def test_dicts_are_gone_through_by_sorted_keys_and_keep_their_order():
    assert tree.flatten({"b": 1, "a": 2}) == [2, 1]
    assert list(tree.map_structure(str, {"b": 1, "a": 2})) == ["b", "a"]
    assert tree.flatten(OrderedDict(b=1, a=2)) == [1, 2]
    assert tree.flatten({2: "x", "a": "y", 1: "z"}) == ["z", "x", "y"]


def test_kinds_are_kept():
    doubled = tree.map_structure(lambda x: 2 * x, [Point(1, (2,)), defaultdict(list, a=3)])
    assert doubled == [Point(2, (4,)), {"a": 6}]
    assert type(doubled[0]) is Point and doubled[1].default_factory is list


def test_none_is_a_leaf_unless_told_otherwise():
    assert tree.map_structure(lambda x: 0, [None, 1]) == [0, 0]
    assert tree.map_structure(lambda x: 0, [None, 1], none_is_leaf=False) == [None, 0]


@pytest.mark.parametrize(
    ("a", "b", "place"),
    [
        ([1, 2], [1], "at the top expected 2 items"),
        ([1], (1,), "at the top expected 1 items"),
        ({"a": 1}, {"b": 1}, r"expected the keys \['a'\] \(dict\), got the keys \['b'\]"),
        ({"a": [1, [2]]}, {"a": [1, 2]}, r"at \['a'\]\[1\] expected 1 items \(list\), got a leaf"),
        ([1], [[1]], r"at \[0\] expected a leaf \(int\), got 1 items \(list\)"),
        (Point(1, 2), (1, 2), "at the top"),
    ],
)
def test_structures_of_different_forms_are_refused_with_the_place(a, b, place):
    for call in (tree.assert_same_structure, lambda a, b: tree.map_structure(max, a, b)):
        with pytest.raises(ValueError, match=place):
            call(a, b)


def test_mapping_up_to_a_shallow_structure_hands_over_what_is_below():
    found = tree.map_structure_up_to({"a": 0}, lambda x, y: (x, y), {"a": [1, 2]}, {"a": 3})
    assert found == {"a": ([1, 2], 3)}
    with pytest.raises(ValueError, match=r"at \['a'\]"):
        tree.map_structure_up_to({"a": [0]}, str, {"a": 1})


def test_different_paths_are_named():
    tree.assert_same_paths([1, (2,)], (1, [2]))
    with pytest.raises(ValueError, match=r"first has \[\"\('a',\)\"\], only the second has"):
        tree.assert_same_paths({"a": 1}, {"b": 1})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tree.map_structure(3, [1]), TypeError, "func to be callable"),
        (lambda: tree.map_structure(str), ValueError, "at least one structure"),
        (lambda: tree.map_structure_up_to([1], str), ValueError, "at least one structure"),
        (lambda: tree.pack_sequence_as([1], 3), TypeError, "a sequence of leaves"),
        (lambda: tree.pack_sequence_as([1, 2], [3]), ValueError, "expected 2 leaves"),
        (lambda: tree.traverse(None, [1]), TypeError, "func to be callable"),
        (lambda: tree.map_shape_structure(None, [1]), TypeError, "func to be callable"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_traversal_from_the_leaves_sees_replaced_children():
    def total(part):
        return sum(part) if isinstance(part, list) else None

    assert tree.traverse(total, [1, [2, 3]], top_down=False) == 6
    assert tree.traverse(lambda x: "leaf" if x == [2, 3] else None, [1, [2, 3]]) == [1, "leaf"]


def test_shapes_are_leaves():
    shapes = {"a": [None, 2], "b": [(3,), (4, 5)]}
    assert tree.map_shape_structure(tuple, shapes) == {"a": (None, 2), "b": [(3,), (4, 5)]}
    assert tree.map_shape_structure(len, (2, 3)) == 2
