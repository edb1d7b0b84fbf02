"""The tables of the benchmarks page are those of the measured numbers, and say who was fastest."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "benchmarks.md", ROOT / "README.md"]
RESULTS = ROOT / "benchmarks" / "results.json"


@pytest.fixture(scope="module")
def report():
    spec = importlib.util.spec_from_file_location("report", ROOT / "benchmarks" / "report.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def results():
    times = {"hand": 1e-5, "minikeras": 4e-5, "torch": 3e-5, "hand, cut": 9e-6}
    return {
        "machine": {
            "date": "2026-01-31",
            "processor": "a processor",
            "processors": 1,
            "system": "Linux",
            "python": "3.11.0",
            "versions": {"numpy": "2.0.0", "keras": "3.0.0"},
        },
        "train": [{"name": "small", "seconds": times, "limit": None}],
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_has_the_measured_numbers(report, page):
    text = page.read_text("utf-8")
    known = json.loads(RESULTS.read_text("utf-8"))
    assert report.filled(text, known) == text, "fill it: python benchmarks/report.py (see there)"


def test_results_are_those_of_a_whole_run():
    known = json.loads(RESULTS.read_text("utf-8"))
    assert set(known) == {"machine", "train", "predict", "import", "files", "numerical"}
    for row in known["train"] + known["predict"]:
        assert {"hand", "minikeras", "torch", "Keras (jax)"} <= set(row["seconds"])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0000098, "9.80 µs"),
        (0.0000482, "48.2 µs"),
        (0.000999, "999 µs"),
        (0.00099999, "1.00 ms"),
        (0.0152, "15.2 ms"),
        (0.15, "150 ms"),
        (1.5, "1.50 s"),
        (75.0, "75.0 s"),
    ],
)
def test_time_has_three_digits_and_a_unit_that_fits(report, seconds, text):
    assert report.duration(seconds) == text


def test_fastest_library_is_bold_whoever_it_is(report, results):
    table = report.parts(results)["train"]
    assert "| small | 10.0 µs | 40.0 µs | 4.00 | **30.0 µs** |" in table


def test_other_contestants_stand_below_the_table(report, results):
    assert report.parts(results)["train"].endswith("\n\nsmall, hand, cut: 9.00 µs.")


def test_library_that_was_not_there_has_no_column(report, results):
    assert "scikit-learn" not in report.parts(results)["train"]


def test_conditions_name_date_machine_and_versions(report, results):
    text = report.conditions(results["machine"])
    for part in ("2026-01-31", "a processor", "one thread", "Python 3.11.0", "NumPy 2.0.0"):
        assert part in text


def test_only_what_stands_between_the_marks_is_replaced(report, results):
    page = "before\n<!-- measured: conditions -->\nold\n<!-- end -->\nafter\n"
    once = report.filled(page, results)
    assert once.startswith("before\n") and once.endswith("\nafter\n") and "old" not in once
    assert report.filled(once, results) == once


def test_page_without_a_place_for_a_table_is_refused(report, results):
    with pytest.raises(ValueError, match=r"measured: \.\.\. --> of"):
        report.filled("nothing", results)
