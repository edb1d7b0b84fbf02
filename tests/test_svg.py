"""Charts: well-formed, complete, legible and without overlaps; checked by their geometry."""

import itertools
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras._svg import confusion_matrix, curves, line_chart, text_confusion_matrix
from minikeras._svg.draw import COLORS, INK, text_width
from minikeras._svg.ticks import tick_labels, ticks

NAN, INF = math.nan, math.inf
HISTORY = {
    "accuracy": [0.4, 0.8, 0.9],
    "loss": [2.0, 1.0, 0.5],
    "val_accuracy": [0.35, 0.7, 0.85],
    "val_loss": [2.1, 1.2, 0.8],
}
SVG = "{http://www.w3.org/2000/svg}"


def parse(svg):
    return ET.fromstring(svg)


def texts(svg):
    return [node.text for node in parse(svg).iter(f"{SVG}text")]


def groups(svg):
    """Return each series' path data and dots by the name in its tooltip."""
    found = {}
    for group in parse(svg).iter(f"{SVG}g"):
        path = group.find(f"{SVG}path")
        found[group.find(f"{SVG}title").text] = (
            "" if path is None else path.get("d"),
            [(float(c.get("cx")), float(c.get("cy"))) for c in group.iter(f"{SVG}circle")],
            None if path is None else path.get("stroke-dasharray"),
            group.get("stroke"),
        )
    return found


def boxes(svg):
    """Return the extent of every upright text, from its anchor, size and estimated width."""
    for node in parse(svg).iter(f"{SVG}text"):
        if node.get("transform"):
            continue
        size = float(node.get("font-size"))
        width = text_width(node.text, size)
        x, y = float(node.get("x")), float(node.get("y"))
        x -= {"start": 0, "middle": width / 2, "end": width}[node.get("text-anchor")]
        yield node.text, x, y - 0.75 * size, x + width, y + 0.2 * size


def assert_no_text_overlaps(svg):
    for a, b in itertools.combinations(list(boxes(svg)), 2):
        apart = a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] or b[4] <= a[2]
        assert apart, f"{a[0]!r} and {b[0]!r} overlap"


def assert_all_text_is_inside(svg):
    width, height = (float(parse(svg).get(side)) for side in ("width", "height"))
    for text, left, top, right, bottom in boxes(svg):
        assert left >= 0 and top >= 0 and right <= width + 1 and bottom <= height, text


def contrast(first, second):
    """Contrast ratio of two colours, WCAG 2.1, 1 to 21."""

    def luminance(color):
        parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted([luminance(first), luminance(second)])
    return (light + 0.05) / (dark + 0.05)


def test_curves_have_a_panel_for_the_loss_first_then_one_per_metric():
    svg = curves(HISTORY)
    bold = [node.text for node in parse(svg).iter(f"{SVG}text") if node.get("font-weight")]
    assert bold == ["loss", "accuracy"]
    assert set(HISTORY) <= set(texts(svg))
    assert texts(svg).count("epoch") == 2


def test_validation_curves_are_dashed_and_of_another_colour():
    found = groups(curves(HISTORY))
    assert found["loss"][2] is None and found["val_loss"][2] is not None
    assert found["loss"][3] != found["val_loss"][3]


def test_validation_curve_without_a_twin_gets_its_own_panel():
    svg = curves({"loss": [1.0, 0.5], "val_auc": [0.5, 0.7]})
    assert texts(svg).count("epoch") == 2 and "val_auc" in groups(svg)


@pytest.mark.parametrize("metrics", range(1, 9))
def test_panels_do_not_overlap_and_stay_inside(metrics):
    svg = curves({f"metric_{k}": [1.0, 2.0] for k in range(metrics)})
    assert_no_text_overlaps(svg)
    assert_all_text_is_inside(svg)


def test_higher_values_are_drawn_further_up_and_later_ones_further_right():
    path = groups(line_chart({"a": [1.0, 3.0, 2.0]}))["a"][0]
    points = [tuple(map(float, part.split())) for part in path[1:].split(" L")]
    (x1, y1), (x2, y2), (x3, y3) = points
    assert x1 < x2 < x3 and y2 < y3 < y1
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02)
    assert y1 - y3 == pytest.approx(y3 - y2, abs=0.02)  # 1, 2, 3: the axis is linear


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_values_that_are_not_finite_leave_a_gap(bad):
    path, dots, *_ = groups(line_chart({"a": [1.0, 2.0, bad, 3.0, 4.0]}))["a"]
    assert path.count("M") == 2 and path.count("L") == 2 and dots == []


