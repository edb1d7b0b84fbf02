"""Nested structures as real Keras goes through them."""

from collections import OrderedDict, namedtuple

import pytest

from minikeras import tree

Point = namedtuple("Point", "x y")
STRUCTURES = [
    1,
    None,
    [1, (2, [3]), {}],
    {"b": [1, None], "a": (2, {"c": 3})},
    OrderedDict(z=1, a=[2]),
    Point(1, [2, Point(3, 4)]),
    (),
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_leaves_paths_and_results_are_kerass(keras, structure):
    assert tree.flatten(structure) == keras.tree.flatten(structure)
    assert tree.is_nested(structure) == keras.tree.is_nested(structure)
    assert tree.flatten_with_path(structure) == [
        (tuple(path), leaf) for path, leaf in keras.tree.flatten_with_path(structure)
    ]
    for settings in [{}, {"none_is_leaf": False}]:
        ours = tree.map_structure(str, structure, **settings)
        assert ours == keras.tree.map_structure(str, structure, **settings)
    leaves = list(range(len(tree.flatten(structure))))
    packed = tree.pack_sequence_as(structure, leaves)
    assert packed == keras.tree.pack_sequence_as(structure, leaves)
    assert tree.lists_to_tuples(structure) == keras.tree.lists_to_tuples(structure)
    for down in [True, False]:
        seen, theirs = [], []
        tree.traverse(seen.append, structure, top_down=down)
        keras.tree.traverse(theirs.append, structure, top_down=down)
        assert seen == theirs


def test_shapes_are_kerass(keras):
    shapes = {"a": [None, 2], "b": [(3,), (4, 5)]}
    assert tree.map_shape_structure(len, shapes) == keras.tree.map_shape_structure(len, shapes)


def test_every_name_of_kerass_is_there(keras):
    assert {name for name in dir(keras.tree) if name[0] != "_"} == set(tree.__all__)
