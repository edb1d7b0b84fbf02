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


@pytest.mark.parametrize("model", [Sequential([Dense(1)], name="m"), Sequential(name="m")])
def test_before_build_the_summary_says_how_to_build(model):
    with pytest.raises(ValueError, match=r"model 'm' is not built yet.*put Input\(shape\) first"):
        model.summary()


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


def test_layer_range_cuts_the_table(model):
    names = [row.name for row in summary.rows(model)]
    text = summary.text(model, layer_range=(names[1], names[2]))
    assert names[1] in text
    assert f"{names[0]} (" not in text
    with pytest.raises(ValueError, match="layer_range expected names of layers, got 'x'"):
        summary.text(model, layer_range=("x", names[2]))