def test_a_lone_value_between_gaps_is_a_dot():
    path, dots, *_ = groups(line_chart({"a": [1.0, 2.0, NAN, 1.5, NAN]}))["a"]
    assert path.count("M") == 1 and len(dots) == 1


def test_none_is_passed_over_without_a_gap():
    path, dots, *_ = groups(line_chart({"a": [None, 1.0, None, 2.0, None, 3.0]}))["a"]
    assert path.count("M") == 1 and path.count("L") == 2 and dots == []
    whole, *_ = groups(line_chart({"a": [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]}))["a"]
    assert len(path.split()) < len(whole.split())


def test_a_single_epoch_shows_dots():
    found = groups(curves({"loss": [0.5], "val_loss": [0.6]}))
    assert all(path == "" and len(dots) == 1 for path, dots, *_ in found.values())
    (x, y), (x2, y2) = found["loss"][1][0], found["val_loss"][1][0]
    assert x == x2 and y2 < y


@pytest.mark.parametrize(
    ("history", "text"),
    [
        ({}, "no data yet"),
        ({"loss": []}, "no finite values"),
        ({"loss": [NAN]}, "no finite values"),
    ],
)
def test_nothing_to_draw_is_said_in_words(history, text):
    assert text in texts(curves(history))


def test_names_are_escaped_and_forbidden_characters_replaced():
    name = "<b>&\"'\x00\x1b\ud800 名前"
    svg = line_chart({name: [1.0, 2.0]}, title=name, x_label=name, y_label=name)
    assert "<b>" not in svg
    assert "<b>&\"'��� 名前" in texts(svg)
    assert parse(svg).find(f"{SVG}title").text == "<b>&\"'��� 名前"
    svg.encode()


def test_picture_has_a_text_alternative():
    root = parse(curves(HISTORY))
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Training curves"
    assert "val_loss goes from 2.1 to 0.8 in 3 steps" in root.find(f"{SVG}desc").text


def test_picture_has_no_background_styles_or_ids_that_could_clash_in_a_page():
    for svg in (curves(HISTORY), confusion_matrix([[1]], ["a"])):
        assert "<style" not in svg and " id=" not in svg and " class=" not in svg


@pytest.mark.parametrize("color", [INK, *COLORS])
@pytest.mark.parametrize("page", ["#ffffff", "#0d1117", "#1e1e1e"])
def test_colours_stand_out_on_light_and_dark_pages(color, page):
    assert contrast(color, page) >= (3.9 if color == INK else 3.0)


def test_series_of_one_chart_have_different_colours():
    found = groups(line_chart({f"s{k}": [1.0, 2.0] for k in range(len(COLORS))}))
    assert len({color for *_, color in found.values()}) == len(COLORS)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize(
    "name", ["a", "series", "a rather long name of a metric", "W" * 80, "測定" * 9]
)
def test_legend_never_overlaps_and_stays_within_the_picture(count, name):
    svg = line_chart({f"{name} {k}": [1.0, 2.0] for k in range(count)}, title="T", x_label="x")
    assert_no_text_overlaps(svg)
    assert_all_text_is_inside(svg)


def test_legend_does_not_reach_into_the_plot():
    svg = line_chart({f"series {k}": [0.0, 1.0] for k in range(12)}, title="T")
    lowest = max(box[4] for box in boxes(svg) if box[0].startswith("series"))
    top = min(
        float(node.get("y1")) for node in parse(svg).iter(f"{SVG}line") if node.get("stroke") == INK
    )
    assert lowest < top


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 12, 30, 99, 100, 1000, 12345])
def test_epoch_labels_are_whole_inside_and_apart(epochs):
    svg = line_chart({"a": list(range(epochs))}, x_label="epoch")
    bottom = float(parse(svg).get("height")) - 40
    labels = [box for box in boxes(svg) if box[2] > bottom and box[0] != "epoch"]
    values = [int(box[0]) for box in labels]
    assert values == sorted(set(values)) and values[0] >= 1 and values[-1] <= epochs
    assert_no_text_overlaps(svg)


@pytest.mark.parametrize(
    "values",
    [
        [0.0, 0.0],
        [1e-3, 1e-3],
        [1e-320, 1e-310],
        [1e299, -1e299],
        [1e308, -1e308, 1.0],
        [1e15, 1e15 + 1],
        [-5.0, -4.0],
        [5e-324, 0.0],
    ],
)
def test_extreme_values_give_a_finite_drawing(values):
    svg = line_chart({"a": values})
    assert "nan" not in svg and "inf" not in svg
    assert_no_text_overlaps(svg)
    assert_all_text_is_inside(svg)


