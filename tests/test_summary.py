"""The table of layers, as text and as HTML."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, summary
from minikeras.layers import Dense, Dropout, Flatten

TABLE = """\
Model: "net"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ flatten (Flatten)               │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ hidden (Dense)                  │ (None, 128)            │       100,480 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ (None, 128)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ out (Dense)                     │ (None, 10)             │         1,290 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 1,290 (5.04 KB)
 Non-trainable params: 100,480 (392.50 KB)"""


@pytest.fixture
def model():
    model = Sequential(
        [
            Input((28, 28)),
            Flatten(),
            Dense(128, "relu", name="hidden"),
            Dropout(0.2),
            Dense(10, "softmax", name="out"),
        ],
        name="net",
    )
    model.get_layer("hidden").trainable = False
    return model


def test_the_table_is_that_of_keras(model, capsys):
    model.summary()
    assert capsys.readouterr().out == TABLE + "\n"


def test_the_text_can_go_elsewhere(model):
    lines = []
    model.summary(print_fn=lines.append)
    assert lines == [TABLE]


def test_a_model_built_by_data_shows_the_same_shapes():
    model = Sequential([Dense(2, name="a"), Dense(3, name="b")])
    model(np.ones((5, 4)))
    assert [row[2] for row in summary.rows(model)] == ["(None, 2)", "(None, 3)"]


def test_a_subclass_shows_the_shapes_of_what_ran():
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.idle = Dense(2), Dense(3), Dense(4)

        def forward(self, x):
            return self.b(self.a(x))

    for build in (lambda m: m(np.ones((5, 4))), lambda m: m.build((None, 4))):
        model = Two()
        build(model)
        assert [row[2:4] for row in summary.rows(model)] == [
            ("(None, 2)", 10),
            ("(None, 3)", 9),
            ("?", 0),
        ]


def test_nested_models_are_one_row():
    model = Sequential([Sequential([Input((4,)), Dense(2)], name="in"), Dense(1, name="out")])
    assert [row[:4] for row in summary.rows(model)] == [
        ("in", "Sequential", "(None, 2)", 10),
        ("out", "Dense", "(None, 1)", 3),
    ]


def test_unknown_lengths_stay_unknown():
    model = Sequential([Input((None, 4)), Dense(2)])
    assert summary.rows(model)[0][2] == "(None, None, 2)"


def test_show_trainable_adds_a_column(model):
    lines = []
    model.summary(show_trainable=True, print_fn=lines.append)
    marks = [line.split("│")[-2].strip() for line in lines[0].splitlines() if line[0] == "│"]
    assert marks == ["-", "N", "-", "Y"]
    assert "┃ Trainable" in lines[0]


def test_optimizer_state_counts_once_there_is_some(model):
    model.compile("adam", "mse")
    x = np.zeros((1, 28, 28))
    model.fit(x, np.zeros((1, 10)), verbose=0)
    text = summary.text(model)
    assert " Optimizer params: 2,582 (" in text  # two slots of 1,290, count and rate
    assert " Total params: 104,352 (" in text


def test_long_names_widen_the_table():
    name = "a_name_that_is_longer_than_the_column_is_wide"
    model = Sequential([Input((4,)), Dense(1, name=name)])
    lines = summary.text(model).splitlines()
    assert f"│ {name} (Dense) │" in lines[4]
    assert len({len(line) for line in lines[1:6]}) == 1


def test_before_build_the_summary_names_the_layers_and_no_shapes():
    model = Sequential([Dense(1, name="one"), Dense(2, name="two")], name="m")
    lines = summary.text(model).splitlines()
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in lines if line[0] == "│"]
    assert rows == [["one (Dense)", "?", "0 (unbuilt)"], ["two (Dense)", "?", "0 (unbuilt)"]]
    assert lines[0] == 'Model: "m"'
    assert lines[-3] == " Total params: 0 (0.00 B)"


def test_the_summary_of_an_empty_model_has_no_rows():
    assert "│" not in summary.text(Sequential(name="m"))


def test_a_layer_that_a_built_model_never_calls_is_shown_as_unbuilt():
    class Half(Model):
        def __init__(self):
            super().__init__(name="half")
            self.used, self.unused = Dense(1, name="used"), Dense(1, name="unused")

        def call(self, x):
            return self.used(x)

    model = Half()
    model(np.ones((2, 3)))
    lines = summary.text(model).splitlines()
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in lines if line[0] == "│"]
    assert rows == [["used (Dense)", "(None, 1)", "4"], ["unused (Dense)", "?", "0 (unbuilt)"]]


def test_html_holds_the_same_numbers(model):
    page = model._repr_html_()
    for text in ("Sequential “net”", "hidden (Dense)", "(None, 128)", "100,480", "397.54 KB"):
        assert text in page


def test_html_escapes_names():
    model = Sequential([Input((4,)), Dense(1, name="<b>&")], name="<script>")
    page = model._repr_html_()
    assert "&lt;b&gt;&amp; (Dense)" in page and "“&lt;script&gt;”" in page
    assert "<script>" not in page and "<b>" not in page


def test_html_of_an_unbuilt_model_only_names_it():
    assert "not built yet" in Sequential([Dense(1)], name="m")._repr_html_()


def functional():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = Dense(3, name="shared")
    inner = Sequential([Input((3,)), Dense(2, name="deep")], name="inner")
    joined = np.concatenate([shared(a) * shared(b), inner(shared(b))], axis=1)
    return Model([a, b], joined, name="graph")


def test_a_graph_shows_what_each_layer_is_connected_to():
    rows = {row.name: row for row in summary.rows(functional())}
    assert rows["shared"].sources == ("a[0][0]", "b[0][0]", "b[0][0]")
    assert rows["multiply"].sources == ("shared[0][0]", "shared[1][0]")
    assert rows["concatenate"][1:4] == ("Concatenate", "(None, 5)", 0)
    assert rows["a"].sources == ()
    lines = summary.text(functional()).splitlines()
    assert "┃ Connected to" in lines[2]
    assert any(line.startswith("│ ") and "│ b[0][0] " in line for line in lines)


def test_a_plain_row_of_layers_needs_no_column_for_connections():
    x = Input((4,))
    assert "Connected to" not in summary.text(Model(x, Dense(2)(Dense(3)(x))))


def test_expand_nested_shows_the_layers_inside():
    text = summary.text(functional(), expand_nested=True)
    assert "│    └ deep (Dense) " in text
    assert "deep" not in summary.text(functional())


NARROW = """\
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)    ┃ Output     ┃ Param ┃
┃                 ┃ Shape      ┃     # ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ a_name_that_is… │ (None, 3)  │    15 │
│ (Dense)         │            │       │
└─────────────────┴────────────┴───────┘"""


def test_line_length_says_how_wide_the_table_is():
    model = Sequential([Input((4,)), Dense(3, name="a_name_that_is_too_long")])
    lines = summary.text(model, line_length=40).splitlines()
    assert lines[1:-3] == NARROW.splitlines()


@pytest.mark.parametrize("options", [{}, {"show_trainable": True}, {"expand_nested": True}])
@pytest.mark.parametrize("length", [60, 79, 130])
def test_every_line_of_the_table_is_of_that_length(length, options):
    lines = summary.text(functional(), line_length=length, **options).splitlines()
    assert {len(line) for line in lines[1:-3]} == {length}


@pytest.mark.parametrize("positions", [(0.5, 0.75, 1.0), (30, 45, 60), [0.4, 0.6, 0.8, 1.0]])
def test_positions_say_where_the_columns_end(model, positions):
    top = summary.text(model, line_length=60, positions=positions).splitlines()[1]
    assert [i + 1 for i, mark in enumerate(top) if mark in "┳┓"] == [31, 45, 60]


def test_positions_counted_in_characters_say_how_wide_the_table_is(model):
    assert len(summary.text(model, positions=(30, 45, 60)).splitlines()[1]) == 60


def test_positions_alone_fill_the_terminal(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    assert len(summary.text(model, positions=(0.5, 0.75, 1.0)).splitlines()[1]) == 66


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"line_length": 10}, "line_length=10 .* has no room for 'Output Shape'; make it wider"),
        ({"positions": (0.5, 0.4, 1.0)}, "no room for 'Output Shape'; .* space the positions out"),
        ({"positions": (0.5, 1.0)}, "positions expected 3 numbers, where the columns .*, got .0.5"),
    ],
)
def test_a_column_without_room_is_named(model, options, message):
    with pytest.raises(ValueError, match=message):
        summary.text(model, **options)


def test_layer_range_cuts_the_table(model):
    names = [row.name for row in summary.rows(model)]
    text = summary.text(model, layer_range=(names[1], names[2]))
    assert names[1] in text
    assert f"{names[0]} (" not in text
    with pytest.raises(ValueError, match="layer_range expected names of layers, got 'x'"):
        summary.text(model, layer_range=("x", names[2]))