@given(
    st.dictionaries(
        st.text(max_size=30),
        st.lists(st.none() | st.floats() | st.floats(-10, 10), max_size=8),
        max_size=5,
    )
)
def test_any_history_is_drawn_as_well_formed_xml(history):
    parse(curves(history).encode())


def test_arrays_and_numpy_scalars_are_taken():
    values = np.array([1.0, 0.5], dtype=np.float32)
    assert groups(line_chart({"a": values})) == groups(line_chart({"a": [np.float64(1), 0.5]}))


@given(st.floats(-1e290, 1e290), st.floats(-1e290, 1e290))
def test_ticks_are_evenly_spaced_and_enclose_the_values(a, b):
    low, high = min(a, b), max(a, b)
    values = ticks(low, high)
    steps = np.diff(values)
    slack = 1e-6 * steps.max()
    assert values[0] <= low + slack and values[-1] >= high - slack
    assert 2 <= len(values) <= 8 and steps.min() > 0
    np.testing.assert_allclose(steps, steps[0], rtol=1e-2)


def test_ticks_at_whole_numbers_stay_whole():
    assert ticks(1, 2, whole=True) == [1.0, 2.0]
    assert all(value == int(value) for value in ticks(1, 13, whole=True))


def test_tick_labels_have_equal_decimals_and_a_true_minus():
    assert tick_labels([-0.5, 0.0, 0.5]) == ["−0.5", "0.0", "0.5"]
    assert tick_labels([0.0, 100.0, 200.0]) == ["0", "100", "200"]


MATRIX = [[50, 2, 0], [1, 0, 0], [0, 0, 0]]
NAMES = ["ok", "a longer name", "<none>"]


def test_confusion_matrix_shows_counts_names_and_recall():
    shown = texts(confusion_matrix(MATRIX, NAMES))
    assert shown.count("a longer name") == 2 and "<none>" in shown
    assert {"50", "2", "1", "96.2 %", "0.0 %", "-"} <= set(shown)
    assert "0" not in shown  # empty cells stay empty


def test_confusion_matrix_counts_stand_out_from_their_cell():
    nodes = list(parse(confusion_matrix(np.arange(1, 101).reshape(10, 10), "0123456789")))
    for cell, text in itertools.pairwise(nodes):
        if cell.tag == f"{SVG}rect" and text.tag == f"{SVG}text":
            assert contrast(cell.get("fill"), text.get("fill")) >= 3.9


@pytest.mark.parametrize("names", [list("0123456789"), [f"class number {k}" for k in range(10)]])
@pytest.mark.parametrize("scale", [1, 12345])
def test_confusion_matrix_has_no_overlaps(names, scale):
    svg = confusion_matrix(np.full((10, 10), scale), names)
    assert_no_text_overlaps(svg)
    assert_all_text_is_inside(svg)


def test_text_matrix_is_aligned():
    assert text_confusion_matrix(MATRIX, ["ok", "longer", "none"]).splitlines() == [
        "true     predicted",
        "             ok  longer    none   recall",
        "ok           50       2       .   96.2 %",
        "longer        1       .       .    0.0 %",
        "none          .       .       .        -",
    ]


def test_text_matrix_fits_a_terminal_by_cutting_the_names_above_the_columns():
    names = [f"{k} a class with a long name" for k in range(8)]
    lines = text_confusion_matrix(np.eye(8, dtype=int), names).splitlines()
    assert max(map(len, lines)) <= 79
    assert all(line.startswith(name) for name, line in zip(names, lines[2:], strict=True))


def test_text_matrix_counts_wide_characters_as_two_columns():
    lines = text_confusion_matrix([[3, 1], [0, 4]], ["猫", "dog"]).splitlines()
    assert lines[2] == "猫       3    1   75.0 %"


def test_text_matrix_has_no_terminal_codes():
    assert "\x1b" not in text_confusion_matrix(MATRIX, ["a\x1b[31m", "b", "c"])


@pytest.mark.parametrize("draw", [confusion_matrix, text_confusion_matrix])
@pytest.mark.parametrize(
    ("matrix", "names", "kind", "message"),
    [
        ([[1, 2]], ["a"], ValueError, r"must have shape \(classes, classes\), got \(1, 2\)"),
        (np.zeros((0, 0), int), [], ValueError, "must have shape"),
        ([[0.5]], ["a"], TypeError, "must hold integer counts, got dtype float64"),
        ([[-1]], ["a"], ValueError, "counts of at least 0, got -1"),
        ([[1]], ["a", "b"], ValueError, "must hold 1 names, got 2"),
    ],
)
def test_matrix_that_counts_nothing_sensible_is_refused(draw, matrix, names, kind, message):
    with pytest.raises(kind, match=message):
        draw(matrix, names)
